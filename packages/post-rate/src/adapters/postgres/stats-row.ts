import type { Displayed, GuardState } from '../../domain/display-policy.ts'
import { countOf, type Histogram } from '../../domain/histogram.ts'
import type { PostStats } from '../../domain/post-stats.ts'
import { rankOf } from '../../domain/ranking.ts'
import type { DisplaySettings } from '../../domain/settings.ts'
import { isoTime } from '../../domain/time.ts'
import { arrayOf, type Queryable } from './postgres-database.ts'

/** A row of `post_stats` as it is read with {@link statsColumns}. */
export interface StatsRow {
  post_id: number
  version: number
  counts: Histogram
  activity: number
  displayed_counts: Histogram
  displayed_average: string | null
  displayed_activity: number
  as_of: number
  window_end: number | null
  step_at: number | null
  guard: GuardState | null
  deleted: boolean
}

/** The columns of a state, each with the table's alias in front. */
export function statsColumns(alias: string): string {
  return [
    'post_id',
    'version',
    'counts',
    'activity',
    'displayed_counts',
    'displayed_average',
    'displayed_activity',
    'as_of',
    'window_end',
    'step_at',
    'guard',
    'deleted',
  ]
    .map((column) => `${alias}.${column}`)
    .join(', ')
}

/** The same columns without `post_id`, all of them null. */
export const nullStatsColumns = [
  'null::bigint as version',
  'null::bigint[] as counts',
  'null::bigint as activity',
  'null::bigint[] as displayed_counts',
  'null::numeric as displayed_average',
  'null::bigint as displayed_activity',
  'null::timestamptz as as_of',
  'null::timestamptz as window_end',
  'null::timestamptz as step_at',
  'null::json as guard',
  'null::boolean as deleted',
].join(', ')

export function statsOfRow(row: StatsRow): PostStats {
  const displayed: Displayed = {
    counts: row.displayed_counts,
    average: row.displayed_average === null ? null : Number(row.displayed_average),
    asOf: row.as_of,
    activity: row.displayed_activity,
    guard: row.guard,
  }
  return {
    postId: row.post_id,
    version: row.version,
    counts: row.counts,
    activity: row.activity,
    displayed,
    windowEnd: row.window_end,
    stepAt: row.step_at,
    deleted: row.deleted,
  }
}

/**
 * When a row was changed, rounded up to 8 seconds: a row that changes again within them keeps its entry in the index on this
 * column, and so needs none in any other. Measured, 94 of 100 updates of 10,000 posts in random order are then heap-only.
 */
export const changedNow = '(select to_timestamp(ceil(extract(epoch from clock_timestamp()) / 8) * 8))'

/**
 * Writes live figures over rows that the caller has locked, where nothing else of them changed; and the rank, which
 * follows a prior that was changed meanwhile. The same rank again keeps the update heap-only.
 */
export async function writeLiveStats(
  connection: Queryable,
  schema: string,
  states: readonly PostStats[],
  prior: DisplaySettings['prior'],
): Promise<void> {
  if (states.length === 0) return
  await connection.query({
    name: 'write-live-stats',
    text: `
update ${schema}.post_stats s
set version = n.version, counts = n.counts::bigint[], activity = n.activity, rank = n.rank, changed_at = ${changedNow}
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::numeric[]) as n (post_id, version, counts, activity, rank)
where s.post_id = n.post_id`,
    values: [
      arrayOf(states.map((stats) => stats.postId)),
      arrayOf(states.map((stats) => stats.version)),
      arrayOf(states.map((stats) => `"{${stats.counts.join()}}"`)),
      arrayOf(states.map((stats) => stats.activity)),
      arrayOf(states.map((stats) => rankOf(stats.displayed, prior))),
    ],
  })
}

/** Writes states over their rows, which the caller has locked. One statement however many there are. */
export async function writeStats(
  connection: Queryable,
  schema: string,
  states: readonly PostStats[],
  prior: DisplaySettings['prior'],
): Promise<void> {
  if (states.length === 0) return
  const column = <T>(of: (stats: PostStats) => T): T[] => states.map(of)
  await connection.query({
    name: 'write-stats',
    text: `
update ${schema}.post_stats s
set version = n.version, counts = n.counts::bigint[], activity = n.activity,
  displayed_counts = n.displayed_counts::bigint[], displayed_count = n.displayed_count,
  displayed_average = n.displayed_average, displayed_activity = n.displayed_activity, as_of = n.as_of,
  window_end = n.window_end, step_at = n.step_at, guard = n.guard::json, rank = n.rank, deleted = n.deleted,
  changed_at = ${changedNow}
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::numeric[], $8::bigint[],
  $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::numeric[], $14::boolean[])
  as n (post_id, version, counts, activity, displayed_counts, displayed_count, displayed_average, displayed_activity,
  as_of, window_end, step_at, guard, rank, deleted)
where s.post_id = n.post_id`,
    values: [
      column((stats) => stats.postId),
      column((stats) => stats.version),
      column((stats) => `{${stats.counts.join()}}`),
      column((stats) => stats.activity),
      column((stats) => `{${stats.displayed.counts.join()}}`),
      column((stats) => countOf(stats.displayed.counts)),
      column((stats) => stats.displayed.average),
      column((stats) => stats.displayed.activity),
      column((stats) => isoTime(stats.displayed.asOf)),
      column(({ windowEnd }) => (windowEnd === null ? null : isoTime(windowEnd))),
      column(({ stepAt }) => (stepAt === null ? null : isoTime(stepAt))),
      column((stats) => (stats.displayed.guard === null ? null : JSON.stringify(stats.displayed.guard))),
      column((stats) => rankOf(stats.displayed, prior)),
      column((stats) => stats.deleted),
    ],
  })
}

/** PostgreSQL's parameters take times in this form, too. */
export { isoTime }

/** The prior as {@link misranked} wants it, once for all rows. */
export function rankSettings(schema: string): string {
  return `(select prior_weight::numeric as weight, prior_weight::numeric * prior_mean::numeric as weighted_mean
from ${schema}.settings offset 0)`
}

/** SQL of `rankedFigures` for the row `s`. */
export const rankedCount = `coalesce((s.guard->'memory'->>'rankedCount')::bigint, s.displayed_count)`
export const rankedAverage = `least(coalesce(s.displayed_average, 0), (s.guard->'memory'->>'rankedAverage')::numeric)`

/** True in SQL where the stored rank `s.rank` is not that of what is displayed, under {@link rankSettings} `c`. */
export const misranked = `(select abs(s.rank * (c.weight + r.count) - (c.weighted_mean + r.average * r.count)) > 0.0000000001 * (c.weight + r.count)
  from (select ${rankedCount} as count, ${rankedAverage} as average offset 0) r)`
