import test from 'ava'
import { Redis } from 'ioredis'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis, privateRedisCluster } from '../helpers/private-servers.ts'
import { withKafka, withPostgres, withRedis, withRedisServer } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic, withKafkaAdmin } from '../helpers/test-topic.ts'

withPostgres('PostgreSQL answers, and keeps what it commits', async (t) => {
  const url = await testDatabase(t, { migrated: false })
  const rows = await runSql<{ fsync: string }>(url, "SELECT current_setting('fsync') AS fsync")
  t.deepEqual(rows, [{ fsync: 'on' }])
})

withPostgres('a migrated database is cloned from the template', async (t) => {
  const url = await testDatabase(t)
  const rows = await runSql(url, "SELECT FROM pg_tables WHERE schemaname = 'post_rate' AND tablename = 'ratings'")
  t.is(rows.length, 1)
})

withRedis('Redis answers', async (t) => {
  const { url, prefix } = testRedis(t)
  const redis = new Redis(url)
  cleanUp(t, () => redis.disconnect())
  await redis.set(`${prefix}greeting`, 'hello')
  t.is(await redis.get(`${prefix}greeting`), 'hello')
})

withKafka('Kafka answers, and makes no topic unasked', async (t) => {
  const { brokers, topic } = testTopic(t)
  await withKafkaAdmin(brokers, async (admin) => {
    t.false((await admin.listTopics()).includes(topic))
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    t.is(topics[0]?.partitions.length, 3)
  })
})

withRedisServer('a private Redis can be killed without harm to the shared one', async (t) => {
  const { url, signal } = await privateRedis(t)
  const redis = new Redis(url, { retryStrategy: () => null })
  cleanUp(t, () => redis.disconnect())
  redis.on('error', () => {})
  t.is(await redis.ping(), 'PONG')
  signal('SIGKILL')
  await eventually(() => redis.status === 'end', { message: 'The connection was not lost' })
  t.not(url, process.env.TEST_REDIS_URL)
})

withRedisServer('a private Redis Cluster covers all slots', async (t) => {
  const { url } = await privateRedisCluster(t)
  const redis = new Redis(url)
  cleanUp(t, () => redis.disconnect())
  t.regex(await redis.cluster('INFO'), /cluster_slots_ok:16384/)
})

test('eventually waits for a value and names what did not come', async (t) => {
  let calls = 0
  t.is(await eventually(() => (++calls < 3 ? null : calls), { interval: 1 }), 3)
  const error = await t.throwsAsync(
    eventually(() => false, { timeout: 5, interval: 1, message: 'The moon did not rise' }),
  )
  t.is(error?.message, 'The moon did not rise within 5 ms')
})
