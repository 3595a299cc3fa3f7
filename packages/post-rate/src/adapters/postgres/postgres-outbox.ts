import type { FoldContext, PostStats, StatsEvent } from '../../domain/post-stats.ts'
import { encodeStats, messageSchema, type RatingChange } from '../../domain/rating-change.ts'
import type { FoldBatch, FoldedChange, FoldReport, Outbox, OutgoingChange, Shard } from '../../ports/outbox.ts'
import type { PostgresDatabase, Queryable, Row } from './postgres-database.ts'
import { lockSettings, settingsColumns, settingsOfRow } from './postgres-settings-store.ts'
import { isoTime, type StatsRow, statsColumns, statsOfRow, writeStats } from './stats-row.ts'

const watermarkStepMs = 1_000

/**
 * The outbox in PostgreSQL. Exactly once rests on one transaction: the states, the versions and the marks on the rows
 * they came from commit together, under row locks. Rows are found by "not folded yet", never by an id above the last
 * one: ids become visible out of order.
 */
export class PostgresOutbox implements Outbox {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async fold(shard: Shard, limit: number, fold: FoldBatch): Promise<FoldReport> {
    const work = await this.#look(shard)
    if (!work.events && !work.steps) {
      if (work.watermark === null || work.now - work.watermark >= watermarkStepMs) {
        await this.#advance(this.#database, shard, work.now, 0)
        return { events: 0, steps: 0, drained: true, watermark: work.now }
      }
      return { events: 0, steps: 0, drained: true, watermark: work.watermark }
    }
    return this.#database.transaction((connection) => this.#foldBatch(connection, shard, limit, fold))
  }

  async unpublished(shard: Shard, limit: number): Promise<OutgoingChange[]> {
    const rows = await this.#database.query({
      name: 'unpublished',
      text: `
select o.id::text as id, o.event_id, o.kind, o.post_id, o.user_id, o.score, o.previous_score, o.rated_at, o.state, c.source
from ${this.#outbox} o, ${this.#database.schema}.settings c
where o.version is not null and ($1::int = 1 or o.post_id % $1 = $2) order by o.id limit $3`,
      values: [shard.count, shard.index, limit],
    })
    // A window's end that was stepped on the way has a later id than the rating behind it, but the earlier version.
    return rows
      .map((row) => ({ id: `${row.id}/${row.event_id}`, message: messageOf(row) }))
      .sort((a, b) => a.message.version - b.message.version)
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    // A database that was restored meanwhile gives the same row ids again, to changes that the bus never had.
    const rows = ids.map((id) => id.split('/'))
    await this.#database.query({
      name: 'acknowledge',
      text: `delete from ${this.#outbox} o using unnest($1::bigint[], $2::uuid[]) as a (id, event_id)
where o.id = a.id and o.event_id = a.event_id and o.version is not null`,
      values: [rows.map(([id]) => id), rows.map(([, eventId]) => eventId ?? null)],
    })
  }

  async bury(postId: number): Promise<void> {
    await this.#database.query({
      text: `with withdrawn as (delete from ${this.#database.schema}.ratings where post_id = $1)
insert into ${this.#outbox} (kind, post_id) values ('deleted', $1)`,
      values: [postId],
    })
  }

  async backlog(): Promise<{ rows: number; oldestSeconds: number; folded: number }> {
    const [row] = await this.#database.query<{ rows: number; oldest: number | null; folded: number }>(
      `select count(*) as rows, extract(epoch from clock_timestamp() - min(at))::float8 as oldest,
  (select coalesce(sum(events), 0)::bigint from ${this.#database.schema}.relay_progress) as folded from ${this.#outbox}`,
    )
    return { rows: row?.rows ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0), folded: row?.folded ?? 0 }
  }

  get #outbox(): string {
    return `${this.#database.schema}.rating_outbox`
  }

  /** One cheap statement: is there anything to do? Its own start is the watermark when there is not. */
  async #look(shard: Shard) {
    const { schema } = this.#database
    const [row] = await this.#database.query<{
      now: number
      events: boolean
      steps: boolean
      watermark: number | null
    }>({
      name: 'look',
      text: `
select statement_timestamp() as now,
  exists (select from ${this.#outbox} where version is null and ($1::int = 1 or post_id % $1 = $2)) as events,
  exists (select from ${schema}.post_stats
    where step_at <= statement_timestamp() and ($1 = 1 or post_id % $1 = $2)) as steps,
  (select watermark from ${schema}.relay_progress where shards = $1 and shard = $2) as watermark`,
      values: [shard.count, shard.index],
    })
    return row as NonNullable<typeof row>
  }

  async #foldBatch(connection: Queryable, shard: Shard, limit: number, fold: FoldBatch): Promise<FoldReport> {
    const { now, reached, context } = await this.#begin(connection, shard)
    const events = await this.#lockEvents(connection, shard, limit)
    const { states, due } = await this.#lockStates(connection, shard, limit, now, events, context)
    const folded = fold({ states, events, context, now })
    await this.#write(connection, folded, context)
    const drained = events.length < limit && due < limit
    const watermark = drained ? Math.max(now, context.watermark) : reached
    await this.#advance(connection, shard, watermark, events.length)
    return {
      events: events.length,
      steps: folded.filter((change) => change.eventId === null).length,
      drained,
      watermark,
    }
  }

  /**
   * Locks the shard's progress, so that folds of one shard follow each other, and takes the time before any row is read.
   * Late events count after what readers were promised, also by shards of another number that these posts were in before.
   */
  async #begin(connection: Queryable, shard: Shard): Promise<{ now: number; reached: number; context: FoldContext }> {
    const { schema } = this.#database
    await connection.query(lockSettings(schema, 'shared'))
    await connection.query({
      text: `insert into ${schema}.relay_progress (shard, shards) values ($1, $2) on conflict do nothing`,
      values: [shard.index, shard.count],
    })
    const [row] = await connection.query({
      name: 'begin-fold',
      text: `
select clock_timestamp() as now, p.watermark as reached, ${settingsColumns},
  greatest(p.watermark, (select max(watermark) from ${schema}.relay_progress where shards <> $2)) as watermark
from ${schema}.relay_progress p, ${schema}.settings c where p.shard = $1 and p.shards = $2 for update of p`,
      values: [shard.index, shard.count],
    })
    const found = row as Row
    return {
      now: found.now as number,
      reached: found.reached as number,
      context: {
        settings: settingsOfRow(found),
        versionFloor: found.version_floor as number,
        watermark: found.watermark as number,
      },
    }
  }

  async #lockEvents(connection: Queryable, shard: Shard, limit: number): Promise<{ id: string; event: StatsEvent }[]> {
    const rows = await connection.query({
      name: 'lock-events',
      text: `
select o.id::text as id, o.kind, o.post_id, o.user_id, o.score, o.previous_score, o.rated_at, o.previous_rated_at, o.at
from ${this.#outbox} o where o.version is null and ($1::int = 1 or o.post_id % $1 = $2)
order by o.id limit $3 for update`,
      values: [shard.count, shard.index, limit],
    })
    return rows.map((row) => ({ id: row.id as string, event: eventOf(row) }))
  }

  /** The rows of every post that has an event or a window's end, locked in the order of their ids. */
  async #lockStates(
    connection: Queryable,
    shard: Shard,
    limit: number,
    now: number,
    events: { event: StatsEvent }[],
    context: FoldContext,
  ): Promise<{ states: PostStats[]; due: number }> {
    const { schema } = this.#database
    const ids = [...new Set(events.map(({ event }) => event.postId))]
    const due = await connection.query<{ post_id: number }>({
      name: 'due-steps',
      text: `select post_id from ${schema}.post_stats
where step_at <= $1 and ($2::int = 1 or post_id % $2 = $3) order by step_at limit $4`,
      values: [isoTime(now), shard.count, shard.index, limit],
    })
    const wanted = [...new Set([...ids, ...due.map((row) => row.post_id)])]
    const locked = await lockStats(connection, schema, wanted)
    if (locked.length === wanted.length) return { states: locked, due: due.length }
    // Posts of the host's own have no row before their first rating.
    const known = new Set(locked.map((stats) => stats.postId))
    await addMissingStats(
      connection,
      schema,
      wanted.filter((id) => !known.has(id)),
      context,
    )
    return { states: await lockStats(connection, schema, wanted), due: due.length }
  }

  async #write(connection: Queryable, folded: readonly FoldedChange[], context: FoldContext): Promise<void> {
    const newest = new Map(folded.map(({ change }) => [change.stats.postId, change.stats]))
    await writeStats(connection, this.#database.schema, [...newest.values()], context.settings.prior)
    const marked = folded.filter((change) => change.eventId !== null)
    const stepped = folded.filter((change) => change.eventId === null)
    if (marked.length > 0)
      await connection.query({
        name: 'mark-events',
        text: `update ${this.#outbox} o set version = n.version, state = n.state::json
from unnest($1::bigint[], $2::bigint[], $3::text[]) as n (id, version, state) where o.id = n.id`,
        values: [
          marked.map((change) => change.eventId),
          marked.map(({ change }) => change.stats.version),
          marked.map(({ change }) => JSON.stringify(encodeStats(change.stats))),
        ],
      })
    if (stepped.length > 0)
      await connection.query({
        name: 'add-steps',
        text: `insert into ${this.#outbox} (kind, post_id, version, state)
select 'display', n.post_id, n.version, n.state::json
from unnest($1::bigint[], $2::bigint[], $3::text[]) as n (post_id, version, state)`,
        values: [
          stepped.map(({ change }) => change.stats.postId),
          stepped.map(({ change }) => change.stats.version),
          stepped.map(({ change }) => JSON.stringify(encodeStats(change.stats))),
        ],
      })
  }

  async #advance(connection: Queryable, shard: Shard, watermark: number, events: number): Promise<void> {
    await connection.query({
      name: 'advance',
      text: `
insert into ${this.#database.schema}.relay_progress as p (shard, shards, watermark, events) values ($1, $2, $3, $4)
on conflict (shard, shards) do update
set watermark = greatest(p.watermark, excluded.watermark), events = p.events + excluded.events`,
      values: [shard.index, shard.count, Number.isFinite(watermark) ? isoTime(watermark) : '-infinity', events],
    })
  }
}

/** Locks the rows of these posts, in the order of their ids; posts without a row are left out. */
export async function lockStats(connection: Queryable, schema: string, ids: readonly number[]): Promise<PostStats[]> {
  const rows = await connection.query<StatsRow>({
    name: 'lock-stats',
    text: `select ${statsColumns('s')} from ${schema}.post_stats s where post_id = any ($1::bigint[]) order by post_id for update`,
    values: [ids],
  })
  return rows.map(statsOfRow)
}

/** Makes rows for posts that have none. */
export async function addMissingStats(
  connection: Queryable,
  schema: string,
  ids: readonly number[],
  context: FoldContext,
): Promise<void> {
  await connection.query({
    text: `insert into ${schema}.post_stats (post_id, rank) select id, $2 from unnest($1::bigint[]) as n (id) on conflict do nothing`,
    values: [ids, context.settings.prior.mean],
  })
}

function eventOf(row: Row): StatsEvent {
  if (row.kind === 'deleted' || row.kind === 'created')
    return { kind: row.kind, postId: row.post_id as number, at: row.at as number }
  return {
    kind: 'rating',
    postId: row.post_id as number,
    userId: row.user_id as string,
    score: row.score as number | null,
    previousScore: row.previous_score as number | null,
    ratedAt: row.rated_at as number,
    previousRatedAt: row.previous_rated_at as number | null,
    at: row.at as number,
  }
}

function messageOf(row: Row): RatingChange {
  const rating =
    row.kind === 'rating'
      ? {
          userId: row.user_id as string,
          score: row.score as number | null,
          previousScore: row.previous_score as number | null,
          ratedAt: isoTime(row.rated_at as number),
        }
      : {}
  return {
    schema: messageSchema,
    kind: row.kind === 'created' ? 'display' : (row.kind as RatingChange['kind']),
    source: row.source as string,
    eventId: row.event_id as string,
    ...rating,
    ...(row.state as ReturnType<typeof encodeStats>),
  }
}
