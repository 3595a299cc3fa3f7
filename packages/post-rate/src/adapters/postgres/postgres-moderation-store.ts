import { emptyHistogram } from '../../domain/histogram.ts'
import type { Standing } from '../../domain/rating.ts'
import type {
  Exclusion,
  ModerationNote,
  ModerationOptions,
  ModerationOutcome,
  ModerationPlan,
  ModerationStore,
  Period,
} from '../../ports/moderation-store.ts'
import { countedRatings, histogramOfRatings } from './audit-sql.ts'
import { covered, heldByNothing, isQuarantine, ofStanding } from './excluded-users-sql.ts'
import { moderating } from './moderation-lock.ts'
import type { PostgresDatabase, Queryable, Row } from './postgres-database.ts'
import { isoTime } from './stats-row.ts'

const batchSize = 5_000

/**
 * Marks ratings and notes it, one batch a transaction. Moderating a post is done by one at a time: each batch locks the
 * post's moderation first, and so sees every exclusion that was made or ended before. Steps that exclude or restore users wait for
 * batches of all posts, and these for them.
 */
export class PostgresModerationStore implements ModerationStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async plan(
    { postId, from, to, standing = null }: Period,
    action: 'exclude' | 'restore',
  ): Promise<ModerationPlan | null> {
    const { schema } = this.#database
    const within = `rated_at >= $2 and rated_at < least($3, clock_timestamp()) and ${ofStanding('$4::text')}`
    const another = '(e.starts_at, e.ends_at) <> ($2, $3) or e.standing is distinct from $4'
    const moving =
      action === 'exclude'
        ? `${within} and excluded_rated_at is distinct from rated_at`
        : `${within} and ${heldByNothing(schema, `(${another})`)}`
    const [row] = await this.#database.query<ModerationPlan & { known: boolean }>({
      text: `
select (select ${histogramOfRatings} from ${countedRatings(schema)} c where post_id = $1) as counted,
  (select ${histogramOfRatings} from ${schema}.ratings r where post_id = $1 and ${moving}) as moving,
  exists (select from ${schema}.post_stats where post_id = $1 and not deleted)
    or exists (select from ${schema}.ratings where post_id = $1) as known`,
      values: [postId, isoTime(from), isoTime(to), standing],
    })
    return row?.known ? { counted: row.counted ?? emptyHistogram, moving: row.moving ?? emptyHistogram } : null
  }

  async exclude(
    period: Period,
    note: ModerationNote,
    options: ModerationOptions = {},
  ): Promise<ModerationOutcome | null> {
    const id = await this.#locked(period.postId, (connection) => this.#open(connection, period, note))
    if (id === null) return null
    return this.#move(period.postId, id, options, {
      set: 'excluded_rated_at = r.rated_at',
      // What was restored between two batches stays restored.
      which: 'e.restored_at is null and r.excluded_rated_at is distinct from r.rated_at',
      counter: 'excluded',
    })
  }

  async restore(
    period: Period,
    note: ModerationNote,
    options: ModerationOptions = {},
  ): Promise<ModerationOutcome | null> {
    // Ended before the first rating comes back: of two exclusions that end at once, neither may spare the other's part.
    const id = await this.#locked(period.postId, (connection) => this.#end(connection, period, note))
    if (id === null) return null
    return this.#move(period.postId, id, options, {
      set: 'excluded_rated_at = null',
      which: heldByNothing(this.#database.schema),
      counter: 'restored',
    })
  }

  async list(postId: number | null): Promise<Exclusion[]> {
    const rows = await this.#database.query({
      text: `select e.*, case when ${isQuarantine} then (select count(*) from ${this.#database.schema}.ratings r
    where r.post_id = e.post_id and r.excluded_rated_at = r.rated_at and ${covered}) end as held
from ${this.#exclusions} e where $1::bigint is null or post_id = $1 order by id desc`,
      values: [postId],
    })
    return rows.map(exclusionOf)
  }

  get #exclusions(): string {
    return `${this.#database.schema}.exclusions`
  }

  /** The active exclusion of this period, made where there is none and there are ratings; null otherwise. */
  async #open(
    connection: Queryable,
    { postId, from, to, standing = null }: Period,
    note: ModerationNote,
  ): Promise<number | null> {
    const active = `${ofPeriod} and restored_at is null and release_at is null`
    const [row] = await connection.query<{ id: number }>({
      text: `
with made as (
  insert into ${this.#exclusions} (post_id, starts_at, ends_at, standing, reason, excluded_by)
  select $1, $2, $3, $4, $5, $6
  where not exists (select from ${this.#exclusions} where ${active})
    and exists (select from ${this.#database.schema}.ratings r
      where post_id = $1 and rated_at >= $2 and rated_at < $3 and ${ofStanding('$4')})
  returning id)
select id from made union all select id from ${this.#exclusions} where ${active}`,
      values: [postId, isoTime(from), isoTime(to), standing, note.reason, note.by],
    })
    return row?.id ?? null
  }

  /** Ends the active exclusion of this period; where there is none, the one that was ended last is gone on with. */
  async #end(
    connection: Queryable,
    { postId, from, to, standing = null }: Period,
    note: ModerationNote,
  ): Promise<number | null> {
    const [row] = await connection.query<{ id: number }>({
      text: `
with ended as (
  update ${this.#exclusions} set restored_at = clock_timestamp(), restored_by = $6, restore_reason = $5,
    settled = release_at is null
  where ${ofPeriod} and restored_at is null)
select id from ${this.#exclusions} where ${ofPeriod} order by id desc limit 1`,
      values: [postId, isoTime(from), isoTime(to), standing, note.reason, note.by],
    })
    return row?.id ?? null
  }

  /** Moves the ratings of an exclusion's period along the primary key, so that raters and batches lock in one order. */
  async #move(
    postId: number,
    id: number,
    { onProgress, signal }: ModerationOptions,
    { set, which, counter }: { set: string; which: string; counter: 'excluded' | 'restored' },
  ): Promise<ModerationOutcome> {
    const { schema } = this.#database
    const text = `
with part as (
  select r.user_id from ${schema}.ratings r, ${this.#exclusions} e
  where r.post_id = $1 and r.user_id > $3 and e.id = $2 and ${covered} and ${which}
  order by r.user_id limit $4 for update of r),
moved as (
  update ${schema}.ratings r set ${set} from part where r.post_id = $1 and r.user_id = part.user_id
  returning r.user_id),
noted as (
  update ${this.#exclusions} set ${counter} = ${counter} + (select count(*) from moved) where id = $2 returning *)
select (select count(*) from moved) as moved, (select max(user_id) from moved) as last, noted.* from noted`
    let moved = 0
    for (let after = ''; ; ) {
      signal?.throwIfAborted()
      const [row] = await this.#locked(postId, (connection) =>
        connection.query<Row & { moved: number; last: string | null }>({
          text,
          values: [postId, id, after, batchSize],
        }),
      )
      const batch = row as NonNullable<typeof row>
      moved += batch.moved
      onProgress?.(moved)
      if (batch.moved < batchSize) return { exclusion: exclusionOf(batch), moved }
      after = batch.last as string
    }
  }

  #locked<T>(postId: number, work: (connection: Queryable) => Promise<T>): Promise<T> {
    return moderating(this.#database, { postId }, work)
  }
}

/** Exclusions of the period in the first four parameters. */
const ofPeriod = 'post_id = $1 and starts_at = $2 and ends_at = $3 and standing is not distinct from $4::text'

function exclusionOf(row: Row): Exclusion {
  return {
    id: row.id as number,
    postId: row.post_id as number,
    from: isoTime(row.starts_at as number),
    to: isoTime(row.ends_at as number),
    standing: row.standing as Standing | null,
    reason: row.reason as string,
    by: row.excluded_by as string,
    at: isoTime(row.excluded_at as number),
    excluded: (row.held ?? row.excluded) as number,
    releaseAt: row.release_at === null ? null : isoTime(row.release_at as number),
    restoredAt: row.restored_at === null ? null : isoTime(row.restored_at as number),
    restoredBy: row.restored_by as string | null,
    restoreReason: row.restore_reason as string | null,
    restored: row.restored as number,
  }
}
