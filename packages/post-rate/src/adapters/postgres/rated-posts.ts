import type { PostgresDatabase } from './postgres-database.ts'

/** Posts of one step along all ratings. */
export const postsOfStep = 2_000

/** The next posts that have ratings, found by skipping along the primary key. */
export async function ratedPosts(database: PostgresDatabase, ratings: string, after: number): Promise<number[]> {
  const rows = await database.query<{ post_id: number }>({
    text: `
with recursive rated (post_id, n) as (
  (select min(post_id), 1 from ${ratings} where post_id > $1)
  union all
  select (select min(r.post_id) from ${ratings} r where r.post_id > rated.post_id), n + 1
  from rated where post_id is not null and n < $2)
select post_id from rated where post_id is not null`,
    values: [after, postsOfStep],
  })
  return rows.map((row) => row.post_id)
}
