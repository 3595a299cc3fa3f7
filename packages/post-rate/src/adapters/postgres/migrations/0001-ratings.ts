import type { Migration } from '../migration.ts'

/**
 * The first schema: posts, ratings, the outbox that triggers fill, the states, and what the roles share.
 * Triggers are per statement with transition tables, so a cascade or a hand-written UPDATE costs one of them and is
 * counted like a rating. They run as the owner with a fixed search_path: whoever may change ratings need not be able to
 * write the outbox.
 */
export const ratings: Migration = {
  version: 1,
  name: 'ratings',
  sql: ({ schema, posts, settings }) => `
create table ${schema}.settings (
  singleton boolean primary key default true check (singleton),
  source uuid not null default gen_random_uuid(),
  posts text not null check (posts in ('own', 'external')),
  display text not null,
  window_seconds integer not null check (window_seconds >= 1),
  prior_weight double precision not null check (prior_weight > 0),
  prior_mean double precision not null check (prior_mean between 0 and 5),
  relay_shards integer not null default 1 check (relay_shards between 1 and 64),
  effective_at timestamptz not null default clock_timestamp(),
  previous jsonb,
  version_floor bigint not null default 0,
  physical_database text
);
insert into ${schema}.settings (posts, display, window_seconds, prior_weight, prior_mean, physical_database)
select '${posts}', '${settings.display}', ${settings.windowSeconds}, ${settings.prior.weight}, ${settings.prior.mean},
  system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
from pg_control_system();

create table ${schema}.post_stats (
  post_id bigint primary key check (post_id between 1 and 9007199254740991),
  version bigint not null default 0,
  counts bigint[] not null default '{0,0,0,0,0,0}',
  activity bigint not null default 0,
  displayed_counts bigint[] not null default '{0,0,0,0,0,0}',
  displayed_count bigint not null default 0,
  displayed_average numeric(5, 4),
  displayed_activity bigint not null default 0,
  as_of timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  window_end timestamptz,
  step_at timestamptz,
  guard json,
  rank numeric(14, 12) not null,
  deleted boolean not null default false,
  changed_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index post_stats_step on ${schema}.post_stats (step_at) where step_at is not null;
create index post_stats_top on ${schema}.post_stats (rank desc, displayed_count desc, post_id desc) where not deleted;
create index post_stats_changed on ${schema}.post_stats (changed_at);

create table ${schema}.rating_outbox (
  id bigint generated always as identity primary key,
  event_id uuid not null default gen_random_uuid(),
  kind text not null default 'rating',
  post_id bigint not null,
  user_id text,
  score smallint,
  previous_score smallint,
  rated_at timestamptz,
  previous_rated_at timestamptz,
  at timestamptz not null default clock_timestamp(),
  version bigint,
  state json
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_scale_factor = 0.5);
create index rating_outbox_unfolded on ${schema}.rating_outbox (id) where version is null;

create table ${schema}.relay_progress (
  shard integer not null,
  shards integer not null,
  watermark timestamptz not null default '-infinity',
  events bigint not null default 0,
  primary key (shard, shards)
) with (fillfactor = 50);

create table ${schema}.leases (
  name text primary key,
  holder text not null,
  term bigint not null default 1,
  expires_at timestamptz not null
) with (fillfactor = 50);
${posts === 'own' ? ownPosts(schema) : ''}
create table ${schema}.ratings (
  post_id bigint not null ${posts === 'own' ? `references ${schema}.posts on delete cascade` : 'check (post_id between 1 and 9007199254740991)'},
  user_id text not null check (${userId('user_id')}),
  score smallint not null check (score between 0 and 5),
  previous_score smallint,
  rated_at timestamptz not null default clock_timestamp() check (${ordinaryTime('rated_at')}),
  primary key (post_id, user_id)
);
comment on column ${schema}.ratings.previous_score is 'What the last change replaced, for its own RETURNING; nothing is computed from it.';

create function ${schema}.ratings_inserted() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (post_id, user_id, score, rated_at)
  select post_id, user_id, score, rated_at from added;
  return null;
end $$;

create function ${schema}.ratings_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (post_id, user_id, score, previous_score, rated_at, previous_rated_at)
  select post_id, user_id, n.score, o.score, coalesce(n.rated_at, clock_timestamp()), o.rated_at
  from removed as o full join added as n using (post_id, user_id)
  where o.score is distinct from n.score
  order by n.score is not null;
  return null;
end $$;

create function ${schema}.ratings_deleted() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (post_id, user_id, previous_score, rated_at, previous_rated_at)
  select post_id, user_id, score, clock_timestamp(), rated_at from removed;
  return null;
end $$;

create function ${schema}.refuse_truncate() returns trigger language plpgsql as $$
begin
  raise exception 'TRUNCATE would lose ratings without counting it'
    using hint = 'Use DELETE: each withdrawn rating is then counted.', errcode = 'feature_not_supported';
end $$;

create trigger ratings_inserted after insert on ${schema}.ratings
  referencing new table as added for each statement execute function ${schema}.ratings_inserted();
create trigger ratings_updated after update on ${schema}.ratings
  referencing old table as removed new table as added for each statement execute function ${schema}.ratings_updated();
create trigger ratings_deleted after delete on ${schema}.ratings
  referencing old table as removed for each statement execute function ${schema}.ratings_deleted();
create trigger refuse_truncate before truncate on ${schema}.ratings
  for each statement execute function ${schema}.refuse_truncate();
revoke all on function ${schema}.ratings_inserted(), ${schema}.ratings_updated(), ${schema}.ratings_deleted() from public;
`,
}

/** 1-255 characters, none of them a control character. */
function userId(column: string): string {
  return `char_length(${column}) between 1 and 255 and ${column} !~ '[\\u0001-\\u001f\\u007f-\\u009f]'`
}

/** A time that every reader of a message or an export can read. */
function ordinaryTime(column: string): string {
  return `${column} >= '0001-01-01 00:00:00+00' and ${column} < '10000-01-01 00:00:00+00'`
}

function ownPosts(schema: string): string {
  return `
create table ${schema}.posts (
  id bigint generated by default as identity primary key check (id between 1 and 9007199254740991),
  title text not null check (char_length(title) between 1 and 300),
  content text not null check (char_length(content) between 1 and 65536),
  created_by text not null check (${userId('created_by')}),
  created_at timestamptz not null default clock_timestamp() check (${ordinaryTime('created_at')})
);

create function ${schema}.posts_added() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  with made as (
    insert into ${schema}.post_stats (post_id, rank)
    select id, prior_mean from added, ${schema}.settings
    on conflict do nothing returning post_id)
  insert into ${schema}.rating_outbox (kind, post_id)
  select 'created', id from added where not exists (select from made where made.post_id = added.id);
  return null;
end $$;

create function ${schema}.posts_removed() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (kind, post_id) select 'deleted', id from removed;
  return null;
end $$;

create function ${schema}.posts_renumbered() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  insert into ${schema}.rating_outbox (kind, post_id)
  select 'deleted', id from removed where not exists (select from added where added.id = removed.id);
  with renumbered as (select id from added where not exists (select from removed where removed.id = added.id)),
  made as (
    insert into ${schema}.post_stats (post_id, rank)
    select id, prior_mean from renumbered, ${schema}.settings
    on conflict do nothing returning post_id)
  insert into ${schema}.rating_outbox (kind, post_id)
  select 'created', id from renumbered where not exists (select from made where made.post_id = renumbered.id);
  return null;
end $$;

create trigger posts_added after insert on ${schema}.posts
  referencing new table as added for each statement execute function ${schema}.posts_added();
create trigger posts_removed after delete on ${schema}.posts
  referencing old table as removed for each statement execute function ${schema}.posts_removed();
create trigger posts_renumbered after update on ${schema}.posts
  referencing old table as removed new table as added for each statement execute function ${schema}.posts_renumbered();
revoke all on function ${schema}.posts_added(), ${schema}.posts_removed(), ${schema}.posts_renumbered() from public;
`
}
