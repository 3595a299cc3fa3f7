import type { ExecutionContext } from 'ava'
import type { PostRateOptions } from 'post-rate'
import { testDatabase } from './test-database.ts'
import { testRedis } from './test-redis.ts'
import { testTopic } from './test-topic.ts'

/** A database that is not migrated yet, a prefix in Redis and a topic, and the library's options for them. */
export async function fullProfile(t: ExecutionContext<unknown>) {
  const database = await testDatabase(t, { migrated: false })
  const redis = testRedis(t)
  const kafka = testTopic(t)
  const options = {
    database,
    redis: redis.url,
    redisPrefix: redis.prefix,
    kafka: { brokers: kafka.brokers },
    topic: kafka.topic,
    group: kafka.group,
  } satisfies PostRateOptions
  return { database, redis, kafka, options }
}
