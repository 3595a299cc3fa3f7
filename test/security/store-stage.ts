import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { createPostRate, type PostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'

export interface StoreStage {
  postRate: PostRate
  sql: (text: string) => Promise<unknown[]>
  redis: Redis
  prefix: string
  key: (postId: number) => string
  /** Has everything compared and healed now, instead of in its own time. */
  compare: () => Promise<unknown>
}

/** A deployment with Redis, its relay and reconciler running; post 1 has two ratings that readers see. */
export async function startStoreStage(t: ExecutionContext<unknown>): Promise<StoreStage> {
  const [database, { url, prefix }] = [await testDatabase(t, { migrated: false }), testRedis(t)]
  const postRate = createPostRate({ database, redis: url, redisPrefix: prefix, display: { display: 'live' } })
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  for (const [userId, score] of [
    ['ada', 4],
    ['bo', 1],
  ] as const)
    await postRate.ratings.rate({ postId: 1, userId, score })
  await postRate.start({ relay: true })
  const redis = new Redis(url)
  cleanUp(t, () => redis.disconnect())
  const key = (postId: number) => `${prefix}{${postId}}`
  await eventually(async () => (await redis.hget(key(1), 'shownCount')) === '2', { timeout: 40_000 })
  return {
    postRate,
    sql: (text) => runSql(database, text),
    redis,
    prefix,
    key,
    compare: () => postRate.stats.rebuild(),
  }
}
