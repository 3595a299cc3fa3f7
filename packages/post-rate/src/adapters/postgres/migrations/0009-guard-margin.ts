import type { Migration } from '../migration.ts'

/**
 * The guard holds an average within a margin that widens, where it limited its speed before. The deployment's setting keeps its
 * proportion to the default. Guarded posts stay guarded: with the count and the average by which they are ranked, and with what they
 * show as the middle of their margin. They are few; their versions rise, so that copies follow. What is remembered of the other posts
 * is a list, in which the guard finds nothing: they start calm.
 */
export const guardMargin: Migration = {
  version: 9,
  name: 'guard-margin',
  sql: ({ schema, settings }) => `
alter table ${schema}.settings rename column star_takes_hours to star_per_day;
alter table ${schema}.settings rename constraint settings_star_takes_hours_check to settings_star_per_day_check;
update ${schema}.settings set star_per_day =
  least(1000, greatest(0.001, round((${settings.starPerDay} * 4.2 / star_per_day)::numeric, 6)))::float8;
comment on column ${schema}.settings.star_per_day is 'Stars by which the margin of a guarded average widens in a day.';
update ${schema}.post_stats s set version = s.version + 1, step_at = coalesce(s.step_at, s.window_end),
  changed_at = clock_timestamp(), guard = json_build_object(
    'armed', true, 'gap', (s.guard->>'gap')::numeric, 'since', (s.guard->>'since')::bigint,
    'memory', json_build_object(
      'rate', (s.guard->'memory'->>0)::numeric, 'level', (s.guard->'memory'->>1)::numeric,
      'dayRate', 288 * (s.guard->'memory'->>0)::numeric, 'dayLevel', 0,
      'at', a.at, 'learned', 86400000,
      'average', a.average, 'count', a.count, 'dayAverage', a.average, 'dayCount', a.count,
      'low', a.average - 2.2 / sqrt(a.count), 'high', a.average + 2.2 / sqrt(a.count), 'from', a.at,
      'rankedCount', a.count, 'rankedAverage', (s.guard->'memory'->>3)::numeric))
from (select post_id, displayed_average as average, greatest(1, (guard->'memory'->>2)::bigint) as count,
    floor(extract(epoch from as_of) * 1000)::bigint as at
  from ${schema}.post_stats
  where guard->>'armed' = 'true' and json_typeof(guard->'memory') = 'array' and guard->'memory'->3 is not null) a
where s.post_id = a.post_id and not s.deleted;
`,
}
