import type { AddressInfo } from 'node:net'
import { createRouter } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express from 'express'
import { Redis } from 'ioredis'
import { createPostRate, type Post, type PostRate, type RatingChange } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { fullProfile } from '../helpers/full-profile.ts'
import { judge } from '../helpers/judge.ts'
import { readTopic } from '../helpers/read-topic.ts'
import { withServices } from '../helpers/requires.ts'
import { runSql } from '../helpers/test-database.ts'

const windowSeconds = 1

interface Host {
  postRate: PostRate
  database: string
  redis: { url: string; prefix: string }
  kafka: { brokers: string[]; topic: string }
  get<T>(path: string, user?: string): Promise<T>
  rate(post: number, user: string, score: number): Promise<Response>
}

/** A host application on the full profile, all roles in this process. */
async function startHost(t: ExecutionContext<unknown>, display: 'freeze' | 'live' = 'freeze'): Promise<Host> {
  t.timeout(60_000)
  const { database, redis, kafka, options } = await fullProfile(t)
  const postRate = createPostRate({
    ...options,
  })
  cleanUp(t, () => postRate.close())
  await postRate.migrate({ settings: { display, windowSeconds, prior: { weight: 10, mean: 2.5 } } })
  await postRate.start({ relay: true, consumer: true })
  const app = express()
  app.use('/api', createRouter({ postRate, getUser: (req) => req.get('x-user'), authorize: () => true }))
  const server = app.listen(0, '127.0.0.1')
  cleanUp(t, () => new Promise((resolve) => server.close(resolve)))
  await new Promise((resolve) => server.once('listening', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    postRate,
    database,
    redis,
    kafka,
    get: async <T>(path: string, user?: string) =>
      (await (await fetch(base + path, { headers: user ? { 'x-user': user } : {} })).json()) as T,
    rate: (post, user, score) =>
      fetch(`${base}/api/posts/${post}/rating`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'x-user': user },
        body: JSON.stringify({ score }),
      }),
  }
}

const create = (postRate: PostRate, title = 'Title') =>
  postRate.posts.create({ title, content: 'Text', createdBy: 'author' })

withServices('a rating over HTTP is in PostgreSQL, on the topic, in Redis and on the page', async (t) => {
  const { postRate, database, redis, kafka, get, rate } = await startHost(t)
  const { id } = await create(postRate)
  const answer = await rate(id, 'ada', 4)
  t.is(answer.status, 200)
  t.like(await answer.json(), { postId: id, score: 4, previousScore: null, changed: true })

  const own = await get<Post>(`/api/posts/${id}`, 'ada')
  t.is(own.myScore, 4)
  const shown = await eventually(
    async () => {
      const { items } = await get<{ items: Post[] }>('/api/posts', 'ada')
      return items[0]?.stats.count === 1 && items[0]
    },
    { timeout: 15_000, message: 'the first rating did not show at once' },
  )
  t.like(shown.stats, { count: 1, average: 4, histogram: [0, 0, 0, 0, 1, 0], guard: null })
  t.is(shown.myScore, 4)

  t.deepEqual(await runSql(database, 'select post_id, user_id, score from post_rate.ratings'), [
    { post_id: String(id), user_id: 'ada', score: 4 },
  ])
  const client = new Redis(redis.url)
  cleanUp(t, () => client.disconnect())
  t.like(await client.hgetall(`${redis.prefix}{${id}}`), {
    version: '1',
    count: '1',
    sum: '4',
    h4: '1',
    shownCount: '1',
  })
  const [message] = await readTopic<RatingChange>(kafka, 1)
  t.is(message?.key, String(id))
  t.like(message?.value, {
    schema: 1,
    kind: 'rating',
    postId: id,
    userId: 'ada',
    score: 4,
    previousScore: null,
    version: 1,
  })
  t.like(message?.value.displayed, { count: 1, average: 4 })
  await judge(database, redis.url, redis.prefix)
})

withServices(
  'nothing that is displayed changes before nextUpdateAt, whatever is rated, withdrawn or rebuilt',
  async (t) => {
    const { postRate, database, redis, get, rate } = await startHost(t)
    const ids = [(await create(postRate)).id, (await create(postRate)).id, (await create(postRate)).id]
    const promises = new Map<number, { figures: string; until: number }>()
    let changes = 0
    const began = Date.now()
    const lasted = (windows: number) => Date.now() - began > windows * windowSeconds * 1000
    for (let n = 0; !lasted(3) || (changes < 4 && !lasted(30)); n++) {
      await Promise.all(ids.slice(0, 2).map((id) => rate(id, `user ${n % 40}`, (n * 7 + id) % 6)))
      if (n % 10 === 3) await postRate.ratings.withdraw({ postId: ids[0] as number, userId: `user ${n % 40}` })
      if (n % 25 === 4) await postRate.stats.rebuild()
      const { items } = await get<{ items: Post[] }>('/api/posts')
      const now = postRate.now()
      for (const { id, stats } of items) {
        const figures = JSON.stringify([stats.count, stats.average, stats.histogram, stats.asOf, stats.guard])
        const promised = promises.get(id)
        if (promised && promised.figures !== figures) {
          changes++
          // The answer was made a moment before it was read; the database's clock is known to some milliseconds.
          t.true(now >= promised.until - 20, `post ${id} changed ${promised.until - now} ms before it was promised`)
        }
        if (stats.nextUpdateAt !== null) promises.set(id, { figures, until: Date.parse(stats.nextUpdateAt) })
      }
    }
    t.true(changes >= 4, `only ${changes} changes were seen`)
    await eventually(async () => {
      const { items } = await get<{ items: Post[] }>('/api/posts')
      const live = await postRate.stats.get(ids)
      return items.every((post) => live.find(({ postId }) => postId === post.id)?.live.count === post.stats.count)
    })
    await judge(database, redis.url, redis.prefix)
  },
)

withServices('the window ends without a reader, and says so on the topic', async (t) => {
  const { postRate, kafka, rate } = await startHost(t)
  const { id } = await create(postRate)
  await rate(id, 'ada', 5)
  await eventually(async () => (await postRate.posts.get(id)).stats.count === 1)
  await rate(id, 'grace', 0)
  const messages = await readTopic<RatingChange>(kafka, 3)
  t.deepEqual(
    messages.map(({ value }) => [value.kind, value.version, value.displayed.count]),
    [
      ['rating', 1, 1],
      ['rating', 2, 1],
      ['display', 3, 2],
    ],
  )
  t.false('userId' in (messages[2]?.value ?? {}))
})

withServices('live: everything shows at once and nextUpdateAt is null', async (t) => {
  const { postRate, rate, get } = await startHost(t, 'live')
  const { id } = await create(postRate)
  for (const user of ['a', 'b', 'c']) await rate(id, user, 2)
  const post = await eventually(
    async () => {
      const post = await get<Post>(`/api/posts/${id}`)
      return post.stats.count === 3 && post
    },
    { timeout: 15_000 },
  )
  t.is(post.stats.nextUpdateAt, null)
})

withServices('sort=top follows the displayed figures, and walking all pages gives every post once', async (t) => {
  const { postRate, rate, get } = await startHost(t)
  for (let n = 0; n < 25; n++) await create(postRate)
  await Promise.all(Array.from({ length: 20 }, (_, n) => rate(n + 1, 'ada', n % 6)))
  await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  const walk = async (sort: string) => {
    const posts: Post[] = []
    for (let path: string | null = `/api/posts?limit=4&sort=${sort}`; path !== null; ) {
      const page: { items: Post[]; next: string | null } = await get(path)
      posts.push(...page.items)
      path = page.next
    }
    return posts
  }
  const newest = (await walk('newest')).map((post) => post.id)
  t.deepEqual(
    newest,
    [...newest].sort((a, b) => b - a),
  )
  t.is(newest.length, 25)
  const top = await walk('top')
  t.is(new Set(top.map((post) => post.id)).size, 25)
  const rank = ({ stats }: Post) => (25 + (stats.average ?? 0) * stats.count) / (10 + stats.count)
  const byRank = (a: Post, b: Post) => rank(b) - rank(a) || b.stats.count - a.stats.count || b.id - a.id
  t.deepEqual(
    top.map((post) => post.id),
    [...top].sort(byRank).map((post) => post.id),
  )
})

withServices(
  "the host's own transaction, a hand-written UPDATE, a cascade and an erased user are counted",
  async (t) => {
    const { postRate, database, redis, get } = await startHost(t)
    const [first, second] = [(await create(postRate)).id, (await create(postRate)).id]
    const upsert = `insert into post_rate.ratings (post_id, user_id, score) values ($1, $2, $3)
    on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
    where ratings.score is distinct from excluded.score`
    for (const [post, user, score] of [
      [first, 'ada', 1],
      [first, 'ada', 5],
      [first, 'grace', 2],
      [second, 'ada', 3],
      [second, 'grace', 3],
    ])
      await runSql(database, upsert, [post, user, score])
    await runSql(database, "update post_rate.ratings set user_id = 'lovelace' where user_id = 'ada'")
    await runSql(database, 'update post_rate.ratings set score = 0 where post_id = $1 and user_id = $2', [
      first,
      'grace',
    ])
    await eventually(() => judge(database, redis.url, redis.prefix))
    t.deepEqual((await postRate.stats.get([first]))[0]?.live.histogram, [1, 0, 0, 0, 0, 1])
    await t.throwsAsync(runSql(database, 'truncate post_rate.ratings'), { message: /TRUNCATE would lose ratings/ })

    t.is(await postRate.users.erase('lovelace'), 2)
    await runSql(database, 'delete from post_rate.posts where id = $1', [second])
    await eventually(async () => (await postRate.status()).outbox?.rows === 0)
    await eventually(() => judge(database, redis.url, redis.prefix))
    t.deepEqual(
      (await postRate.stats.get([first, second])).map((post) => [post.postId, post.live.histogram]),
      [[first, [1, 0, 0, 0, 0, 0]]],
    )
    t.like(await get(`/api/posts/${second}`), { status: 404, code: 'POST_NOT_FOUND' })
    t.like(await postRate.stats.verify({ wait: 5 }), { drift: [], pending: 0 })
  },
)
