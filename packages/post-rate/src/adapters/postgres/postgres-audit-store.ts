import type { Histogram } from '../../domain/histogram.ts'
import type { PostStats } from '../../domain/post-stats.ts'
import type {
  AuditedRange,
  AuditProgress,
  AuditStore,
  CountsDrift,
  PostRange,
  Suspect,
} from '../../ports/audit-store.ts'
import { differing } from './audit-sql.ts'
import { PostgresAuditProgress } from './postgres-audit-progress.ts'
import { type PostgresDatabase, sqlState } from './postgres-database.ts'
import { PostgresRepairs, type Repair } from './postgres-repairs.ts'
import { type StatsRow, statsColumns, statsOfRow } from './stats-row.ts'

/** What a comparison has at most. Of ratings as the statistics of the tables have them. */
const postsAtMost = 100_000
const ratingsAtMost = 10_000_000
/** Of tables that have no statistics yet; and a range that is not cut in two any more. */
const postsAtLeast = 2_000
/** Server-side memory for the groups of a range: with less, 100,000 of them go through temporary files. */
const workMemory = '64MB'
/**
 * In any snapshot a state is the aggregate of the ratings minus the changes not folded yet, because ratings and their
 * outbox rows commit together. Comparing needs one statement and no lock. Its ranges are large, since the ratings of a
 * post lie all over the table and each statement goes through most of it: 50 of 200,000 ratings took 30 times as long as
 * one `GROUP BY` of them all.
 */
export class PostgresAuditStore implements AuditStore {
  readonly #database: PostgresDatabase
  readonly #findPosts: () => Promise<'own' | 'external'>
  readonly #repairs: PostgresRepairs
  readonly #progress: PostgresAuditProgress
  #postsAtOnce = postsAtMost

  /** `posts`: whether every post of this schema must have a state. */
  constructor(database: PostgresDatabase, posts: () => Promise<'own' | 'external'>) {
    this.#database = database
    this.#findPosts = posts
    this.#repairs = new PostgresRepairs(database, posts)
    this.#progress = new PostgresAuditProgress(database)
  }

  async next(after: number, posts?: number): Promise<PostRange> {
    return this.#next(after, posts ?? (await this.#fitting()))
  }

  /** Posts of one comparison. */
  async #fitting(): Promise<number> {
    const { schema } = this.#database
    const [row] = await this.#database.query<{ ratings: number; posts: number }>({
      name: 'audit-size',
      text: `select (select reltuples from pg_class where oid = '${schema}.ratings'::regclass)::float8 as ratings,
  (select reltuples from pg_class where oid = '${this.#stats}'::regclass)::float8 as posts`,
    })
    const { ratings, posts } = row as NonNullable<typeof row>
    const known = ratings > 0 && posts > 0
    const wanted = known ? Math.max(postsAtLeast, (ratingsAtMost / ratings) * posts) : postsAtLeast
    return Math.floor(Math.min(wanted, this.#postsAtOnce))
  }

  async compare(range: PostRange): Promise<Suspect[]> {
    try {
      return await this.#compare(range)
    } catch (error) {
      if (sqlState(error) !== statementTimeout || range.posts <= postsAtLeast) throw error
      // A large part of a slow database: half of it then, from now on.
      this.#postsAtOnce = Math.max(postsAtLeast, Math.floor(range.posts / 2))
      const first = await this.#next(range.after, this.#postsAtOnce)
      if (first.last === null) throw error
      const rest = { after: first.last, last: range.last, posts: range.posts - first.posts }
      return [...(await this.compare(first)), ...(await this.compare(rest))]
    }
  }

  async compareOnly(ids: readonly number[]): Promise<CountsDrift[]> {
    const rows = await this.#database.query<StatsRow & { audited: number; expected: Histogram }>({
      name: 'audit-only',
      text: `select f."postId" as audited, f.expected, ${statsColumns('s')}
from (${await this.#differing((id) => `${id} = any ($1::bigint[])`)}) f left join ${this.#stats} s on s.post_id = f."postId"
order by 1`,
      values: [ids],
    })
    return rows.map((row) => {
      const found = row.post_id === null ? null : statsOfRow(row)
      return { postId: row.audited, version: found?.version ?? null, expected: row.expected, found }
    })
  }

  repair(suspects: readonly Suspect[], repair: Repair): Promise<PostStats[]> {
    return this.#repairs.repair(suspects, repair)
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

  progress(): Promise<AuditProgress> {
    return this.#progress.read()
  }

  noteProgress(range: AuditedRange): Promise<void> {
    return this.#progress.note(range)
  }

  noteBypass(): Promise<void> {
    return this.#progress.noteBypass()
  }

  get #stats(): string {
    return `${this.#database.schema}.post_stats`
  }

  async #differing(range: (id: string) => string): Promise<string> {
    return differing(this.#database.schema, range, (await this.#findPosts()) === 'own')
  }

  async #next(after: number, limit: number): Promise<PostRange> {
    const [bound] = await this.#database.query<{ last: number | null; n: number; posts: number }>({
      name: 'audit-bound',
      text: `select max(post_id) as last, count(*) as n, count(*) filter (where not deleted) as posts
from (select post_id, deleted from ${this.#stats} where post_id > $1 order by post_id limit $2) b`,
      values: [after, limit],
    })
    const atTheEnd = (bound?.n ?? 0) < limit
    return { after, last: atTheEnd ? null : (bound?.last ?? null), posts: bound?.posts ?? 0 }
  }

  /** Not prepared: a plan for any range would not be one for nearly all of the ratings. */
  async #compare({ after, last }: PostRange): Promise<Suspect[]> {
    const text = await this.#differing((id) => (last === null ? `${id} > $1` : `${id} > $1 and ${id} <= $2`))
    const values = last === null ? [after] : [after, last]
    return this.#database.transaction((connection) => connection.query<Suspect>({ text, values }), {
      limits: this.#limits(),
      readOnly: true,
    })
  }

  /** The server gives up before this side does: a statement that nobody waits for any more would go on. */
  #limits(): string {
    const timeoutMs = Math.floor(this.#database.queryTimeoutMs * 0.8)
    return `set local statement_timeout = ${timeoutMs}; set local idle_in_transaction_session_timeout = '5s';
select set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')), pg_size_bytes('${workMemory}')) / 1024 || 'kB', true)`
  }
}

/** SQLSTATE of a statement that took longer than it may. */
const statementTimeout = '57014'
