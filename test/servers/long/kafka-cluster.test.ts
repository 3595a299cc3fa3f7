import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../helpers/eventually.ts'
import type { PrivateNode } from '../../helpers/private-servers.ts'
import { privateKafkaCluster } from '../../helpers/private-servers.ts'
import { readTopic } from '../../helpers/read-topic.ts'
import { needs } from '../../helpers/requires.ts'
import { runSql, testDatabase } from '../../helpers/test-database.ts'
import { testRedis } from '../../helpers/test-redis.ts'
import { withKafkaAdmin } from '../../helpers/test-topic.ts'
import { Deployment } from '../deployment.ts'

const withKafkaCluster = needs('postgres', 'redis', 'kafka')
const topic = 'rating-changes'

withKafkaCluster.serial('three brokers: one killed under load, the leader stopped, nothing lost', async (t) => {
  t.timeout(400_000)
  const database = await testDatabase(t)
  const redis = testRedis(t)
  const kafka = await privateKafkaCluster(t)
  const brokers = kafka.url.split(',')
  const deployment = await Deployment.start(t, {
    ...{ database, redis: [redis.url], relays: 2, consumers: 2 },
    env: {
      ...{ DATABASE_URL: database, REDIS_URL: redis.url, POST_RATE_REDIS_PREFIX: redis.prefix },
      ...{ KAFKA_BROKERS: kafka.url, POST_RATE_TOPIC: topic, POST_RATE_TOPIC_PARTITIONS: '6' },
    },
  })
  /** As one of these brokers says; one that is stopped would take the question and never answer. */
  const partitions = async (asked = brokers) => {
    const { topics } = await withKafkaAdmin(asked, (admin) => admin.fetchTopicMetadata({ topics: [topic] }))
    return topics[0]?.partitions ?? []
  }
  const inSync = () =>
    eventually(async () => (await partitions()).every(({ isr }) => isr.length === 3), {
      timeout: 90_000,
      interval: 500,
      message: 'not every copy is in sync',
    })
  // Made with what the cluster says, not with what the library would.
  t.deepEqual(
    (await partitions()).map(({ replicas }) => replicas.length),
    [3, 3, 3, 3, 3, 3],
  )

  deployment.load.start()
  await sleep(2_000)
  const [first] = kafka.nodes as [PrivateNode, ...PrivateNode[]]
  first.signal('SIGKILL')
  await sleep(10_000)
  // Two of three are enough: the load goes on being published.
  t.true((await messagesIn(brokers.slice(1))) > 0)
  t.regex(await deployment.run('doctor'), /kafka +2 brokers, plaintext/)
  await deployment.settled('one broker of three dead')
  deployment.load.start()
  await first.restart()
  await inSync()
  await deployment.settled('the broker is back')

  deployment.load.start()
  await sleep(1_000)
  const leader = (await partitions())[0]?.leader as number
  kafka.nodes[leader - 1]?.signal('SIGSTOP')
  const others = brokers.filter((_, n) => n !== leader - 1)
  await eventually(async () => (await partitions(others))[0]?.leader !== leader, {
    timeout: 60_000,
    message: 'no other broker leads',
  })
  await sleep(5_000)
  await deployment.settled(`broker ${leader}, the leader, stopped`)
  deployment.load.start()
  kafka.nodes[leader - 1]?.signal('SIGCONT')
  await inSync()
  await sleep(2_000)
  await deployment.settled('and goes on')
  await deployment.run('stats', 'verify')

  // Redis would be right without the topic, by the reconciler: so each version that was ever given is looked for in it.
  const versions = await runSql<{ post_id: string; version: string }>(
    database,
    'select post_id, version from post_rate.post_stats where version > 0',
  )
  const count = await messagesIn(brokers)
  const messages = await readTopic<{ postId: number; version: number; kind: string }>({ brokers, topic }, count, 60_000)
  const seen = new Set(messages.map(({ value }) => `${value.postId}: ${value.version}`))
  const given = versions.flatMap(({ post_id, version }) =>
    Array.from({ length: Number(version) }, (_, n) => `${post_id}: ${n + 1}`),
  )
  const missing = given.filter((version) => !seen.has(version))
  t.log(`${count} messages, ${given.length} versions, ${missing.length} missing`)
  const about = missing.map((version) => {
    const post = version.split(':')[0]
    const own = messages.filter(({ key }) => key === post).map(({ value }) => `${value.version} ${value.kind}`)
    return `${version} among ${own.join(', ')}; last ${versions.find(({ post_id }) => post_id === post)?.version}`
  })
  t.deepEqual(about, [])
})

async function messagesIn(brokers: string[]): Promise<number> {
  const offsets = await withKafkaAdmin(brokers, (admin) => admin.fetchTopicOffsets(topic))
  return offsets.reduce((sum, { high }) => sum + Number(high), 0)
}
