import type { ExecutionContext } from 'ava'
import { createPostRate, type PostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withServices } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { tapPostgres, tapRedis, type WireTap } from '../helpers/wire-tap.ts'

/** What a driver says to a new connection, before the first statement of its user. */
const settingUp = /^(SET |SHOW |SELECT typname|select typname|select \(pg_catalog.current_setting)/i

interface Reading {
  reader: PostRate
  postgres: WireTap
  redis: WireTap
  statements(): string[]
}

/** 30 posts, of which 20 are rated and 10 are not, and a reader that has done nothing yet. */
async function coldReader(t: ExecutionContext<unknown>, { fillRedis }: { fillRedis: boolean }): Promise<Reading> {
  const database = await testDatabase(t)
  const { url, prefix } = testRedis(t)
  const writer = createPostRate({ database, ...(fillRedis ? { redis: url, redisPrefix: prefix } : {}) })
  await writer.start({ relay: true })
  for (let n = 1; n <= 30; n++) await writer.posts.create({ title: `Post ${n}`, content: 'Text', createdBy: 'author' })
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => writer.ratings.rate({ postId: n + 6, userId: 'reader', score: 3 })),
  )
  await eventually(async () => (await writer.status()).outbox?.rows === 0)
  await writer.close()
  const postgres = await tapPostgres(t, database)
  const redis = await tapRedis(t, url)
  const reader = createPostRate({ database: postgres.url, redis: redis.url, redisPrefix: prefix })
  cleanUp(t, () => reader.close())
  const statements = () => postgres.statements().filter((text) => !settingUp.test(text))
  return { reader, postgres, redis, statements }
}

async function listOf20(reader: PostRate, t: ExecutionContext<unknown>): Promise<void> {
  const { items } = await reader.posts.list({ userId: 'reader', limit: 20 })
  t.is(items.length, 20)
  t.deepEqual(
    items.map((post) => [post.id, post.myScore, post.stats.count]),
    Array.from({ length: 20 }, (_, n) => (n < 5 ? [30 - n, null, 0] : [30 - n, 3, 1])),
  )
}

withServices('a list of 20 costs a cold process at most 2 statements and 1 Redis round trip', async (t) => {
  const { reader, redis, statements } = await coldReader(t, { fillRedis: true })
  // The connections are part of being cold, the handshake of ioredis is not part of the list.
  await listOf20(reader, t)
  t.true(statements().length <= 2, statements().join('\n---\n'))
  redis.reset()
  await listOf20(reader, t)
  t.true(redis.roundTrips() <= 1, `${redis.roundTrips()} Redis round trips`)
})

withServices('the same with Redis empty', async (t) => {
  const { reader, statements } = await coldReader(t, { fillRedis: false })
  await listOf20(reader, t)
  t.true(statements().length <= 2, statements().join('\n---\n'))
})

withServices('a warm process needs no more, and 50 lists in flight share the statement for own scores', async (t) => {
  const { reader, postgres, redis, statements } = await coldReader(t, { fillRedis: true })
  await listOf20(reader, t)
  postgres.reset()
  redis.reset()
  await listOf20(reader, t)
  t.true(statements().length <= 2, statements().join('\n---\n'))
  t.true(redis.roundTrips() <= 1)
  postgres.reset()
  await Promise.all(Array.from({ length: 50 }, () => listOf20(reader, t)))
  const ownScores = statements().filter((text) => text.includes('.ratings'))
  t.true(ownScores.length < 25, `${ownScores.length} statements for own scores`)
})

withServices('a single post costs at most 2 statements and 1 Redis round trip', async (t) => {
  const { reader, redis, statements } = await coldReader(t, { fillRedis: true })
  const post = await reader.posts.get(10, { userId: 'reader' })
  t.is(post.myScore, 3)
  t.true(statements().length <= 2, statements().join('\n---\n'))
  redis.reset()
  await reader.posts.get(10, { userId: 'reader' })
  t.true(redis.roundTrips() <= 1)
})
