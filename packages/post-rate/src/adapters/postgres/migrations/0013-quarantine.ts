import type { Migration } from '../migration.ts'

/**
 * Quarantines, and the triggers that mark ratings which do not count. A quarantine is an exclusion with `release_at`; the relay makes it
 * when it arms a guard.
 *
 * The triggers mark each rating of an excluded user, and each rating that a lasting quarantine covers. The mark of a row alone says
 * whether the rating counts. One statement marks and records, so both see the same exclusions.
 *
 * A transaction with one snapshot (`repeatable read`) could not see a user who was excluded after its beginning. It holds a row that
 * every exclusion changes, so that the server refuses the transaction (40001), and the host repeats it.
 */
export const quarantine: Migration = {
  version: 13,
  name: 'quarantine',
  sql: ({ schema }) => `
alter table ${schema}.settings
  add column quarantine text not null default 'off' check (quarantine in ('off', 'new', 'all')),
  add column release_after_hours double precision not null default 168 check (release_after_hours between 0.01 and 8760);
comment on column ${schema}.settings.quarantine is
  'Which arrivals do not count while the guard of a post is armed, until somebody decides or release_after_hours are over.';

alter table ${schema}.exclusions add column release_at timestamptz, add column settled boolean not null default true;
comment on column ${schema}.exclusions.release_at is
  'A quarantine: it covers what is rated until ends_at, and ends by itself at this time. Null: an exclusion that somebody made.';
comment on column ${schema}.exclusions.settled is
  'False while ratings have to be marked or brought back for a quarantine as it is; the relay does that.';
drop index ${schema}.exclusions_active;
create unique index exclusions_active on ${schema}.exclusions (post_id, starts_at, ends_at, coalesce(standing, ''))
  where restored_at is null and release_at is null;
create index exclusions_quarantines on ${schema}.exclusions (post_id) where release_at is not null and restored_at is null;
create index exclusions_unsettled on ${schema}.exclusions (id) where not settled;

create or replace function ${schema}.ratings_inserted() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  ${refusedIfStale(schema)}
  if ${anyMarks(schema)} then
    perform set_config('post_rate.marking', 'on', true);
    with marked as (${marking(schema)})
    insert into ${schema}.rating_outbox (post_id, user_id, score, rated_at)
    select post_id, user_id, score, rated_at from added a
    where ${counts('a')} and not exists (select from marked m where m.post_id = a.post_id and m.user_id = a.user_id);
    perform set_config('post_rate.marking', 'off', true);
  else
    insert into ${schema}.rating_outbox (post_id, user_id, score, rated_at)
    select post_id, user_id, score, rated_at from added a where ${counts('a')};
  end if;
  return null;
end $$;

create or replace function ${schema}.ratings_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from added) then
    return null;
  end if;
  -- The trigger's own marks: what they change is recorded by the statement that makes them.
  if pg_trigger_depth() > 1 and current_setting('post_rate.marking', true) = 'on' then
    return null;
  end if;
  ${refusedIfStale(schema)}
  if ${anyMarks(schema)} then
    perform set_config('post_rate.marking', 'on', true);
    with marked as (${marking(schema)})
    ${recordUpdates(
      schema,
      `${counts('a')} and not exists (select from marked m where m.post_id = a.post_id and m.user_id = a.user_id)`,
    )};
    perform set_config('post_rate.marking', 'off', true);
  else
    ${recordUpdates(schema, counts('a'))};
  end if;
  return null;
end $$;
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

/** Quarantines `q` that have not ended, as the partial index has them. */
const lasting = 'q.release_at is not null and q.restored_at is null'

/** Two questions: the planner answers each from its own index. */
function anyMarks(schema: string): string {
  return `exists (select from ${schema}.excluded_users) or exists (select from ${schema}.exclusions q where ${lasting})`
}

/** Marks the rows of `added` that belong to excluded users, or that a quarantine covers. */
function marking(schema: string): string {
  return `
      update ${schema}.ratings r set excluded_rated_at = r.rated_at from added a
      where r.post_id = a.post_id and r.user_id = a.user_id and ${counts('r')}
        and (a.user_id in (select x.user_id from ${schema}.excluded_users x where x.state <> 'restoring')
          or exists (select from ${schema}.exclusions q where q.post_id = a.post_id and ${lasting}
            and a.rated_at >= q.starts_at and a.rated_at < q.ends_at and (q.standing is null or q.standing =
              case a.established when true then 'established' when false then 'new' else 'unknown' end)))
      returning r.post_id, r.user_id`
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
