import { emptyHistogram, type Histogram, sameHistogram } from '../../domain/histogram.ts'
import { displayIsStale, type FoldContext, type PostStats, type StatsChange } from '../../domain/post-stats.ts'
import type { AuditedRange, AuditStore } from '../../ports/audit-store.ts'
import type { PostgresDatabase, Queryable, Row } from './postgres-database.ts'
import { addMissingStats, lockStats } from './postgres-outbox.ts'
import { watermarkOf } from './postgres-record-reader.ts'
import { lockSettings, settingsColumns, settingsOfRow } from './postgres-settings-store.ts'
import { misranked, nullStatsColumns, type StatsRow, statsColumns, statsOfRow, writeStats } from './stats-row.ts'

const scores = [0, 1, 2, 3, 4, 5]
export const histogramOfRatings = `array[${scores.map((score) => `count(*) filter (where score = ${score})`).join(', ')}]`
const histogramOfDeltas = `array[${scores
  .map((score) => `count(*) filter (where score = ${score}) - count(*) filter (where previous_score = ${score})`)
  .join(', ')}]`
const expectedCounts = `array(select coalesce(a.counts[i], 0) - coalesce(d.counts[i], 0) from generate_series(1, 6) as i)`

/**
 * In any snapshot a state is the aggregate of the ratings minus the changes not folded yet, because ratings and their
 * outbox rows commit together. Comparing needs one statement and no lock; repairing locks one post at a time.
 */
export class PostgresAuditStore implements AuditStore {
  readonly #database: PostgresDatabase
  readonly #findPosts: () => Promise<'own' | 'external'>

  /** `posts`: whether every post of this schema must have a state. */
  constructor(database: PostgresDatabase, posts: () => Promise<'own' | 'external'>) {
    this.#database = database
    this.#findPosts = posts
  }

  async compare(after: number, limit: number): Promise<AuditedRange> {
    const [bound] = await this.#database.query<{ last: number | null; n: number; posts: number }>({
      name: 'audit-bound',
      text: `select max(post_id) as last, count(*) as n, count(*) filter (where not deleted) as posts
from (select post_id, deleted from ${this.#stats} where post_id > $1 order by post_id limit $2) b`,
      values: [after, limit],
    })
    const atTheEnd = (bound?.n ?? 0) < limit
    const last = atTheEnd ? Number.MAX_SAFE_INTEGER : (bound?.last as number)
    const rows = await this.#database.query<StatsRow & { audited: number; expected: Histogram }>({
      name: 'audit-range',
      text: await this.#differing((id) => `${id} > $1 and ${id} <= $2`),
      values: [after, last],
    })
    return { drift: rows.map(driftOfRow), checked: bound?.posts ?? 0, last: atTheEnd ? null : last }
  }

  async compareOnly(ids: readonly number[]): Promise<AuditedRange> {
    const rows = await this.#database.query<StatsRow & { audited: number; expected: Histogram }>({
      name: 'audit-only',
      text: await this.#differing((id) => `${id} = any ($1::bigint[])`),
      values: [ids],
    })
    return { drift: rows.map(driftOfRow), checked: ids.length, last: null }
  }

  async repair(
    postId: number,
    repair: (stats: PostStats, counts: Histogram, now: number, context: FoldContext) => StatsChange[],
  ): Promise<PostStats | null> {
    const { schema } = this.#database
    return this.#database.transaction(async (connection) => {
      const { context, now } = await this.#context(connection)
      let [stats] = await lockStats(connection, schema, [postId])
      const missing = stats === undefined
      if (stats === undefined) {
        if (!(await this.#isKnown(connection, postId))) return null
        await addMissingStats(connection, schema, [postId], context)
        stats = (await lockStats(connection, schema, [postId]))[0] as PostStats
      }
      // A statement of its own, and so a snapshot after the lock: what was folded before it is in the state, the rest is not.
      const [row] = await connection.query<{ expected: Histogram; misranked: boolean }>({
        name: 'audit-one',
        text: `
select ${expectedCounts} as expected,
  (select ${misranked} from ${this.#stats} s, ${schema}.settings c where s.post_id = $1) as misranked
from (select ${histogramOfRatings} as counts from ${countedRatings(schema)} r where post_id = $1) a,
  (select ${histogramOfDeltas} as counts from ${schema}.rating_outbox
    where post_id = $1 and version is null and kind = 'rating') d`,
        values: [postId],
      })
      const expected = row?.expected ?? emptyHistogram
      const right = sameHistogram(stats.counts, expected) && !displayIsStale(stats, context.settings) && !row?.misranked
      if (right) return missing ? stats : null
      const repaired = repair(stats, expected, now, context).at(-1)?.stats ?? stats
      await writeStats(connection, schema, [repaired], context.settings.prior)
      return repaired
    })
  }

  /** A post that exists, or that at least somebody rated. */
  async #isKnown(connection: Queryable, postId: number): Promise<boolean> {
    const { schema } = this.#database
    const own = (await this.#findPosts()) === 'own' ? `or exists (select from ${schema}.posts where id = $1)` : ''
    const [row] = await connection.query<{ known: boolean }>({
      text: `select exists (select from ${schema}.ratings where post_id = $1) ${own} as known`,
      values: [postId],
    })
    return row?.known ?? false
  }

  async estimate(): Promise<number> {
    const [row] = await this.#database.query<{ n: number }>({
      text: 'select greatest(reltuples, 0)::bigint as n from pg_class where oid = $1::regclass',
      values: [this.#stats],
    })
    if (row && row.n >= 10_000) return row.n
    const [counted] = await this.#database.query<{ n: number }>(`select count(*) as n from ${this.#stats}`)
    return counted?.n ?? 0
  }

  get #stats(): string {
    return `${this.#database.schema}.post_stats`
  }

  async #differing(range: (id: string) => string): Promise<string> {
    const { schema } = this.#database
    const within = range('post_id')
    const stateless = `
union all
select p.id, '{0,0,0,0,0,0}'::bigint[], null, ${nullStatsColumns}
from ${schema}.posts p where ${range('p.id')}
  and not exists (select from ${this.#stats} s where s.post_id = p.id)
  and not exists (select from ${schema}.ratings r where r.post_id = p.id)`
    return `
select coalesce(s.post_id, a.post_id, d.post_id) as audited, e.expected, ${statsColumns('s')}
from (select * from ${this.#stats} where ${within}) s
full join (select post_id, ${histogramOfRatings} as counts from ${countedRatings(schema)} r where ${within} group by post_id) a
  on a.post_id = s.post_id
full join (select post_id, ${histogramOfDeltas} as counts from ${schema}.rating_outbox
  where version is null and kind = 'rating' and ${within} group by post_id) d on d.post_id = coalesce(s.post_id, a.post_id)
cross join lateral (select ${expectedCounts} as expected) e
cross join ${schema}.settings c
where coalesce(s.counts, '{0,0,0,0,0,0}') is distinct from e.expected
  or (s.step_at is null and not s.deleted and s.displayed_counts is distinct from s.counts)
  or ${misranked}${(await this.#findPosts()) === 'own' ? stateless : ''}
order by 1`
  }

  async #context(connection: Queryable): Promise<{ context: FoldContext; now: number }> {
    const { schema } = this.#database
    await connection.query(lockSettings(schema, 'shared'))
    const [row] = await connection.query(
      `select clock_timestamp() as now, ${watermarkOf(schema)} as watermark, ${settingsColumns} from ${schema}.settings`,
    )
    const found = row as Row
    const now = found.now as number
    return {
      now,
      context: {
        settings: settingsOfRow(found),
        versionFloor: found.version_floor as number,
        watermark: (found.watermark as number | null) ?? Number.NEGATIVE_INFINITY,
      },
    }
  }
}

/** The ratings with the score that counts: null while they are excluded. */
export function countedRatings(schema: string): string {
  return `(select post_id, case when excluded_rated_at is distinct from rated_at then score end as score from ${schema}.ratings)`
}

function driftOfRow(row: StatsRow & { audited: number; expected: Histogram }) {
  return { postId: row.audited, expected: row.expected, found: row.post_id === null ? null : statsOfRow(row) }
}
