import { grantLikeOutbox, type Migration } from '../migration.ts'

/**
 * How far the background audit is, and which tables it knows: a restore makes others. Their name holds the server, its timeline and
 * the table of ratings. It is written here, so that a new deployment begins with nothing to do.
 */
export const backgroundAudit: Migration = {
  version: 8,
  name: 'background-audit',
  sql: ({ schema }) => `
alter table ${schema}.settings add column audit_hours double precision not null default 24
  check (audit_hours between 0 and 8760);
comment on column ${schema}.settings.audit_hours is 'Hours of a whole pass of the background audit; 0: off.';
create table ${schema}.audit_progress (
  singleton boolean primary key default true check (singleton),
  tables text not null,
  bypassed boolean not null default false,
  last_post bigint not null default 0,
  posts bigint not null default 0,
  repaired bigint not null default 0,
  range_at timestamptz not null default clock_timestamp(),
  passed_at timestamptz,
  repaired_at timestamptz
);
insert into ${schema}.audit_progress (tables)
select concat_ws(':', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
  '${schema}.ratings'::regclass::oid)
from pg_control_system();
${grantLikeOutbox(schema, 'audit_progress')}
`,
}
