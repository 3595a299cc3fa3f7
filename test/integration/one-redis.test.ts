import { isDeepStrictEqual } from 'node:util'
import type { ExecutionContext } from 'ava'
import { type PostRate, type PostRateOptions, type StatsStore, tokens } from 'post-rate'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'

const withRecordAndCopies = needs('postgres', 'redis')
const withOwnRedis = needs('postgres', 'redis-server')
const timings = { roundPauseMs: 250 }
const refused = { code: 'INVALID_INPUT', message: /^redisPrefix: another deployment/ } as object

function opened(t: ExecutionContext<unknown>, options: PostRateOptions): PostRate {
  const postRate = createTimedPostRate(options, { reconciler: timings })
  cleanUp(t, () => postRate.close())
  return postRate
}

/** The post's live average, and where it was read from. */
async function read(postRate: PostRate): Promise<unknown[]> {
  const [post] = await postRate.stats.get([1])
  return [post?.live.average, post?.source]
}

withRecordAndCopies(
  'two deployments under one prefix of one Redis: the second refuses, and reads its own',
  async (t) => {
    t.timeout(60_000)
    const redis = testRedis(t)
    const databases = [await testDatabase(t), await testDatabase(t)] as const
    // Databases of the tests are clones of one.
    await runSql(databases[1], 'update post_rate.settings set source = gen_random_uuid()')
    const [first, second] = databases.map((database) =>
      opened(t, { database, redis: redis.url, redisPrefix: redis.prefix }),
    ) as [PostRate, PostRate]
    for (const [postRate, score] of [[first, 5] as const, [second, 1] as const]) {
      await postRate.posts.create({ title: 'A post', content: 'Text.', createdBy: 'author' })
      await postRate.ratings.rate({ postId: 1, userId: 'u', score })
    }
    await first.start({ relay: true })
    await eventually(async () => isDeepStrictEqual(await read(first), [5, 'redis']))
    const store = first.container.get<StatsStore>(tokens.statsStore)
    await eventually(async () => (await store.mark()).source !== null)

    await t.throwsAsync(second.start({ relay: true }), refused)
    await t.throwsAsync(second.stats.rebuild(), refused)
    const withoutRedis = opened(t, { database: databases[1] })
    await withoutRedis.start({ relay: true })
    await eventually(async () => isDeepStrictEqual(await read(second), [1, 'postgres']))
    t.deepEqual(await read(first), [5, 'redis'])
    await withoutRedis.close()

    // What the first one leaves behind is taken over.
    await first.close()
    await second.start({ relay: true })
    await eventually(async () => isDeepStrictEqual(await read(second), [1, 'redis']), { timeout: 20_000 })
  },
)

withRecordAndCopies(
  'two deployments that start at the same moment: one refuses, and readers see their own figures',
  async (t) => {
    t.timeout(60_000)
    const redis = testRedis(t)
    const databases = [await testDatabase(t), await testDatabase(t)] as const
    await runSql(databases[1], 'update post_rate.settings set source = gen_random_uuid()')
    const deployments = [5, 1].map((score, n) => {
      const options = { database: databases[n] as string, redis: redis.url, redisPrefix: redis.prefix }
      return { score, role: opened(t, options), reader: opened(t, options) }
    })
    for (const { score, role } of deployments) {
      await role.posts.create({ title: 'A post', content: 'Text.', createdBy: 'author' })
      // Versions differ: neither state is refused by the other one.
      for (let n = 0; n < score; n++) await role.ratings.rate({ postId: 1, userId: `u${n}`, score })
      const withoutRedis = opened(t, {
        database: databases[deployments.findIndex((one) => one.role === role)] as string,
      })
      await withoutRedis.start({ relay: true })
      await eventually(async () => isDeepStrictEqual(await read(withoutRedis), [score, 'postgres']))
      await withoutRedis.close()
    }
    const wrong: unknown[] = []
    let over = false
    const reading = deployments.flatMap(({ score, role, reader }) =>
      [role, reader].map(async (one) => {
        while (!over) {
          const [average] = await read(one)
          if (average !== score) wrong.push([average, score])
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      }),
    )
    const started = await Promise.allSettled(deployments.map(({ role }) => role.start({ relay: true })))
    const [at] = started.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
    const { role, score } = deployments[at as number] as (typeof deployments)[number]
    await eventually(async () => isDeepStrictEqual(await read(role), [score, 'redis']))

    t.deepEqual(started.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const refusal = started.find((one) => one.status === 'rejected')
    t.regex(String(refusal?.reason), /another deployment/)

    // The one that leaves still has readers while the other one takes over.
    await role.close()
    const readingOn = opened(t, {
      database: databases[at as number] as string,
      redis: redis.url,
      redisPrefix: redis.prefix,
    })
    reading.push(
      (async () => {
        while (!over) {
          const [average] = await read(readingOn)
          if (average !== score) wrong.push([average, score, 'while another took over'])
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      })(),
    )
    const next = deployments[1 - (at as number)] as (typeof deployments)[number]
    await next.role.start({ relay: true })
    await eventually(async () => isDeepStrictEqual(await read(next.role), [next.score, 'redis']), { timeout: 20_000 })
    over = true
    await Promise.allSettled(reading)
    t.deepEqual(wrong, [])
  },
)

withOwnRedis('two schemas of one database share one Redis with default names', async (t) => {
  t.timeout(60_000)
  const server = await privateRedis(t)
  const database = await testDatabase(t)
  const deployments = [{}, { schema: 'forum' }].map((options) => opened(t, { database, redis: server.url, ...options }))
  await deployments[1]?.migrate()
  for (const [n, postRate] of deployments.entries()) {
    await postRate.start({ relay: true })
    await postRate.posts.create({ title: 'A post', content: 'Text.', createdBy: 'author' })
    await postRate.ratings.rate({ postId: 1, userId: 'u', score: n + 1 })
  }
  for (const [n, postRate] of deployments.entries())
    await eventually(async () => isDeepStrictEqual(await read(postRate), [n + 1, 'redis']), { timeout: 20_000 })
  t.deepEqual(
    deployments.map(({ redis }) => redis?.prefix),
    ['post-rate:', 'post-rate-forum:'],
  )
})
