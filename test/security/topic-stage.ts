import { readFile } from 'node:fs/promises'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { type Admin, Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import { createPostRate } from 'post-rate'
import { type CliProcess, spawnCli, workingDirectory } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { readTopic } from '../helpers/read-topic.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'

/** A message as post-rate publishes it. */
export interface Published {
  key: string
  // biome-ignore lint/suspicious/noExplicitAny: rows spoil whatever they like
  value: any
}

export interface TopicStage {
  /** A message about post 1 that is as it should be. */
  good: Published
  /** The id of a post that has been deleted. */
  deleted: number
  /** Puts messages on the topic, and waits until the consumer has left them behind. */
  deliver: (messages: Message[]) => Promise<void>
  /** Everything in Redis about posts. */
  copies: () => Promise<string>
  /** Resident bytes of the consumer's process. */
  memory: () => Promise<number>
}

/** `post-rate consumer` as a process of its own; post 1 has a rating, post 2 is deleted, and both have arrived in Redis. */
export async function startTopicStage(t: ExecutionContext<unknown>): Promise<TopicStage> {
  const [database, redis, names] = [await testDatabase(t), testRedis(t), testTopic(t)]
  const { brokers, topic, group } = names
  const postRate = createPostRate({
    database,
    redis: redis.url,
    redisPrefix: redis.prefix,
    kafka: { brokers, logLevel: logLevel.NOTHING },
    topic,
    group,
    topicPartitions: 1,
  })
  cleanUp(t, () => postRate.close())
  for (const title of ['One', 'Two']) await postRate.posts.create({ title, content: 'Text', createdBy: 'author' })
  for (const postId of [1, 2]) await postRate.ratings.rate({ postId, userId: 'ada', score: 4 })
  await postRate.start({ relay: true })
  await postRate.posts.delete(2)
  const kafka = new Kafka({ brokers, clientId: 'bad-input', logLevel: logLevel.NOTHING })
  const [producer, admin] = [kafka.producer(), kafka.admin()]
  cleanUp(t, () => Promise.all([producer.disconnect(), admin.disconnect()]))
  await Promise.all([producer.connect(), admin.connect()])
  await eventually(async () => (await admin.listTopics()).includes(topic), { timeout: 40_000 })
  const messages = await readTopic<Published['value']>({ brokers, topic }, 3, 40_000)
  const good = messages.find(({ key }) => key === '1')
  if (good === undefined) throw new Error('Nothing about post 1 was published')
  const largest = [{ name: 'max.message.bytes', value: String(8 * 2 ** 20) }]
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: largest }] })

  const environment = {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    POST_RATE_REDIS_PREFIX: redis.prefix,
    KAFKA_BROKERS: brokers.join(','),
    POST_RATE_TOPIC: topic,
    POST_RATE_GROUP: group,
  }
  const consumer = spawnCli(t, ['consumer'], { env: environment, cwd: await workingDirectory(t) })
  const client = new Redis(redis.url)
  cleanUp(t, () => client.disconnect())
  await caughtUp(admin, topic, group)
  await eventually(async () => (await client.hget(`${redis.prefix}{1}`, 'count')) === '1', { timeout: 40_000 })
  return {
    good,
    deleted: 2,
    deliver: async (list) => {
      await send(producer, topic, list)
      await caughtUp(admin, topic, group)
    },
    copies: () => copies(client, redis.prefix),
    memory: () => memoryOf(consumer),
  }
}

async function send(producer: Producer, topic: string, messages: Message[]): Promise<void> {
  for (const message of messages) await producer.send({ topic, messages: [message] })
}

async function caughtUp(admin: Admin, topic: string, group: string): Promise<void> {
  await eventually(
    async () => {
      const ends = await admin.fetchTopicOffsets(topic)
      const [read] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return ends.every(({ partition, high }) =>
        read?.partitions.some((one) => one.partition === partition && one.offset === high),
      )
    },
    { timeout: 60_000, interval: 100, message: 'The consumer did not get past the messages' },
  )
}

/** Not the mark, which the reconciler moves, nor tombstones, which a deleted post has for a while or has not. */
async function copies(client: Redis, prefix: string): Promise<string> {
  const keys = (await client.keys(`${prefix}*`)).filter((key) => key.includes('{')).sort()
  const all = await Promise.all(keys.map(async (key) => [key, await client.hgetall(key)] as const))
  return JSON.stringify(all.filter(([, hash]) => hash.deleted !== '1'))
}

async function memoryOf({ pid }: CliProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
