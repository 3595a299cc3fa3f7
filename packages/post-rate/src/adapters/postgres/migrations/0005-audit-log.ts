import type { Migration } from '../migration.ts'

/** Decisions of administrators: who did what, to what and why, and what came of it. */
export const auditLog: Migration = {
  version: 5,
  name: 'audit-log',
  sql: ({ schema }) => `
create table ${schema}.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  decided_by text not null check (char_length(decided_by) between 1 and 255),
  action text not null check (char_length(action) between 1 and 100),
  subject text check (char_length(subject) <= 1000),
  reason text check (char_length(reason) between 1 and 1000),
  ended_at timestamptz,
  outcome jsonb
);
comment on table ${schema}.audit_log is
  'One row a decision, written before it is carried out. Without ended_at it is under way, or its process was killed.';
`,
}
