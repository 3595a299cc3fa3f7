import { createPostRate, type Post } from 'post-rate'
import { cleanUp } from '../../helpers/clean-up.ts'
import { needs } from '../../helpers/requires.ts'
import { runSql, testDatabase } from '../../helpers/test-database.ts'

const withPostgres = needs('postgres')
const posts = Number(process.env.TOP_POSTS ?? 1_000_000)

withPostgres.serial('the whole ranking is walked: every post once, the last page as quick as the first', async (t) => {
  t.timeout(900_000)
  const url = await testDatabase(t)
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) select 'Post ' || n, 'Text', 'ada' from generate_series(1, ${posts}) n`,
  )
  // A tenth is not rated; every fifth of the others is held a star away from its true average.
  await runSql(
    url,
    `update post_rate.post_stats s set version = 1, counts = array[n, 0, 0, 0, 0, m], displayed_counts = array[n, 0, 0, 0, 0, m],
  displayed_count = n + m, displayed_average = case when n + m > 0 then a end,
  guard = case when post_id % 5 = 1 then '{"armed":true,"gap":1,"since":1767225600000,"memory":{"level":20}}'::json end,
  rank = round((25 + coalesce(case when n + m > 0 then a end, 0) * (n + m)) / (10 + n + m), 12)
from (select post_id as id, n, m, least(5, round(5.0 * m / greatest(1, n + m), 4) + case when post_id % 5 = 1 then 1 else 0 end) as a
  from (select post_id, case when post_id % 10 = 0 then 0 else hashint8(post_id) & 63 end as n,
    case when post_id % 10 = 0 then 0 else hashint8(post_id + 7) & 127 end as m from post_rate.post_stats) c) d
where s.post_id = d.id`,
  )
  await runSql(url, 'vacuum analyze post_rate.post_stats, post_rate.posts')
  const postRate = createPostRate({ database: url })
  cleanUp(t, () => postRate.close())

  const seen = new Uint8Array(posts + 1)
  const cursors: (string | null)[] = []
  let walked = 0
  let before = Number.POSITIVE_INFINITY
  for (let after: string | null = null, first = true; first || after !== null; first = false) {
    cursors.push(after)
    const page = await postRate.posts.list({ sort: 'top', limit: 100, after })
    for (const post of page.items) {
      walked++
      seen[post.id] = (seen[post.id] ?? 0) + 1
      const rank = rankOf(post)
      if (rank > before + 1e-9) t.fail(`post ${post.id} ranks ${rank} behind one that ranks ${before}`)
      before = rank
    }
    after = page.next
  }
  t.is(walked, posts)
  t.true(seen.subarray(1).every((times) => times === 1))

  const timesOf = async (some: readonly (string | null)[]) => {
    const times: number[] = []
    for (const after of some) {
      const began = performance.now()
      await postRate.posts.list({ sort: 'top', limit: 100, after })
      times.push(performance.now() - began)
    }
    return times
  }
  const [first, last]: [number[], number[]] = [[], []]
  const pages = Math.min(20, Math.floor(cursors.length / 4))
  // In turns, so that what else the machine does meets both.
  for (let round = 0; round < 20; round++) {
    first.push(...(await timesOf(cursors.slice(1, 1 + pages))))
    last.push(...(await timesOf(cursors.slice(-1 - pages, -1))))
  }
  const [quick, slow] = [median(first), median(last)]
  t.log(
    `${posts} posts: first pages ${quick.toFixed(2)} ms, last pages ${slow.toFixed(2)} ms, ${(slow / quick).toFixed(2)} times`,
  )
  t.true(slow / quick < 1.2 && quick / slow < 1.2, `${quick} ms and ${slow} ms`)
})

/** (C·m + average·count) / (C + count), as anybody can compute it from an answer. */
function rankOf({ stats: { average, count } }: Post): number {
  return (10 * 2.5 + (average ?? 0) * count) / (10 + count)
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number
}
