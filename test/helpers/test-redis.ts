import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { cleanUp } from './clean-up.ts'

export interface TestRedis {
  url: string
  /** For `redisPrefix`: nobody else's keys begin with it. */
  prefix: string
}

/** A corner of the shared Redis for one test, or in `test.before` for one file; its keys are removed afterwards. */
export function testRedis(t: ExecutionContext<unknown>): TestRedis {
  const url = process.env.TEST_REDIS_URL
  if (!url) throw new Error('No Redis: declare the test with `withRedis` of helpers/requires.ts')
  const prefix = `test-${randomBytes(6).toString('hex')}:`
  cleanUp(t, () => removeKeys(url, prefix))
  return { url, prefix }
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    await redis.connect()
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 }) as AsyncIterable<string[]>) {
      if (keys.length > 0) await redis.unlink(...keys)
    }
  } finally {
    redis.disconnect()
  }
}
