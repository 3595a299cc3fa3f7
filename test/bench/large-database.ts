import type { Bench } from './bench.ts'

export interface LargeDatabase {
  url: string
  /** Rated posts; their ids are the multiples of ten. */
  posts: number
  ratings: number
}

const ratingsPerPost = 100
const shared = new WeakMap<Bench, Promise<LargeDatabase>>()

/** 10,000,000 ratings on 100,000 posts, made once for all rows. */
export function tenMillionRatings(bench: Bench): Promise<LargeDatabase> {
  let made = shared.get(bench)
  if (made === undefined) {
    made = ratedPosts(bench, Math.ceil(100_000 * bench.scale))
    shared.set(bench, made)
  }
  return made
}

/**
 * A new database with posts of a hundred ratings each, as if every rating had come through the product and been folded
 * long ago: stored in the order of their arrival, so that the ratings of one post lie all over the table.
 */
export async function ratedPosts(bench: Bench, posts: number): Promise<LargeDatabase> {
  const url = await bench.database()
  const ratings = posts * ratingsPerPost
  await bench.command(process.execPath, ['bin/post-rate.js', 'migrate'], { DATABASE_URL: url })
  const keys = await bench.sql<{ name: string; definition: string }>(
    url,
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
where conrelid = 'post_rate.ratings'::regclass and contype in ('p', 'f')`,
  )
  const each = (what: (key: { name: string; definition: string }) => string) => keys.map(what).join(', ')
  await bench.sql(
    url,
    insertPosts(`generate_series(10, ${posts * 10}, 10)`),
    `alter table post_rate.ratings disable trigger user, ${each(({ name }) => `drop constraint ${name}`)}`,
    `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 10 + 10 * ((n * 61803 + turn * 7) % ${posts}), 'user-' || (n * 31 + turn * 10007) % 1000003, (n * 7 + turn * turn) % 6,
  now() - interval '30 days' + (turn * ${posts} + n) * (interval '29 days' / ${ratings})
from generate_series(0, ${ratingsPerPost - 1}) as turn, generate_series(0, ${posts - 1}::bigint) as n`,
    "set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 2",
    `alter table post_rate.ratings enable trigger user, ${each(({ name, definition }) => `add constraint ${name} ${definition}`)}`,
    settled,
    'vacuum analyze',
    'checkpoint',
  )
  return { url, posts, ratings }
}

/** Nine posts that nobody has rated beside each that somebody has. */
export async function addUnratedPosts(bench: Bench, { url, posts }: LargeDatabase): Promise<void> {
  await bench.sql(
    url,
    insertPosts(`(select n from generate_series(1, ${posts * 10}) as n where n % 10 <> 0)`),
    'vacuum analyze post_rate.posts, post_rate.post_stats',
    'checkpoint',
  )
}

function insertPosts(ids: string): string {
  return `insert into post_rate.posts (id, title, content, created_by)
select n, 'Post number ' || n, repeat('Some forty characters of a text. ', 9), 'user-' || n % 1000 from ${ids} as i (n)`
}

/** The states that folding every rating gives once the windows are over. */
export const settled = `
update post_rate.post_stats s
set version = greatest(s.version, n.count), counts = n.counts, activity = n.count, displayed_counts = n.counts,
  displayed_count = n.count, displayed_average = n.average, displayed_activity = n.count,
  as_of = date_trunc('milliseconds', now() - interval '1 day'), window_end = null, step_at = null,
  rank = (c.prior_weight::numeric * c.prior_mean::numeric + n.average * n.count) / (c.prior_weight::numeric + n.count)
from (select post_id, count(*) as count, round(avg(score), 4) as average,
    array[${[0, 1, 2, 3, 4, 5].map((score) => `count(*) filter (where score = ${score})`).join(', ')}] as counts
  from post_rate.ratings group by post_id) n, post_rate.settings c
where s.post_id = n.post_id`
