import { grantLikeOutbox, type Migration } from '../migration.ts'

/**
 * The standing of raters, and users whose ratings do not count. Migration 13 makes the triggers mark ratings of such users.
 *
 * The column comes last: until the commit its lock keeps every rating waiting.
 */
export const excludedUsers: Migration = {
  version: 10,
  name: 'excluded-users',
  sql: ({ schema }) => `
create table ${schema}.excluded_users (
  id bigint generated always as identity primary key,
  user_id text not null unique check (char_length(user_id) between 1 and 255),
  state text not null default 'excluding' check (state in ('excluding', 'excluded', 'restoring')),
  reason text not null check (char_length(reason) between 1 and 1000),
  excluded_by text not null check (char_length(excluded_by) between 1 and 255),
  excluded_at timestamptz not null default clock_timestamp()
);
comment on table ${schema}.excluded_users is
  'Users whose ratings are kept and not counted. excluding, restoring: under way, or its process was killed; repeat the command.';
${grantLikeOutbox(schema, 'excluded_users')}

create table ${schema}.excluded_users_changes (
  singleton boolean primary key default true check (singleton),
  changes bigint not null default 0
) with (fillfactor = 50);
insert into ${schema}.excluded_users_changes default values;
${grantLikeOutbox(schema, 'excluded_users_changes')}

alter table ${schema}.exclusions add column standing text check (standing in ('new', 'established', 'unknown'));
comment on column ${schema}.exclusions.standing is 'Only ratings of users of this standing; null: all of them.';
drop index ${schema}.exclusions_active;
create unique index exclusions_active on ${schema}.exclusions (post_id, starts_at, ends_at, coalesce(standing, ''))
  where restored_at is null;

alter table ${schema}.ratings add column established boolean;
comment on column ${schema}.ratings.established is
  'Whether the host said that the rater''s account is established; null: it said nothing. The figures do not depend on it.';
`,
}
