import { isAhead, longestWindowMs, notAhead } from '../../domain/display-window.ts'
import type { FoldContext, PostStats, StatsChange } from '../../domain/post-stats.ts'
import { encodeStats } from '../../domain/rating-change.ts'
import { isoTime } from '../../domain/time.ts'
import type { FoldBatch, FoldedChange, FoldReport, OutgoingChange, Shard } from '../../ports/outbox.ts'
import { setBackProgress } from './clock-set-back.ts'
import { writeIncidents } from './incident-rows.ts'
import { addMissingStats, lockStats } from './lock-stats.ts'
import { type EncodedStats, eventOf, outgoing, type UnfoldedRow, withoutRating } from './outbox-rows.ts'
import { arrayOf, type Queryable, type Row } from './postgres-database.ts'
import { lockSettings, settingsColumns, settingsOfRow } from './postgres-settings-store.ts'
import { writeLiveStats, writeStats } from './stats-row.ts'

/**
 * A prepared statement keeps the plan that was right when the outbox was empty, and reads all of it when it is long: in a
 * fold rows are found by their keys, whatever their number. Outside of one, nothing is prepared that depends on it. Such a
 * plan looks so expensive that it would be compiled, which takes 100 ms.
 */
const byKeys =
  'set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off'

/** One batch of a shard, in one transaction: events and states are locked, folded, written and marked. */
export class OutboxFold {
  readonly #schema: string
  readonly #outbox: string

  constructor(schema: string) {
    this.#schema = schema
    this.#outbox = `${schema}.rating_outbox`
  }

  async run(connection: Queryable, shard: Shard, limit: number, fold: FoldBatch): Promise<FoldReport> {
    const { now, reached, context, source, clockSetBackMs } = await this.#begin(connection, shard)
    const rows = await this.#lockEvents(connection, shard, limit)
    const events = rows.map((row) => ({ id: row.id, event: eventOf(row) }))
    const { states, due } = await this.#lockStates(connection, shard, limit, now, rows, context)
    const folded = fold({ states, events, context, now })
    const writing = this.#writeStates(connection, states, folded, context)
    // While the server writes: both sides have as much to do.
    const encoded = encodeAll(rows, folded)
    await writing
    const made = folded.map(({ change }) => change)
    await writeIncidents(connection, this.#schema, states, made, context.settings)
    const changes = await this.#mark(connection, encoded, source)
    const drained = rows.length < limit && due < limit
    const watermark = drained ? Math.max(now, context.watermark) : reached
    await advance(connection, this.#schema, shard, watermark, rows.length)
    return { events: rows.length, steps: changes.length - rows.length, drained, watermark, changes, clockSetBackMs }
  }

  /**
   * Locks the shard's progress, so that folds of one shard follow each other, and takes the time before any row is read.
   * Late events count after what readers were promised, also by shards of another number that these posts were in before.
   */
  async #begin(connection: Queryable, shard: Shard) {
    const schema = this.#schema
    await connection.query(`${byKeys}; ${lockSettings(schema, 'shared')}`)
    const lock = {
      name: 'begin-fold',
      text: `
select clock_timestamp() as now, p.watermark as reached, ${settingsColumns},
  greatest(p.watermark, (select max(watermark) from ${schema}.relay_progress where shards <> $2)) as watermark
from ${schema}.relay_progress p, ${schema}.settings c where p.shard = $1 and p.shards = $2 for update of p`,
      values: [shard.index, shard.count],
    }
    let [row] = await connection.query(lock)
    if (row === undefined) {
      await connection.query({
        text: `insert into ${schema}.relay_progress (shard, shards) values ($1, $2) on conflict do nothing`,
        values: [shard.index, shard.count],
      })
      ;[row] = await connection.query(lock)
    }
    const found = row as Row
    const [now, reached] = [found.now as number, found.reached as number]
    const context: FoldContext = {
      settings: settingsOfRow(found),
      versionFloor: found.version_floor as number,
      watermark: notAhead(found.watermark as number, now),
    }
    const clockSetBackMs = isAhead(reached, now) ? reached - now : 0
    if (clockSetBackMs > 0) await setBackProgress(connection, schema, shard, { now, reached })
    return { now, reached: notAhead(reached, now), context, source: found.source as string, clockSetBackMs }
  }

  async #lockEvents(connection: Queryable, shard: Shard, limit: number): Promise<UnfoldedRow[]> {
    return connection.query<UnfoldedRow>({
      name: 'lock-events',
      text: `
select o.id::text as id, o.event_id, o.kind, o.post_id, o.user_id, o.score, o.previous_score, o.rated_at,
coalesce(o.previous_rated_at, (select w.at from ${this.#schema}.withdrawals w
where w.key = hashtextextended(o.user_id, o.post_id) and w.at <= o.at)) as previous_rated_at, o.at
from ${this.#outbox} o where o.version is null and ($1::int = 1 or o.post_id % $1 = $2)
order by o.id limit $3 for update of o`,
      values: [shard.count, shard.index, limit],
    })
  }

  /** The rows of every post that has an event or a window's end, locked in the order of their ids. */
  async #lockStates(
    connection: Queryable,
    shard: Shard,
    limit: number,
    now: number,
    events: readonly UnfoldedRow[],
    context: FoldContext,
  ): Promise<{ states: PostStats[]; due: number }> {
    const schema = this.#schema
    const ids = [...new Set(events.map((row) => row.post_id))]
    const latest = now + longestWindowMs(context.settings)
    const due = await connection.query<{ post_id: number }>({
      name: 'due-steps',
      // No window ends that late, but for one that was begun under a clock that was ahead.
      text: `(select post_id from ${schema}.post_stats
where step_at <= $1 and ($2::int = 1 or post_id % $2 = $3) order by step_at limit $4)
union all
(select post_id from ${schema}.post_stats
where step_at > $5 and ($2::int = 1 or post_id % $2 = $3) order by step_at desc limit $4)`,
      values: [isoTime(now), shard.count, shard.index, limit, isoTime(latest)],
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

  /** Most states only count one more rating, and what is displayed stays: those cost a quarter of the others. */
  async #writeStates(
    connection: Queryable,
    states: readonly PostStats[],
    folded: readonly FoldedChange[],
    context: FoldContext,
  ): Promise<void> {
    const schema = this.#schema
    const before = new Map(states.map((stats) => [stats.postId, stats]))
    const newest = new Map(folded.map(({ change }) => [change.stats.postId, change.stats]))
    const live: PostStats[] = []
    const whole: PostStats[] = []
    for (const stats of newest.values()) (onlyLiveDiffers(before.get(stats.postId), stats) ? live : whole).push(stats)
    await writeLiveStats(connection, schema, live, context.settings.prior)
    await writeStats(connection, schema, whole, context.settings.prior)
  }

  /**
   * Gives every folded row its version and state, and every window's end a row. Their changes, oldest version first.
   * `between` can be read from one side only: each row is found by its key. Joined by equality and planned after a vacuum that
   * met few rows among many dead, the other side came first, all of the outbox for every row: 5 s for 5,000 of 23,000.
   */
  async #mark(connection: Queryable, { marked, stepped }: Encoded, source: string): Promise<OutgoingChange[]> {
    const marking = connection.query({
      name: 'mark-events',
      text: `update ${this.#outbox} o set version = n.version, state = n.state
from rows from (unnest($1::bigint[]), unnest($2::bigint[]), json_array_elements($3::json)) as n (id, version, state)
where o.id between n.id and n.id`,
      values: [
        arrayOf(marked.map(({ row }) => row.id)),
        arrayOf(marked.map(({ state }) => state.version)),
        textOf(marked),
      ],
    })
    const changes = marked.map(({ kind, row, state }) => outgoing(kind, row, state, source))
    await marking
    if (stepped.length > 0) {
      const added = await connection.query<{ id: string; event_id: string; post_id: number; version: number }>({
        name: 'add-steps',
        text: `insert into ${this.#outbox} (kind, post_id, version, state)
select 'display', n.post_id, n.version, n.state
from rows from (unnest($1::bigint[]), unnest($2::bigint[]), json_array_elements($3::json)) as n (post_id, version, state)
returning id::text as id, event_id, post_id, version`,
        values: [
          arrayOf(stepped.map(({ state }) => state.postId)),
          arrayOf(stepped.map(({ state }) => state.version)),
          textOf(stepped),
        ],
      })
      const ids = new Map(added.map((row) => [`${row.post_id}/${row.version}`, row]))
      for (const { state } of stepped) {
        const row = ids.get(`${state.postId}/${state.version}`) as (typeof added)[number]
        changes.push(withoutRating('display', row, state, source))
      }
    }
    return changes.sort((a, b) => a.message.version - b.message.version)
  }
}

/** Notes how far a shard has come, and how many events that were. */
export async function advance(
  connection: Queryable,
  schema: string,
  shard: Shard,
  watermark: number,
  events: number,
): Promise<void> {
  await connection.query({
    name: 'advance',
    text: `
insert into ${schema}.relay_progress as p (shard, shards, watermark, events) values ($1, $2, $3, $4)
on conflict (shard, shards) do update
set watermark = greatest(p.watermark, excluded.watermark), events = p.events + excluded.events`,
    values: [shard.index, shard.count, Number.isFinite(watermark) ? isoTime(watermark) : '-infinity', events],
  })
}

interface Encoded {
  marked: { kind: StatsChange['kind']; row: UnfoldedRow; state: EncodedStats }[]
  stepped: { state: EncodedStats }[]
}

function encodeAll(rows: readonly UnfoldedRow[], folded: readonly FoldedChange[]): Encoded {
  const rowOf = new Map(rows.map((row) => [row.id, row]))
  const [marked, stepped]: [Encoded['marked'], Encoded['stepped']] = [[], []]
  for (const { eventId, change } of folded) {
    const row = eventId === null ? undefined : rowOf.get(eventId)
    const state = encodeStats(change.stats)
    if (row === undefined) stepped.push({ state })
    else marked.push({ kind: change.kind, row, state })
  }
  return { marked, stepped }
}

/** One text of JSON is neither quoted once more here nor checked once more there, as an array of them would be. */
function textOf(changes: readonly { state: EncodedStats }[]): string {
  return JSON.stringify(changes.map(({ state }) => state))
}

function onlyLiveDiffers(before: PostStats | undefined, after: PostStats): boolean {
  return (
    before?.displayed === after.displayed &&
    before.windowEnd === after.windowEnd &&
    before.stepAt === after.stepAt &&
    before.deleted === after.deleted
  )
}
