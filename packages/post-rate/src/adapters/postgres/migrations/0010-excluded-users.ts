import { grantLikeOutbox, type Migration } from '../migration.ts'

/**
 * The standing of raters, and users whose ratings do not count. The triggers mark each rating of such a user as excluded, so that
 * the mark of a row alone says whether it counts. Marking and recording are one statement: they see the same excluded users.
 *
 * A transaction with one snapshot (`repeatable read`) could not see a user who was excluded after its beginning. It holds a row that
 * every exclusion changes, so that the server refuses it then (40001), and it is repeated.
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

create or replace function ${schema}.ratings_inserted() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  ${refusedIfStale(schema)}
  ${recordInserts(schema, `${counts('a')} and ${nobodyExcluded(schema)}`)};
  if not found then
    if exists (select from ${schema}.excluded_users) then
      perform set_config('post_rate.marking', 'on', true);
      with marked as (${marking(schema)})
      ${recordInserts(schema, countsUnmarked)};
      perform set_config('post_rate.marking', 'off', true);
    end if;
  end if;
  return null;
end $$;

create or replace function ${schema}.ratings_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  -- One query for both questions: each costs a lone rating a few microseconds.
  somebody_excluded boolean := case when exists (select from added) then exists (select from ${schema}.excluded_users) end;
begin
  if somebody_excluded is null then
    return null;
  end if;
  ${refusedIfStale(schema)}
  if not somebody_excluded then
    ${recordUpdates(schema, counts('a'))};
  -- The trigger's own marks: what they change is recorded by the statement that makes them.
  elsif pg_trigger_depth() = 1 or coalesce(current_setting('post_rate.marking', true), '') <> 'on' then
    perform set_config('post_rate.marking', 'on', true);
    with marked as (${marking(schema)})
    ${recordUpdates(schema, countsUnmarked)};
    perform set_config('post_rate.marking', 'off', true);
  end if;
  return null;
end $$;

alter table ${schema}.ratings add column established boolean;
comment on column ${schema}.ratings.established is
  'Whether the host said that the rater''s account is established; null: it said nothing. The figures do not depend on it.';
`,
}

function counts(row: string): string {
  return `${row}.excluded_rated_at is distinct from ${row}.rated_at`
}

function refusedIfStale(schema: string): string {
  return `if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    perform from ${schema}.excluded_users_changes for share;
  end if;`
}

/** Of the rows of `added`, those of excluded users. */
function marking(schema: string): string {
  return `
      update ${schema}.ratings r set excluded_rated_at = r.rated_at from added a
      where r.post_id = a.post_id and r.user_id = a.user_id and ${counts('r')}
        and a.user_id in (select x.user_id from ${schema}.excluded_users x where x.state <> 'restoring')
      returning r.post_id, r.user_id`
}

/** A row `a` of the new ones that counts, and was not marked in the same statement. */
const countsUnmarked = `${counts('a')} and not exists (select from marked m where m.post_id = a.post_id and m.user_id = a.user_id)`

/** Looked at once a statement, so that a rating pays next to nothing while nobody is excluded. */
function nobodyExcluded(schema: string): string {
  return `not exists (select from ${schema}.excluded_users)`
}

function recordInserts(schema: string, which: string): string {
  return `insert into ${schema}.rating_outbox (post_id, user_id, score, rated_at)
    select post_id, user_id, score, rated_at from added a where ${which}`
}

/** `counted`: when a row `a` of the new ones counts. */
function recordUpdates(schema: string, counted: string): string {
  return `insert into ${schema}.rating_outbox (post_id, user_id, score, previous_score, rated_at, previous_rated_at)
    select post_id, user_id, n.counted, o.counted,
      case when n.counted is null then clock_timestamp() else n.rated_at end, o.rated_at
    from (select a.*, case when ${counts('a')} then score end as counted from removed a) as o
    full join (select a.*, case when ${counted} then score end as counted from added a) as n
      using (post_id, user_id)
    where o.counted is distinct from n.counted
    order by n.counted is not null`
}
