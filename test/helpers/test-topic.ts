import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { cleanUp } from './clean-up.ts'

export interface TestTopic {
  brokers: string[]
  /** Does not exist yet: the library makes it, or `createTopic`. */
  topic: string
  /** Name of a consumer group nobody else uses. */
  group: string
}

/** Names for one test, or in `test.before` for one file; topic and group are deleted afterwards as far as possible. */
export function testTopic(t: ExecutionContext<unknown>): TestTopic {
  const brokers = process.env.TEST_KAFKA_BROKERS?.split(',')
  if (!brokers) throw new Error('No Kafka: declare the test with `withKafka` of helpers/requires.ts')
  const id = randomBytes(6).toString('hex')
  const names: TestTopic = { brokers, topic: `test-${id}`, group: `test-group-${id}` }
  cleanUp(t, () => deleteAll(names))
  return names
}

/** Runs `work` with an admin client of the broker. */
export async function withKafkaAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers, clientId: 'test-helper', logLevel: logLevel.NOTHING, retry: { retries: 2 } })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Best effort: a test that broke its broker, or never made the topic, has nothing to delete. */
async function deleteAll({ brokers, topic, group }: TestTopic): Promise<void> {
  try {
    await withKafkaAdmin(brokers, async (admin) => {
      const topics = await admin.listTopics()
      if (topics.includes(topic)) await admin.deleteTopics({ topics: [topic] })
      const { groups } = await admin.listGroups()
      if (groups.some(({ groupId }) => groupId === group)) await admin.deleteGroups([group])
    })
  } catch {
    // The server's data go with it at the end of the run.
  }
}
