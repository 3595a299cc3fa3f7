import { isDeepStrictEqual } from 'node:util'
import type { ExecutionContext } from 'ava'
import { type PostRate, type PostRateOptions, type StatsStore, tokens } from 'post-rate'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { needs } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'

const withRecordAndCopies = needs('postgres', 'redis')
/** A mark that moves often, and room for a busy machine on which it moves less often. */
const timings = { roundPauseMs: 250, foreignMarkMs: 3_000 }
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
