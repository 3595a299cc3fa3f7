import type { EraseOptions } from '../../ports/rating-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'
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
  const text = dryRun ? `select post_id ${ofUser}` : `delete ${ofUser} returning post_id`
  let posts = 0
  let erased = 0
  for (let after = 0; ; ) {
    signal?.throwIfAborted()
    const ids = await ratedPosts(database, ratings, after)
    const gone = await retryContended(() => database.query({ text, values: [ids, userId] }))
    posts += ids.length
    erased += gone.length
    onProgress?.({ posts, erased })
    const last = ids.at(-1)
    if (last === undefined || ids.length < batchSize) return erased
    after = last
  }
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
