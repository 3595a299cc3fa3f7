import { isAhead } from '../../domain/display-window.ts'
import type { StatsChange } from '../../domain/post-stats.ts'
import { isoTime } from '../../domain/time.ts'
import type { Backlog, FoldBatch, FoldReport, Outbox, OutgoingChange, Shard } from '../../ports/outbox.ts'
import { clockSetBack } from './clock-set-back.ts'
import { advance, OutboxFold } from './outbox-fold.ts'
import { type EncodedStats, type OutboxRow, outgoing } from './outbox-rows.ts'
import { isLeft, PostDeletion } from './post-deletion.ts'
import { arrayOf, type PostgresDatabase } from './postgres-database.ts'

const watermarkStepMs = 1_000
/** Rows of the outbox that a status counts. Where there are more, their number is estimated from the ids. */
const countedAtMost = 1_000

/**
 * The outbox in PostgreSQL. Exactly once rests on one transaction: the states, the versions and the marks on the rows
 * they came from commit together, under row locks. Rows are found by "not folded yet", never by an id above the last
 * one: ids become visible out of order.
 */
export class PostgresOutbox implements Outbox {
  readonly #database: PostgresDatabase
  readonly #fold: OutboxFold
  /** Shards whose last fold left something: there is no need to look whether there is anything. */
  readonly #behind = new Set<string>()

  readonly #deletion: PostDeletion
  readonly #findPosts: () => Promise<'own' | 'external'>
  #posts: 'own' | 'external' | undefined

  /** `posts`: whether there are posts in this schema, whose deletion may have been left. */
  constructor(database: PostgresDatabase, posts: () => Promise<'own' | 'external'>) {
    this.#database = database
    this.#findPosts = posts
    this.#fold = new OutboxFold(database.schema)
    this.#deletion = new PostDeletion(database)
  }

  async fold(shard: Shard, limit: number, fold: FoldBatch): Promise<FoldReport> {
    const name = `${shard.index}/${shard.count}`
    if (!this.#behind.has(name)) {
      const work = await this.#look(shard)
      if (!work.events && !work.steps && !isAhead(work.watermark ?? 0, work.now)) {
        if (work.deletions) await this.#deletion.resume()
        if (work.watermark !== null && work.now - work.watermark < watermarkStepMs)
          return { ...nothing, watermark: work.watermark }
        await advance(this.#database, this.#database.schema, shard, work.now, 0)
        return { ...nothing, watermark: work.now }
      }
    }
    this.#behind.delete(name)
    const report = await this.#database.transaction((connection) => this.#fold.run(connection, shard, limit, fold))
    if (!report.drained) this.#behind.add(name)
    return report
  }

  async unpublished(shard: Shard, limit: number): Promise<OutgoingChange[]> {
    type PublishedRow = OutboxRow & { kind: StatsChange['kind']; state: EncodedStats; source: string }
    const rows = await this.#database.query<PublishedRow>({
      text: `
select o.id::text as id, o.event_id, o.kind, o.user_id, o.score, o.previous_score, o.rated_at, o.state, c.source
from ${this.#outbox} o, ${this.#database.schema}.settings c
where o.version is not null and ($1::int = 1 or o.post_id % $1 = $2) order by o.id limit $3`,
      values: [shard.count, shard.index, limit],
    })
    // A window's end that was stepped on the way has a later id than the rating behind it, but the earlier version.
    return rows
      .map((row) => outgoing(row.kind, row, row.state, row.source))
      .sort((a, b) => a.message.version - b.message.version)
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    // A database that was restored meanwhile gives the same row ids again, to changes that the bus never had.
    const rows = ids.map((id) => id.split('/'))
    await this.#database.query({
      text: `delete from ${this.#outbox} where id = any ($1::bigint[]) and event_id = any ($2::uuid[]) and version is not null`,
      values: [arrayOf(rows.map(([id]) => id as string)), arrayOf(rows.map(([, eventId]) => eventId ?? 'null'))],
    })
  }

  bury(postId: number): Promise<void> {
    return this.#deletion.bury(postId)
  }

  async backlog(): Promise<Backlog> {
    const { schema } = this.#database
    // Along the primary key: a status costs the same however much waits. Rows go in about the order of their ids.
    const [row] = await this.#database.query<{
      rows: number
      oldest: number | null
      folded: number
      set_back: { at: number; seconds: number } | null
    }>(
      `with first as (select id, at from ${this.#outbox} order by id limit ${countedAtMost + 1})
select case when count(*) <= ${countedAtMost} then count(*)
  else greatest(count(*), (select max(id) from ${this.#outbox}) - min(id) + 1) end as rows,
  extract(epoch from clock_timestamp() - min(at))::float8 as oldest,
  (select coalesce(sum(events), 0)::bigint from ${schema}.relay_progress) as folded,
  ${clockSetBack(schema)} as set_back from first`,
    )
    const { rows = 0, oldest = 0, folded = 0, set_back: setBack = null } = row ?? {}
    return {
      ...{ rows, oldestSeconds: Math.max(0, oldest ?? 0), folded },
      ...(setBack === null ? {} : { clockSetBack: { seconds: setBack.seconds, at: isoTime(setBack.at) } }),
    }
  }

  get #outbox(): string {
    return `${this.#database.schema}.rating_outbox`
  }

  /** One cheap statement: is there anything to do? Its own start is the watermark when there is not. */
  async #look(shard: Shard) {
    const { schema } = this.#database
    this.#posts ??= await this.#findPosts()
    const [row] = await this.#database.query<{
      now: number
      events: boolean
      steps: boolean
      deletions: boolean
      watermark: number | null
    }>({
      text: `
select statement_timestamp() as now,
  exists (select from ${this.#outbox} where version is null and ($1::int = 1 or post_id % $1 = $2)) as events,
  exists (select from ${schema}.post_stats
    where step_at <= statement_timestamp() and ($1 = 1 or post_id % $1 = $2)) as steps,
  ${this.#posts === 'own' ? leftDeletions(schema) : 'false'} as deletions,
  (select watermark from ${schema}.relay_progress where shards = $1 and shard = $2) as watermark`,
      values: [shard.count, shard.index],
    })
    return row as NonNullable<typeof row>
  }
}

/** While there is nothing else to do, a relay goes on with a deletion whose process has ended. */
function leftDeletions(schema: string): string {
  return `exists (select from ${schema}.posts where ${isLeft})`
}

const nothing = { events: 0, steps: 0, drained: true, changes: [] as OutgoingChange[] }
