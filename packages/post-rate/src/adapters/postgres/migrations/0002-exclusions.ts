import type { Migration } from '../migration.ts'

/**
 * Ratings that are kept and not counted. A rating is excluded exactly while `excluded_rated_at` equals its `rated_at`, so
 * the next rating of the same user counts again by itself. The triggers compare the scores that count: excluding is the
 * event "score to null", restoring "null to score", and withdrawing what is excluded is none.
 *
 * The column comes last: until the commit its lock keeps every rating waiting. The functions find it when they run.
 */
export const exclusions: Migration = {
  version: 2,
  name: 'exclusions',
  sql: ({ schema }) => `
create table ${schema}.exclusions (
  id bigint generated always as identity primary key,
  post_id bigint not null check (post_id between 1 and 9007199254740991),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  reason text not null check (char_length(reason) between 1 and 1000),
  excluded_by text not null check (char_length(excluded_by) between 1 and 255),
  excluded_at timestamptz not null default clock_timestamp(),
  excluded bigint not null default 0,
  restored_at timestamptz,
  restored_by text,
  restore_reason text,
  restored bigint not null default 0
);
create index exclusions_post on ${schema}.exclusions (post_id);
create unique index exclusions_active on ${schema}.exclusions (post_id, starts_at, ends_at) where restored_at is null;
comment on table ${schema}.exclusions is
  'Who took which period of ratings [starts_at, ends_at) out of the statistics, how many, and who brought them back.';

create table ${schema}.rebuild_progress (
  singleton boolean primary key default true check (singleton),
  holder text not null,
  began_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  last_post bigint not null default 0,
  posts bigint not null default 0,
  repaired bigint not null default 0,
  seconds double precision not null default 0
) with (fillfactor = 50);

create or replace function ${schema}.ratings_inserted() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (post_id, user_id, score, rated_at)
  select post_id, user_id, score, rated_at from added
  where excluded_rated_at is distinct from rated_at;
  return null;
end $$;

create or replace function ${schema}.ratings_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (post_id, user_id, score, previous_score, rated_at, previous_rated_at)
  select post_id, user_id, n.counted, o.counted,
    case when n.counted is null then clock_timestamp() else n.rated_at end, o.rated_at
  from (select *, case when excluded_rated_at is distinct from rated_at then score end as counted from removed) as o
  full join (select *, case when excluded_rated_at is distinct from rated_at then score end as counted from added) as n
    using (post_id, user_id)
  where o.counted is distinct from n.counted
  order by n.counted is not null;
  return null;
end $$;

create or replace function ${schema}.ratings_deleted() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (post_id, user_id, previous_score, rated_at, previous_rated_at)
  select post_id, user_id, score, clock_timestamp(), rated_at from removed
  where excluded_rated_at is distinct from rated_at;
  return null;
end $$;

alter table ${schema}.ratings add column excluded_rated_at timestamptz;
comment on column ${schema}.ratings.excluded_rated_at is
  'While it equals rated_at, the rating is kept and not counted; set and cleared by \`moderate\`.';
`,
}
