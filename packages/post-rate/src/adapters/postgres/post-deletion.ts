import type { PostgresDatabase } from './postgres-database.ts'
import { isLockTimeout, keptLocked, patience } from './row-locks.ts'

/** Ratings of a step: they are locked for some 40 ms. A post with no more than that is deleted at once. */
const stepSize = 2_000

/** For locks that last a moment. */
const finishAttempts = 20
const finishPauseMs = 50

/** A post whose deletion was begun a minute ago. */
export const isLeft = "deleted_at < clock_timestamp() - interval '1 minute'"

/**
 * Deletes posts in short statements, whatever their number of ratings. A large post is marked as deleted first, which hides it from
 * readers and raters at once; then its ratings go in steps, and its row at last. Whoever finds the mark can go on.
 */
export class PostDeletion {
  readonly #database: PostgresDatabase
  readonly #posts: string
  readonly #ratings: string
  readonly #outbox: string

  constructor(database: PostgresDatabase) {
    this.#database = database
    const { schema } = database
    this.#posts = `${schema}.posts`
    this.#ratings = `${schema}.ratings`
    this.#outbox = `${schema}.rating_outbox`
  }

  /** False where there is no such post. `onGone`: readers and raters do not find it any more. */
  async delete(id: number, onGone: () => void = () => {}): Promise<boolean> {
    if (await this.#deleteSmall(id)) return true
    const marked = await this.#mark(id)
    if (marked === null) throw keptLocked('the post')
    onGone()
    // Also where another process marked it: that one may have ended. A relay goes on with what stays locked.
    for (let attempt = 1; attempt <= finishAttempts && !(await this.#finish(id)); attempt++)
      await new Promise((resolve) => setTimeout(resolve, finishPauseMs))
    return marked
  }

  /** Records that a post of the host's own is gone, then withdraws its ratings. */
  async bury(id: number): Promise<void> {
    await this.#database.query({
      text: `insert into ${this.#outbox} (kind, post_id) values ('deleted', $1)`,
      values: [id],
    })
    if (!(await this.#withdrawAll(id))) throw keptLocked('ratings of the post')
  }

  /** One step of a deletion that was left, as {@link isLeft} finds it. */
  async resume(): Promise<void> {
    const [post] = await this.#database.query<{ id: number }>(`select id from ${this.#posts} where ${isLeft} limit 1`)
    if (post === undefined) return
    const { gone } = await this.#step(post.id, '')
    if (gone === 0) await this.#finish(post.id)
  }

  /** Null where nothing was deleted: it is not small, or not there, or locked, which raters could do for ever before it is marked. */
  async #deleteSmall(id: number): Promise<true | null> {
    const [size] = await this.#database.query<{ ratings: number }>({
      text: `select count(*) as ratings from (select from ${this.#ratings} where post_id = $1 limit ${stepSize + 1}) r`,
      values: [id],
    })
    if (size !== undefined && size.ratings > stepSize) return null
    return (await this.#deleteRow(id, 'deleted_at is null')) === 1 || null
  }

  /** False where something is locked. */
  async #finish(id: number): Promise<boolean> {
    return (await this.#withdrawAll(id)) && (await this.#deleteRow(id, 'deleted_at is not null')) !== null
  }

  /** How many rows went; null where one of them is locked. */
  async #deleteRow(id: number, which: string): Promise<number | null> {
    try {
      const rows = await this.#database.query({
        text: `with ${patience} delete from ${this.#posts} where id = $1 and ${which} and exists (select from patience) returning id`,
        values: [id],
      })
      return rows.length
    } catch (error) {
      if (isLockTimeout(error)) return null
      throw error
    }
  }

  /** Whether it was this call that marked it; null where the row is locked. */
  async #mark(id: number): Promise<boolean | null> {
    try {
      const rows = await this.#database.query({
        text: `
with ${patience},
marked as (
update ${this.#posts} set deleted_at = clock_timestamp()
where id = $1 and deleted_at is null and exists (select from patience) returning id)
insert into ${this.#outbox} (kind, post_id) select 'deleted', id from marked returning post_id`,
        values: [id],
      })
      return rows.length > 0
    } catch (error) {
      if (isLockTimeout(error)) return null
      throw error
    }
  }

  /** False where some are left, since somebody keeps them locked. */
  async #withdrawAll(id: number): Promise<boolean> {
    for (let after = ''; ; ) {
      const { gone, last, left } = await this.#step(id, after)
      if (gone === 0) return left === 0
      after = last as string
    }
  }

  async #step(id: number, after: string): Promise<{ gone: number; last: string | null; left: number }> {
    const [row] = await this.#database.query<{ gone: number; last: string | null; left: number }>({
      text: `
with held as materialized (
select user_id from ${this.#ratings} where post_id = $1 and user_id > $2
order by user_id limit ${stepSize} for update skip locked),
gone as (
delete from ${this.#ratings} r using held where r.post_id = $1 and r.user_id = held.user_id returning r.user_id)
select (select count(*) from gone) as gone, (select max(user_id) from gone) as last,
case when exists (select from held) then 0 else (
select count(*) from (select from ${this.#ratings} where post_id = $1 limit 1) l) end as left`,
      values: [id, after],
    })
    return row ?? { gone: 0, last: null, left: 0 }
  }
}
