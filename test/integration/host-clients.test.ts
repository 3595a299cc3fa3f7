import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { createPostRate, type PostRateOptions, type PostStore, tokens } from 'post-rate'
import { Sequelize } from 'sequelize'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres, withServices } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'

/** Through the whole flow and back, then closed. */
async function useAndClose(t: ExecutionContext<unknown>, options: PostRateOptions): Promise<void> {
  const postRate = createPostRate(options)
  try {
    await postRate.migrate()
    await postRate.start({ relay: true, consumer: options.kafka !== undefined })
    const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
    t.like(await postRate.ratings.rate({ postId: id, userId: 'ada', score: 0 }), { previousScore: null, changed: true })
    await eventually(async () => (await postRate.posts.get(id, { userId: 'ada' })).stats.count === 1)
    t.is((await postRate.posts.list({ userId: 'ada' })).items[0]?.myScore, 0)
    await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  } finally {
    await postRate.close()
  }
}

withPostgres('a pg.Pool of the host: used, and left open', async (t) => {
  const pool = new pg.Pool({ connectionString: await testDatabase(t, { migrated: false }) })
  cleanUp(t, () => pool.end())
  await useAndClose(t, { database: pool })
  t.false(pool.ended)
  // The library reads int8 as numbers; the host's pool keeps its own parsers.
  t.deepEqual((await pool.query('select 1::int8 as n')).rows, [{ n: '1' }])
})

withPostgres('a Sequelize instance of the host: used, and left open', async (t) => {
  const sequelize = new Sequelize(await testDatabase(t, { migrated: false }), { logging: false })
  cleanUp(t, () => sequelize.close())
  await useAndClose(t, { database: sequelize })
  await t.notThrowsAsync(sequelize.authenticate())
})

withPostgres('pg options', async (t) => {
  const { hostname, port, username, password, pathname } = new URL(await testDatabase(t, { migrated: false }))
  await useAndClose(t, {
    database: { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) },
  })
})

withServices('ioredis and kafkajs clients of the host: used, and left open', async (t) => {
  const { url, prefix } = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const redis = new Redis(url)
  cleanUp(t, () => redis.disconnect())
  const kafka = new Kafka({ brokers, clientId: 'host', logLevel: logLevel.NOTHING })
  const options = { redis, redisPrefix: prefix, kafka, topic, group }
  await useAndClose(t, { database: await testDatabase(t, { migrated: false }), ...options })
  t.is(await redis.ping(), 'PONG')
  t.like(await redis.hgetall(`${prefix}{1}`), { count: '1', h0: '1' })
})

withPostgres('a port is replaced by its token before first use', async (t) => {
  const postRate = createPostRate({ database: await testDatabase(t) })
  cleanUp(t, () => postRate.close())
  const seen: unknown[] = []
  const own = postRate.container.get<PostStore>(tokens.postStore)
  const hiding: PostStore = {
    create: (draft) => own.create(draft),
    page: (query) => own.page(query),
    find: (ids) => own.find(ids),
    delete: (id) => own.delete(id),
    visible: async (ids, userId) => {
      seen.push([ids, userId])
      return ids.filter((id) => id !== 2)
    },
  }
  ;(await postRate.container.rebind(tokens.postStore)).toConstantValue(hiding)
  for (const title of ['One', 'Two', 'Three'])
    await postRate.posts.create({ title, content: 'Text', createdBy: 'author' })
  const { items } = await postRate.posts.list({ userId: 'ada' })
  t.deepEqual(
    items.map((post) => post.id),
    [3, 1],
  )
  t.deepEqual(seen, [[[3, 2, 1], 'ada']])
  await t.throwsAsync(postRate.posts.get(2), { code: 'POST_NOT_FOUND' })
  await t.throwsAsync(postRate.ratings.rate({ postId: 2, userId: 'ada', score: 1 }), { code: 'POST_NOT_FOUND' })
})
