import type { ModerationNote } from '../../ports/moderation-store.ts'
import type {
  ExcludedUser,
  UserExclusionPlan,
  UserExclusionSteps,
  UserExclusionStore,
} from '../../ports/user-exclusion-store.ts'
import { coveredByActive } from './excluded-users-sql.ts'
import { moderating } from './moderation-lock.ts'
import type { PostgresDatabase, Query, Queryable } from './postgres-database.ts'
import { postsOfStep, ratedPosts } from './rated-posts.ts'
import { noteExclusions, ratingWriters } from './rating-writers.ts'
import { isLockTimeout, keptLocked } from './row-locks.ts'
import { retryContended } from './split-batch.ts'
import { isoTime } from './stats-row.ts'

type Action = 'exclude' | 'restore'

/** Ratings that one transaction moves. */
const batchSize = 5_000

interface Moved {
  posts: number[]
  locked: number
}

/**
 * Excluding takes two parts. From the commit of the user's row on, the triggers mark each rating of the user. The ratings before that
 * are marked in steps. A rating in flight may belong to neither part: its transaction looked for the row before it was there, and the
 * step did not see its rating. So the steps are repeated once after all transactions have ended that were writing ratings then.
 */
export class PostgresUserExclusionStore implements UserExclusionStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async plan(
    userIds: readonly string[],
    action: Action,
    { signal }: Pick<UserExclusionSteps, 'signal'> = {},
  ): Promise<UserExclusionPlan> {
    const ids = action === 'exclude' ? [...userIds] : await this.#known(userIds)
    const which = action === 'exclude' ? notMarked : this.#returning
    const outcome = { users: ids.length, ratings: 0, posts: 0 }
    for await (const posts of this.#steps(ids, signal)) {
      const [row] = await this.#database.query<{ ratings: number; posts: number }>({
        text: `
select count(*) as ratings, count(distinct r.post_id) as posts
from unnest($1::text[]) u (user_id) join ${this.#ratings} r on r.user_id = u.user_id and r.post_id = any ($2::bigint[])
where ${which}`,
        values: [ids, posts],
      })
      outcome.ratings += row?.ratings ?? 0
      outcome.posts += row?.posts ?? 0
    }
    return outcome
  }

  async exclude(
    userIds: readonly string[],
    { by, reason }: ModerationNote,
    steps: UserExclusionSteps = {},
  ): Promise<void> {
    await this.#begin({
      text: `
insert into ${this.#users} as x (user_id, reason, excluded_by)
select u, $2, $3 from unnest($1::text[]) u order by u
on conflict (user_id) do update
set state = 'excluding', reason = excluded.reason, excluded_by = excluded.excluded_by, excluded_at = clock_timestamp()
where x.state = 'restoring'`,
      values: [userIds, reason, by],
    })
    await this.#moveAll(userIds, 'exclude', steps)
    await this.#database.query({
      text: `update ${this.#users} set state = 'excluded' where state = 'excluding' and user_id = any ($1::text[])`,
      values: [userIds],
    })
  }

  async restore(userIds: readonly string[], steps: UserExclusionSteps = {}): Promise<number> {
    const ids = await this.#known(userIds)
    if (ids.length === 0) return 0
    await this.#begin({
      text: `update ${this.#users} set state = 'restoring' where user_id = any ($1::text[])`,
      values: [ids],
    })
    await this.#moveAll(ids, 'restore', steps)
    await this.#database.query({
      text: `delete from ${this.#users} where state = 'restoring' and user_id = any ($1::text[])`,
      values: [ids],
    })
    return ids.length
  }

  async list({ limit, before }: { limit: number; before: number }): Promise<ExcludedUser[]> {
    const rows = await this.#database.query<{
      id: number
      user_id: string
      state: ExcludedUser['state']
      excluded_by: string
      reason: string
      excluded_at: number
    }>({
      text: `select * from ${this.#users} where id < $1 order by id desc limit $2`,
      values: [before, limit],
    })
    return rows.map(({ id, user_id: userId, state, excluded_by: by, reason, excluded_at: at }) => ({
      ...{ id, userId, state, by, reason, at: isoTime(at) },
    }))
  }

  async forget(userId: string): Promise<void> {
    await this.#database.query({
      text: `
with gone as (delete from ${this.#users} where user_id = $1)
update ${this.#database.schema}.audit_log set subject = null where subject = 'user ' || $1`,
      values: [userId],
    })
  }

  get #users(): string {
    return `${this.#database.schema}.excluded_users`
  }

  get #ratings(): string {
    return `${this.#database.schema}.ratings`
  }

  /** Ratings \`r\` that a restored user gets back. */
  get #returning(): string {
    return `r.excluded_rated_at = r.rated_at and not ${coveredByActive(this.#database.schema)}`
  }

  async #known(userIds: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ user_id: string }>({
      text: `select user_id from ${this.#users} where user_id = any ($1::text[]) order by 1`,
      values: [userIds],
    })
    return rows.map((row) => row.user_id)
  }

  /** Notes the change for transactions with one snapshot, which hold that row while they rate. */
  async #begin(change: Query): Promise<void> {
    try {
      await moderating(this.#database, 'users', async (connection) => {
        await noteExclusions(connection, this.#database.schema)
        await connection.query(change)
      })
    } catch (error) {
      throw isLockTimeout(error) ? keptLocked('ratings') : error
    }
  }

  async #moveAll(userIds: readonly string[], action: Action, { onMoved, signal }: UserExclusionSteps): Promise<void> {
    const pass = async (): Promise<boolean> => {
      let locked = false
      for await (const step of this.#steps(userIds, signal)) {
        for (let moved = batchSize; moved === batchSize; ) {
          const batch = await retryContended(() => this.#move(userIds, action, step))
          moved = batch.posts.length
          locked ||= batch.locked > 0
          onMoved?.(batch.posts)
        }
      }
      return locked
    }
    const writing = await ratingWriters(this.#database)
    let locked = await pass()
    if (writing.length > 0) {
      const still = new Set(await ratingWriters(this.#database))
      if (writing.some((transaction) => still.has(transaction))) throw keptLocked('ratings')
      locked = await pass()
    }
    if (locked) throw keptLocked('ratings of these users')
  }

  async *#steps(userIds: readonly string[], signal: AbortSignal | undefined): AsyncGenerator<number[]> {
    for (let after = 0; userIds.length > 0; ) {
      signal?.throwIfAborted()
      const posts = await ratedPosts(this.#database, this.#ratings, after)
      if (posts.length > 0) yield posts
      const last = posts.at(-1)
      if (last === undefined || posts.length < postsOfStep) return
      after = last
    }
  }

  /** One batch of a step. Rows that another transaction has locked are left out and counted. */
  async #move(userIds: readonly string[], action: Action, posts: readonly number[]): Promise<Moved> {
    const [set, which, state] =
      action === 'exclude'
        ? ['r.rated_at', notMarked, `x.state <> 'restoring'`]
        : ['null', this.#returning, `x.state = 'restoring'`]
    const chosen = `from ${this.#users} x join ${this.#ratings} r on r.user_id = x.user_id and r.post_id = any ($2::bigint[])
  where x.user_id = any ($1::text[]) and ${state} and ${which}`
    return moderating(this.#database, 'users', async (connection: Queryable) => {
      const [row] = await connection.query<Moved>({
        text: `
with part as materialized (
  select r.post_id, r.user_id ${chosen} order by r.post_id, r.user_id limit $3 for no key update of r skip locked),
moved as (
  update ${this.#ratings} r set excluded_rated_at = ${set} from part
  where r.post_id = part.post_id and r.user_id = part.user_id returning r.post_id)
select coalesce(array_agg(post_id), '{}') as posts,
  case when count(*) < $3 then (select count(*) ${chosen}) - (select count(*) from part) else 0 end as locked
from moved`,
        values: [userIds, posts, batchSize],
      })
      return row as Moved
    })
  }
}

const notMarked = 'r.excluded_rated_at is distinct from r.rated_at'
