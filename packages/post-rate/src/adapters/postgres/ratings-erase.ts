import type { EraseOptions } from '../../ports/rating-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { keptLocked } from './row-locks.ts'
import { retryContended } from './split-batch.ts'

/** Posts of one step. */
const batchSize = 2_000

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
    if (last === undefined || ids.length < batchSize) break
    after = last
  }
  if (locked) throw keptLocked('ratings of this user')
  return erased
}

/** The next posts that have ratings, found by skipping along the primary key. */
async function ratedPosts(database: PostgresDatabase, ratings: string, after: number): Promise<number[]> {
  const rows = await database.query<{ post_id: number }>({
    text: `
with recursive rated (post_id, n) as (
  (select min(post_id), 1 from ${ratings} where post_id > $1)
  union all
  select (select min(r.post_id) from ${ratings} r where r.post_id > rated.post_id), n + 1
  from rated where post_id is not null and n < $2)
select post_id from rated where post_id is not null`,
    values: [after, batchSize],
  })
  return rows.map((row) => row.post_id)
}
