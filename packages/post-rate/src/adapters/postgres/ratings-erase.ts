import type { EraseOptions } from '../../ports/rating-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { postsOfStep, ratedPosts } from './rated-posts.ts'
import { keptLocked } from './row-locks.ts'
import { retryContended } from './split-batch.ts'

/** There is no index on the user: each step probes the primary key once for every post of its range. */
export async function eraseRatings(
  database: PostgresDatabase,
  ratings: string,
  userId: string,
  { dryRun = false, onProgress, signal }: EraseOptions,
): Promise<number> {
  const ofUser = `from ${ratings} where post_id = any ($1::bigint[]) and user_id = $2`
  // The rows of a step are locked as long as it lasts, so it waits for none of them.
  const text = dryRun
    ? `select count(*) as gone, 0 as locked ${ofUser}`
    : `with held as materialized (select post_id ${ofUser} for update skip locked),
gone as (delete from ${ratings} r using held where r.post_id = held.post_id and r.user_id = $2 returning 1)
select (select count(*) from gone) as gone, (select count(*) ${ofUser}) - (select count(*) from held) as locked`
  let posts = 0
  let erased = 0
  let locked = false
  for (let after = 0; ; ) {
    signal?.throwIfAborted()
    const ids = await ratedPosts(database, ratings, after)
    const [row] = await retryContended(() =>
      database.query<{ gone: number; locked: number }>({ text, values: [ids, userId] }),
    )
    erased += row?.gone ?? 0
    locked ||= (row?.locked ?? 0) > 0
    posts += ids.length
    onProgress?.({ posts, erased })
    const last = ids.at(-1)
    if (last === undefined || ids.length < postsOfStep) break
    after = last
  }
  if (locked) throw keptLocked('ratings of this user')
  return erased
}
