import type { Histogram } from '../../domain/histogram.ts'
import type { Score } from '../../domain/rating.ts'
import type { Period } from '../../domain/recent-figure.ts'
import type {
  Arrivals,
  ArrivalsWanted,
  LatestRating,
  OwnScoresWanted,
  RecordRead,
  RecordReader,
} from '../../ports/record-reader.ts'
import { histogramOfRatings } from './audit-sql.ts'
import type { PostgresClock } from './postgres-clock.ts'
import { arrayOf, type PostgresDatabase, type Row } from './postgres-database.ts'
import { deploymentOfRow } from './postgres-settings-store.ts'
import { nullStatsColumns, type StatsRow, statsColumns, statsOfRow } from './stats-row.ts'

type MixedRow = { [column in keyof StatsRow]: StatsRow[column] | null } & {
  reader: number | null
  score: number | null
  watermark: number | null
  deployment: Row | null
}

interface OwnScoreRow {
  reader: number
  post_id: number
  score: number
}

/** A rating, all of it null where there is none to tell, with how many the post has: one more than are looked through at most. */
type LatestRow = { known: number } & (
  | { user_id: string; score: Score; rated_at: number; excluded: boolean }
  | { user_id: null; score: null; rated_at: null; excluded: null }
)

/** Own scores of any number of readers, and the states that the stats store did not have, in one statement. */
export class PostgresRecordReader implements RecordReader {
  readonly #database: PostgresDatabase
  readonly #clock: PostgresClock

  constructor(database: PostgresDatabase, clock: PostgresClock) {
    this.#database = database
    this.#clock = clock
  }

  async read(scores: readonly OwnScoresWanted[], states: readonly number[], deployment = false): Promise<RecordRead> {
    const readers = scores.flatMap((wanted, reader) => wanted.postIds.map(() => reader))
    const values = [
      arrayOf(readers),
      readers.map((reader) => (scores[reader] as OwnScoresWanted).userId),
      arrayOf(scores.flatMap((wanted) => wanted.postIds)),
    ]
    const found = scores.map(() => new Map<number, number>())
    if (states.length === 0 && !deployment) {
      if (readers.length > 0)
        collect(
          found,
          await this.#database.query<OwnScoreRow>({
            name: 'own-scores',
            text: this.#ownScores,
            values,
            timeoutMs: this.#database.readTimeoutMs,
          }),
        )
      return { scores: found, states: [], watermark: null, deployment: null }
    }
    const sent = Date.now()
    const rows = await this.#database.query<MixedRow>({
      name: 'read-record',
      text: this.#everything,
      values: [...values, arrayOf(states)],
      timeoutMs: this.#database.readTimeoutMs,
    })
    collect(
      found,
      rows.filter((row): row is MixedRow & OwnScoreRow => row.reader !== null),
    )
    const common = rows.find((row) => row.deployment !== null)
    if (common?.deployment) this.#clock.observe(common.deployment.now as number, sent)
    return {
      scores: found,
      states: rows.filter((row) => row.version !== null).map((row) => statsOfRow(row as unknown as StatsRow)),
      watermark: common?.watermark ?? null,
      deployment: deployment && common?.deployment ? deploymentOfRow(common.deployment) : null,
    }
  }

  async unrated(ids: readonly number[]): Promise<number[]> {
    const rows = await this.#database.query<{ post_id: number }>({
      name: 'unrated',
      text: `select distinct i.post_id from unnest($1::bigint[]) as i (post_id)
left join ${this.#database.schema}.post_stats s on s.post_id = i.post_id and s.version > 0 and not s.deleted
where s.post_id is null`,
      values: [ids],
    })
    return rows.map(({ post_id }) => post_id)
  }

  async ratedWithin(periods: readonly Period[]): Promise<Map<number, Histogram>> {
    const rows = await this.#database.query<{ post_id: number; counts: Histogram }>({
      name: 'rated-within',
      text: `select i.post_id, ${histogramOfRatings} as counts
from unnest((select $1::bigint[]), (select $2::float8[]), (select $3::float8[])) as i (post_id, starts_at, ends_at)
join ${this.#database.schema}.ratings r on r.post_id = i.post_id
  and r.rated_at between to_timestamp(i.starts_at / 1000) and to_timestamp(i.ends_at / 1000)
  and r.excluded_rated_at is distinct from r.rated_at
group by i.post_id`,
      values: [
        arrayOf(periods.map(({ postId }) => postId)),
        arrayOf(periods.map(({ from }) => from)),
        arrayOf(periods.map(({ to }) => to)),
      ],
      timeoutMs: this.#database.readTimeoutMs,
    })
    return new Map(rows.map(({ post_id, counts }) => [post_id, counts]))
  }

  /** Reads the post's ratings along the primary key: an index by time would cost every rating, and this is for one incident at a time. */
  async arrivals({ postId, from, to, stepMs }: ArrivalsWanted): Promise<Arrivals[]> {
    return this.#database.query<Arrivals>({
      text: `select floor(extract(epoch from r.rated_at) * 1000 / $4::float8)::float8 * $4::float8 as start, ${histogramOfRatings} as counts
from ${this.#database.schema}.ratings r
where r.post_id = $1 and r.rated_at >= to_timestamp($2::float8 / 1000) and r.rated_at < to_timestamp($3::float8 / 1000)
group by 1 order by 1`,
      values: [postId, from, to, stepMs],
      timeoutMs: this.#database.readTimeoutMs,
    })
  }

  /**
   * Counts in the primary key first, no further than `among`, then sorts all ratings of the post. Measured, of five million
   * ratings that lie in the table as they came, in memory: 85 ms for a post of 100,000, 9 for one of 4,000; a post of
   * 1,000,000 is refused after 10, and would take 290 on three cores. From a disk it may be seconds: the transaction's limit
   * ends it on the server, too, so that no repetition finds its forerunner at work.
   */
  async latest(postId: number, limit: number, among: number): Promise<LatestRating[] | null> {
    const ratings = `${this.#database.schema}.ratings where post_id = $1`
    const rows = await this.#database.transaction((connection) =>
      connection.query<LatestRow>({
        name: 'latest-ratings',
        text: `
with known as (select count(*) as known from (select from ${ratings} limit $3::int + 1) k)
select k.known, r.* from known k left join lateral (
  select user_id, score, rated_at, excluded_rated_at is not distinct from rated_at as excluded from ${ratings}
  and k.known <= $3::int order by rated_at desc, user_id collate "C" limit $2::int) r on true`,
        values: [postId, limit, among],
      }),
    )
    if (rows.some(({ known }) => known > among)) return null
    return rows.flatMap(({ user_id: userId, score, rated_at: ratedAt, excluded }) =>
      userId === null ? [] : [{ postId, userId, score, ratedAt, excluded }],
    )
  }

  /** Three kinds of rows in one answer: own scores, states, and the deployment with the watermark. */
  get #everything(): string {
    const { schema } = this.#database
    return `
select o.reader, o.score, null::timestamptz as watermark, null::jsonb as deployment, o.post_id, ${nullStatsColumns}
from (${this.#ownScores}) o
union all
select null, null, null, null, ${statsColumns('s')}
from ${schema}.post_stats s where s.post_id = any ($4::bigint[])
union all
select null, null, ${watermarkOf(schema)},
  to_jsonb(c) || jsonb_build_object('effective_at', floor(extract(epoch from c.effective_at) * 1000),
    'now', extract(epoch from clock_timestamp()) * 1000),
  null, ${nullStatsColumns}
from ${schema}.settings c`
  }

  get #ownScores(): string {
    return `select i.reader, r.post_id, r.score
from unnest((select $1::int[]), (select $2::text[]), (select $3::bigint[])) as i (reader, user_id, post_id)
join ${this.#database.schema}.ratings r on r.post_id = i.post_id and r.user_id = i.user_id`
  }
}

/**
 * How far every shard is folded: the least of the shards' watermarks, or null while one of them has none. One that lies in the
 * future, from a clock that was ahead, is told instead, so that nobody takes the others for the whole.
 */
export function watermarkOf(schema: string): string {
  return `(select case when count(*) < max(c.relay_shards) then null
  when max(p.watermark) > clock_timestamp() + interval '5 s' then max(p.watermark) else min(p.watermark) end
from ${schema}.settings c left join ${schema}.relay_progress p on p.shards = c.relay_shards and p.watermark > '-infinity')`
}

function collect(found: Map<number, number>[], rows: OwnScoreRow[]): void {
  for (const row of rows) found[row.reader]?.set(row.post_id, row.score)
}
