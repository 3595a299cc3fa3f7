import type { IncidentRecord } from '../../domain/incident.ts'
import { isoTime } from '../../domain/time.ts'
import type { ModerationNote } from '../../ports/moderation-store.ts'
import type { QuarantineStore, SettledQuarantines } from '../../ports/quarantine-store.ts'
import { histogramOfRatings } from './audit-sql.ts'
import { covered, held, heldByNothing, isQuarantine, quarantineOf } from './excluded-users-sql.ts'
import { moderating } from './moderation-lock.ts'
import type { PostgresDatabase, Queryable } from './postgres-database.ts'
import { quarantineBy } from './quarantine-rows.ts'
import { noteExclusions, ratingWriters } from './rating-writers.ts'
import { isLockTimeout } from './row-locks.ts'
import { retryContended } from './split-batch.ts'

/** Ratings that one transaction moves. */
const batchSize = 5_000
/** Quarantines that one call works on. */
const settledAtOnce = 20

interface Unsettled {
  id: number
  post_id: number
  ends_at: number
  active: boolean
  /** Its guard is not armed any more, or it has ended: ratings may be marked that it does not cover. */
  stopped: boolean
}

/**
 * A quarantine is an exclusion with `release_at`. It begins, stops and ends with one change of its row, which the triggers obey from the
 * commit on. What was stored before, or by transactions that did not see the change, is moved afterwards: once at once, and once more
 * after all transactions have ended that were writing ratings then. `settled` says that both passes are done for the row as it is.
 */
export class PostgresQuarantineStore implements QuarantineStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async release(
    { postId, from, to }: Pick<IncidentRecord, 'postId' | 'from' | 'to'>,
    note: ModerationNote,
  ): Promise<void> {
    const { schema } = this.#database
    const found = await this.#database.query<{ id: number }>({
      text: `
select e.id from ${schema}.exclusions e, (select $2::timestamptz as starts_at, $3::timestamptz as ends_at) i
where e.post_id = $1 and ${quarantineOf('i')} order by e.id`,
      values: [postId, isoTime(from), to === null ? null : isoTime(to)],
    })
    for (const { id } of found) await this.#end(postId, id, note)
  }

  async settle(postId?: number): Promise<SettledQuarantines> {
    const { schema } = this.#database
    const ofPost = '($1::bigint is null or e.post_id = $1)'
    const values = [postId ?? null]
    const over = await this.#database.query<{ id: number; post_id: number }>({
      text: `select e.id, e.post_id from ${schema}.exclusions e
where ${isQuarantine} and e.release_at <= clock_timestamp() and ${ofPost} order by e.id limit ${settledAtOnce}`,
      values,
    })
    for (const row of over) await this.#end(row.post_id, row.id, { by: quarantineBy, reason: 'its time is over' })
    const unsettled = await this.#database.query<Unsettled>({
      text: `select e.id, e.post_id, e.ends_at, e.restored_at is null as active,
  e.restored_at is not null or e.ends_at < e.release_at as stopped
from ${schema}.exclusions e where not e.settled and ${ofPost} order by e.id limit ${settledAtOnce}`,
      values,
    })
    const settled = { moved: 0, left: 0 }
    for (const one of unsettled) {
      const { moved, done } = await this.#settleOne(one)
      settled.moved += moved
      if (!done) settled.left++
    }
    return settled
  }

  /** Notes what it held, with it and with an incident that is over: a running one has the live figures. In the order in which a fold locks. */
  async #end(postId: number, id: number, { by, reason }: ModerationNote): Promise<void> {
    const { schema } = this.#database
    await moderating(this.#database, { postId }, async (connection) => {
      await connection.query({
        text: `
with held as materialized (
  select ${histogramOfRatings} as scores, count(*) as n from ${schema}.ratings r
  where r.post_id = $1 and ${held(schema, `e.id = $2 and ${isQuarantine}`)})
update ${schema}.incidents i set arrivals = greatest(i.arrivals, (select sum(s) from unnest(i.scores) s) + held.n),
  scores = (select array_agg(i.scores[k] + held.scores[k] order by k) from generate_series(1, 6) k)
from held, ${schema}.exclusions e
where i.post_id = $1 and e.id = $2 and ${quarantineOf('i')} and i.ends_at is not null and i.scores is not null
  and i.state = 'expired'`,
        values: [postId, id],
      })
      await connection.query({
        text: `
update ${schema}.exclusions e set restored_at = clock_timestamp(), restored_by = $3, restore_reason = $4, settled = false,
  excluded = (select count(*) from ${schema}.ratings r where r.post_id = $1 and r.excluded_rated_at = r.rated_at and ${covered})
where e.id = $2 and ${isQuarantine}`,
        values: [postId, id, by, reason],
      })
    })
  }

  async #settleOne({ id, post_id: postId, ends_at, active, stopped }: Unsettled): Promise<{
    moved: number
    done: boolean
  }> {
    const { schema } = this.#database
    let moved = 0
    let locked = 0
    const pass = async () => {
      locked = 0
      for (const action of [...(active ? (['mark'] as const) : []), ...(stopped ? (['restore'] as const) : [])]) {
        const batches = await this.#moveAll(postId, id, action)
        moved += batches.moved
        locked += batches.locked
      }
    }
    try {
      await this.#database.transaction((connection) => noteExclusions(connection, schema))
    } catch (error) {
      if (isLockTimeout(error)) return { moved, done: false }
      throw error
    }
    const writing = await ratingWriters(this.#database)
    await pass()
    if (writing.length > 0) {
      const still = new Set(await ratingWriters(this.#database))
      if (writing.some((transaction) => still.has(transaction))) return { moved, done: false }
      await pass()
    }
    if (locked > 0) return { moved, done: false }
    // Where it was stopped or ended meanwhile, that is to be settled, too.
    const rows = await this.#database.query({
      text: `update ${schema}.exclusions set settled = true
where id = $1 and ends_at = $2 and (restored_at is null) = $3 returning id`,
      values: [id, isoTime(ends_at), active],
    })
    return { moved, done: rows.length > 0 }
  }

  async #moveAll(postId: number, id: number, action: 'mark' | 'restore'): Promise<{ moved: number; locked: number }> {
    let moved = 0
    for (let after = ''; ; ) {
      const batch = await retryContended(() =>
        moderating(this.#database, { postId }, (connection) => this.#move(connection, postId, id, after, action)),
      )
      moved += batch.moved
      if (batch.last === null || batch.taken < batchSize) return { moved, locked: batch.locked }
      after = batch.last
    }
  }

  /** One batch along the primary key. Rows that another transaction has locked are left out; the last batch counts them. */
  async #move(connection: Queryable, postId: number, id: number, after: string, action: 'mark' | 'restore') {
    const { schema } = this.#database
    const [set, which] =
      action === 'mark'
        ? ['r.rated_at', `e.restored_at is null and r.excluded_rated_at is distinct from r.rated_at and ${covered}`]
        : ['null', `r.rated_at >= e.starts_at and r.rated_at < e.release_at and ${heldByNothing(schema)}`]
    const chosen = `from ${schema}.ratings r, ${schema}.exclusions e where r.post_id = $1 and e.id = $2 and ${which}`
    const [row] = await connection.query<{ moved: number; taken: number; last: string | null; locked: number }>({
      text: `
with part as materialized (
  select r.user_id ${chosen} and r.user_id > $3 order by r.user_id limit $4 for no key update of r skip locked),
moved as (
  update ${schema}.ratings r set excluded_rated_at = ${set} from part
  where r.post_id = $1 and r.user_id = part.user_id returning r.user_id),
noted as (
  update ${schema}.exclusions set restored = restored + (select count(*) from moved) where id = $2 and restored_at is not null)
select (select count(*) from moved) as moved, count(*) as taken, max(user_id) as last,
  case when count(*) < $4 then (select count(*) ${chosen}) - count(*) else 0 end as locked
from part`,
      values: [postId, id, after, batchSize],
    })
    return row as NonNullable<typeof row>
  }
}
