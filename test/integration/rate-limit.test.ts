import { createRouter, type RateLimitOptions } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { Redis } from 'ioredis'
import { createPostRate } from 'post-rate'
import { createLimiter } from '../../packages/express/src/limiter.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis, privateRedisCluster } from '../helpers/private-servers.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { exchange, listen } from '../http/http-host.ts'

const withRedisOfItsOwn = needs('postgres', 'redis-server')
const limit: RateLimitOptions = { perUser: { requests: 3, seconds: 60 } }

/** Rates as a user, on one API node; resolves to status and milliseconds. */
type Rate = (user: string) => Promise<{ status: number; ms: number }>

async function startNode(
  t: ExecutionContext,
  database: string,
  redis: string,
  redisPrefix = 'post-rate:',
): Promise<{ rate: Rate; postRate: ReturnType<typeof createPostRate> }> {
  const postRate = createPostRate({ database, redis, redisPrefix })
  cleanUp(t, () => postRate.close())
  const app = express()
  app.use(
    createRouter({
      postRate,
      getUser: (req) => Buffer.from(req.get('x-user') ?? '', 'latin1').toString(),
      rateLimit: limit,
    }),
  )
  const port = await listen(t, app)
  const rate: Rate = async (user) => {
    const began = performance.now()
    const { status } = await exchange(port, 'PUT', '/posts/1/rating', { user, body: { score: 3 } })
    return { status, ms: performance.now() - began }
  }
  return { rate, postRate }
}

withRedisOfItsOwn('rate limits: several nodes count together in Redis, from the first request', async (t) => {
  const [database, server] = [await testDatabase(t), await privateRedis(t)]
  const [one, two] = [await startNode(t, database, server.url), await startNode(t, database, server.url)]
  await one.postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  const statuses = await Promise.all([one, two, one, two, one, two].map(async ({ rate }) => (await rate('ada')).status))
  t.deepEqual(statuses.sort(), [200, 200, 200, 429, 429, 429])
  t.is((await one.rate('bo')).status, 200)
})

withRedisOfItsOwn(
  'rate limits: keys stand under the prefix, hashed, expiring, and are no posts to the reconciler',
  async (t) => {
    const [database, server] = [await testDatabase(t), await privateRedis(t)]
    const { rate, postRate } = await startNode(t, database, server.url, 'p*:')
    await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
    const users = ['{1}', '1', '*', 'a:b', '😀'.repeat(255), "'; --"]
    for (const user of users) t.is((await rate(user)).status, 200, user)
    const redis = new Redis(server.url)
    cleanUp(t, () => redis.disconnect())
    const keys = (await redis.keys('*')).filter((key) => key.includes('limit'))
    t.is(keys.length, users.length)
    for (const key of keys) {
      t.regex(key, /^p\*:limit:user:[A-Za-z0-9_-]{43}$/)
      const ttl = await redis.pttl(key)
      t.true(ttl > 0 && ttl <= 60_000)
    }
    await postRate.start({ relay: true })
    await eventually(async () => (await redis.exists('p*:{1}')) === 1)
    const { drift } = await postRate.stats.verify()
    t.deepEqual(drift, [])
    t.is((await redis.keys('*limit*')).length, users.length)
  },
)

withRedisOfItsOwn(
  'rate limits: without Redis each node counts for itself within bounded time, and joins again',
  async (t) => {
    const [database, server] = [await testDatabase(t), await privateRedis(t)]
    const [one, two] = [await startNode(t, database, server.url), await startNode(t, database, server.url)]
    await one.postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
    for (const { rate } of [one, two]) t.is((await rate('warm')).status, 200)
    server.signal('SIGSTOP')
    const took: number[] = []
    for (const { rate } of [one, two]) {
      const seen: number[] = []
      for (let times = 0; times < 5; times++) {
        const { status, ms } = await rate('ada')
        seen.push(status)
        took.push(ms)
      }
      t.deepEqual(seen, [200, 200, 200, 429, 429])
    }
    t.log(`stopped: slowest answer ${Math.round(Math.max(...took))} ms`)
    t.true(Math.max(...took) < 1000)
    server.signal('SIGCONT')
    await eventually(async () => {
      const user = `again ${Math.random()}`
      const statuses = []
      for (const { rate } of [one, two, one, two]) statuses.push((await rate(user)).status)
      return String(statuses) === '200,200,200,429'
    })
    await server.stop()
    const { status, ms } = await one.rate('bo')
    t.is(status, 200)
    t.true(ms < 1000)
  },
)

withRedisOfItsOwn('rate limits: on a Redis Cluster', async (t) => {
  const [database, server] = [await testDatabase(t), await privateRedisCluster(t)]
  const url = `${server.url}?cluster=true`
  const [one, two] = [await startNode(t, database, url), await startNode(t, database, url)]
  await one.postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  for (const user of ['ada', 'bo', 'cleo', 'dan', 'eve']) {
    const statuses = []
    for (const { rate } of [one, two, one, two]) statuses.push((await rate(user)).status)
    t.deepEqual(statuses, [200, 200, 200, 429], user)
  }
})

withPostgres('rate limits: a Redis that never was there costs no answer', async (t) => {
  const { rate, postRate } = await startNode(t, await testDatabase(t), 'redis://127.0.0.1:1')
  await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  const statuses = []
  for (let times = 0; times < 4; times++) statuses.push((await rate('ada')).status)
  t.deepEqual(statuses, [200, 200, 200, 429])
})

test('rate limits: a process remembers 100,000 callers, the latest ones', async (t) => {
  const limiter = createLimiter('user', { requests: 1, seconds: 3600 }, () => null)
  const passes = (key: string) =>
    limiter.consume(key).then(
      () => true,
      () => false,
    )
  t.true(await passes('first'))
  t.false(await passes('first'))
  for (let n = 0; n < 1000; n++) await passes(`caller ${n}`)
  t.false(await passes('first'), 'who came lately is remembered')
  for (let n = 0; n < 100_000; n++) await passes(`other ${n}`)
  t.true(await passes('first'), 'the oldest is forgotten')
})
