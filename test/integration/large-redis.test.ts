import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'

const withOwnRedis = needs('postgres', 'redis-server')
/** Some 200 steps of SCAN. */
const foreignKeys = 200_000

withOwnRedis('a Redis with many keys of others is scanned slowly, by the way and never all at once', async (t) => {
  t.timeout(60_000)
  const { redis, postRate } = await besideForeignKeys(t, {})
  await postRate.start({ relay: true })
  await eventually(async () => (await redis.hget('post-rate:mark', 'watermark')) !== null, { timeout: 20_000 })
  await sleep(5_000)
  const scans = await scansOf(redis)
  t.true(scans > 0 && scans <= 10, `${scans} SCANs`)
})

withOwnRedis('a key of an unknown post is found among many keys of others, also one of an older version', async (t) => {
  t.timeout(60_000)
  const { redis, postRate } = await besideForeignKeys(t, { scanPauseMs: 5 })
  await redis.hset('post-rate:{700000}', 'version', '1')
  await postRate.start({ relay: true })
  await eventually(async () => (await redis.exists('post-rate:{700000}')) === 0, { timeout: 20_000 })
  t.is(await redis.exists('other:1'), 1)
})

async function besideForeignKeys(t: ExecutionContext<unknown>, reconciler: { scanPauseMs?: number }) {
  const { url } = await privateRedis(t)
  const redis = new Redis(url)
  cleanUp(t, () => redis.disconnect())
  const fill = "for n = 1, tonumber(ARGV[1]) do redis.call('SET', 'other:' .. n, n) end"
  await redis.eval(fill, 0, String(foreignKeys))
  const postRate = createTimedPostRate({ database: await testDatabase(t), redis: url }, { reconciler })
  cleanUp(t, () => postRate.close())
  return { redis, postRate }
}

async function scansOf(redis: Redis): Promise<number> {
  return Number(/cmdstat_scan:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
}
