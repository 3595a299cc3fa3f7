import type { Migration } from '../migration.ts'

/**
 * `INSERT … ON CONFLICT DO UPDATE` fires the trigger of updates also where nothing was updated, as with every first
 * rating. Looking first costs a third of the join that finds nothing: a tenth of a lone rating's time.
 */
export const emptyUpdates: Migration = {
  version: 3,
  name: 'empty-updates',
  sql: ({ schema }) => `
create or replace function ${schema}.ratings_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from added) then
    return null;
  end if;
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
`,
}
