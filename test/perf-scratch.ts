import pg from 'pg'
import { createPostRate } from 'post-rate'

const runSql = async (url: string, sql: string) => {
  const c = new pg.Client(url)
  await c.connect()
  try {
    return (await c.query(sql)).rows
  } finally {
    await c.end()
  }
}
const url = process.argv[2] as string
const postRate = createPostRate({ database: url })
await postRate.migrate()
const time = async (name: string, work: () => Promise<unknown>) => {
  const b = performance.now()
  const r = await work()
  console.log(
    name,
    Math.round(performance.now() - b),
    'ms',
    typeof r === 'object' ? JSON.stringify(r).slice(0, 300) : r,
  )
}
const post = await postRate.posts.create({ title: 'big', content: 'x', createdBy: 'a' })
await time('insert 200k', () =>
  runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score, rated_at) select ${post.id}, 'u'||n, n%6, timestamptz '2020-01-01' + n * interval '1 s' from generate_series(1,200000) n`,
  ),
)
await time('60k posts', () =>
  runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) select 'p', 'x', 'a' from generate_series(1,60000)`,
  ),
)
await time('300k ratings', () =>
  runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score, rated_at) select ${post.id} + 1 + n % 60000, 'v'||(n/60000), n%6, timestamptz '2020-01-01' + n * interval '1 s' from generate_series(0,299999) n`,
  ),
)
await runSql(url, 'analyze')
await postRate.start({ relay: true })
const drained = async () => {
  while ((await postRate.status()).outbox?.rows !== 0) await new Promise((r) => setTimeout(r, 100))
}
await time('fold all', drained)
await time('plan', () =>
  postRate.moderation.exclude({
    postId: post.id,
    from: '2020-01-01',
    to: '2020-02-01',
    reason: 'x',
    by: 'a',
    dryRun: true,
  }),
)
await time('exclude', () =>
  postRate.moderation.exclude({ postId: post.id, from: '2020-01-01', to: '2020-02-01', reason: 'x', by: 'a' }),
)
await time('fold', drained)
await time('restore', () => postRate.moderation.restore({ postId: post.id, reason: 'x', by: 'a' }))
await time('fold', drained)
await time('erase v1', () => postRate.users.erase('v1'))
await time('erase v1 again', () => postRate.users.erase('v1'))
await time('fold', drained)
let longest = 0
let on = true
const other = (async () => {
  while (on) {
    const b = performance.now()
    await postRate.ratings.rate({ postId: post.id + 5, userId: 'r', score: Math.floor(Math.random() * 6) })
    longest = Math.max(longest, performance.now() - b)
    await new Promise((r) => setTimeout(r, 20))
  }
})()
await time('delete post', () => postRate.posts.delete(post.id))
await time('fold', drained)
on = false
await other
console.log('longest rating meanwhile', Math.round(longest))
await time('verify', () => postRate.stats.verify({ wait: 1 }))
await postRate.close()
