import type { Bench } from './bench.ts'

/** Callers that rate as fast as they are answered, and what their ratings are spread over. */
export const crowd = { callers: 64, posts: 10_000, users: 100_000 }

export interface Stock {
  posts: number
  /** Ratings of each post, by different users `u0`, `u1`… */
  ratingsPerPost: number
}

/** Migrates a database and fills it with posts of some 300 characters and with ratings, which nobody has counted yet. */
export async function fill(bench: Bench, database: string, { posts, ratingsPerPost }: Stock): Promise<void> {
  await bench.command(process.execPath, ['bin/post-rate.js', 'migrate'], { DATABASE_URL: database })
  await bench.sql(
    database,
    `insert into post_rate.posts (title, content, created_by)
select 'Post number ' || n, repeat('Some forty characters of a text. ', 9), 'u' || n % 100 from generate_series(1, ${posts}) n`,
    // Past the triggers: there would be an outbox to fold first.
    'set session_replication_role = replica',
    `insert into post_rate.ratings (post_id, user_id, score)
select p, 'u' || u, (p * 7 + u * 3) % 6 from generate_series(1, ${posts}) p, generate_series(0, ${ratingsPerPost - 1}) u`,
    'vacuum analyze',
  )
}
