import type { ExecutionContext } from 'ava'
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { KafkaEventBus } from '../../packages/post-rate/src/adapters/kafka/kafka-event-bus.ts'
import { KafkaProbe } from '../../packages/post-rate/src/adapters/kafka/kafka-probe.ts'
import type { KafkaTimings } from '../../packages/post-rate/src/adapters/kafka/kafka-timings.ts'
import type { KafkaOption } from '../../packages/post-rate/src/options.ts'
import { type Logger, silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { sendMany, sendSnappy } from '../helpers/poisoned-batches.ts'
import { privateKafka } from '../helpers/private-servers.ts'
import { withKafka } from '../helpers/requires.ts'
import { type TestTopic, testTopic, withKafkaAdmin } from '../helpers/test-topic.ts'
import { Recorder, testEventBus } from './event-bus.ts'
import { changeOf, stateOf } from './states.ts'

/** A fraction of the defaults, for what a test only waits for. */
const timings: Partial<KafkaTimings> = {
  heartbeatMs: 500,
  fetchWaitMs: 100,
  metadataMaxAgeMs: 1_000,
  watchEveryMs: 500,
  rejoinMs: 50,
  batchRetryMs: 20,
  drainEveryMs: 50,
}

testEventBus('kafka', withKafka, { create: (t) => onKafka(t).bus })

withKafka.serial('kafka: the topic is made with what the contract says, once, whoever comes first', async (t) => {
  const { bus, names } = onKafka(t)
  const second = busOn(t, names)
  await Promise.all([bus.publish([changeOf(stateOf(1, 1))]), second.publish([changeOf(stateOf(2, 1))])])
  await withKafkaAdmin(names.brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [names.topic] })
    t.is(topics[0]?.partitions.length, 3)
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: names.topic, configNames: ['cleanup.policy', 'retention.ms'] }],
    })
    const configs = Object.fromEntries(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
    )
    t.deepEqual(configs, { 'cleanup.policy': 'delete', 'retention.ms': String(7 * 24 * 3600 * 1000) })
  })
})

withKafka.serial('kafka: the message is the documented one, keyed by the post id', async (t) => {
  const { bus, names } = onKafka(t)
  const change = changeOf(stateOf(12, 7))
  await bus.publish([change])
  const consumer = client(names).consumer({ groupId: names.group, maxWaitTimeInMs: 100 })
  cleanUp(t, () => consumer.disconnect())
  await consumer.subscribe({ topic: names.topic, fromBeginning: true })
  const message = await new Promise<{ key: string; value: string }>((resolve) => {
    const eachMessage = async ({ message }: { message: { key: Buffer | null; value: Buffer | null } }) =>
      resolve({ key: String(message.key), value: String(message.value) })
    void consumer.run({ eachMessage })
  })
  t.is(message.key, '12')
  t.deepEqual(JSON.parse(message.value), change)
})

withKafka.serial('kafka: a batch that failed comes again, and is committed only after it was applied', async (t) => {
  const { bus, names } = onKafka(t)
  const recorder = new Recorder()
  let failures = 0
  recorder.before = async () => {
    if (++failures <= 3) throw new Error('store is away')
    t.true((await committedSum(names)) <= recorder.newest.size)
  }
  const subscription = await bus.subscribe(recorder)
  await bus.publish([1, 2, 3, 4, 5].map((id) => changeOf(stateOf(id, 1), 'source-1')))
  await eventually(() => recorder.newest.size === 5, { timeout: 20_000 })
  t.true(failures > 3)
  await eventually(async () => (await committedSum(names)) === 5)
  t.true((await bus.lag()).every(({ lag }) => lag === 0))
  await subscription.stop()

  const again = new Recorder()
  const second = await bus.subscribe(again, { once: true })
  await second.finished
  t.is(again.batches.length, 0)
})

withKafka.serial('kafka: what a killed consumer had not committed comes again', async (t) => {
  const { bus, names } = onKafka(t)
  await bus.publish([changeOf(stateOf(1, 1))])
  const hanging = new Recorder()
  let began = false
  hanging.before = () => {
    began = true
    throw new Error('never')
  }
  const subscription = await bus.subscribe(hanging)
  await eventually(() => began, { timeout: 20_000 })
  await eventually(() => !subscription.healthy())
  await subscription.stop()
  const recorder = new Recorder()
  await (await busOn(t, names).subscribe(recorder, { once: true })).finished
  t.is(recorder.newest.size, 1)
})

withKafka.serial('kafka: once drains what is there and ends; with nothing there at once', async (t) => {
  const { bus } = onKafka(t)
  await (await bus.subscribe(new Recorder(), { once: true })).finished
  await bus.publish(Array.from({ length: 5000 }, (_, i) => changeOf(stateOf((i % 500) + 1, i + 1))))
  t.is(
    (await bus.lag()).reduce((sum, { lag }) => sum + lag, 0),
    5000,
  )
  const recorder = new Recorder()
  const subscription = await bus.subscribe(recorder, { once: true })
  await subscription.finished
  t.is(recorder.newest.size, 500)
  t.true([...recorder.newest.values()].every(({ version }) => version > 4500))
  // A publication whose answer was late is sent again: at least once.
  t.true(subscription.counts().received >= 5000)
  t.true((await bus.lag()).every(({ lag, end, committed }) => lag === 0 && end === committed))
})

withKafka.serial('kafka: once rejects when the handler goes on failing', async (t) => {
  const { bus } = onKafka(t)
  await bus.publish([changeOf(stateOf(1, 1))])
  const recorder = new Recorder()
  recorder.before = () => Promise.reject(new Error('no Redis'))
  const subscription = await bus.subscribe(recorder, { once: true })
  await t.throwsAsync(subscription.finished, { message: 'no Redis' })
})

withKafka.serial('kafka: several members share a drain', async (t) => {
  const { bus, names } = onKafka(t)
  await bus.publish(Array.from({ length: 3000 }, (_, i) => changeOf(stateOf(i + 1, 1))))
  const recorder = new Recorder()
  const member = await busOn(t, names).subscribe(recorder)
  await (await bus.subscribe(recorder, { once: true })).finished
  t.is(recorder.newest.size, 3000)
  await eventually(() => member.healthy(), { timeout: 30_000 })
})

withKafka.serial('kafka: foreign, unreadable and impossible messages are skipped and counted', async (t) => {
  const { bus, names } = onKafka(t)
  await bus.publish([changeOf(stateOf(1, 1)), changeOf(stateOf(2, 1), 'source-2'), changeOf(stateOf(3, 1), 'source-2')])
  const good = changeOf(stateOf(4, 1))
  await send(t, names, [
    { key: '4', value: Buffer.from([0xff, 0xfe, 0, 1]) },
    { key: '4', value: null },
    { key: '4', value: 'null' },
    { key: null, value: JSON.stringify(good) },
    { key: '5', value: JSON.stringify(good) },
    { key: '4', value: JSON.stringify({ ...good, version: 9e18 }) },
    { key: '4', value: JSON.stringify({ ...good, counts: [-1, 0, 0, 0, 0, 0] }) },
    { key: '4', value: JSON.stringify({ ...good, displayed: { ...good.displayed, count: 99 } }) },
    { key: '4', value: `${JSON.stringify(good)}${' '.repeat(500_000)}` },
  ])
  await bus.publish([changeOf(stateOf(6, 1))])
  const recorder = new Recorder()
  const subscription = await bus.subscribe(recorder, { once: true })
  await subscription.finished
  t.deepEqual([...recorder.newest.keys()].sort(), [1, 6])
  // At least once: what was published into a topic that is just being made may be there twice.
  const { received, unreadable, foreign, paused } = subscription.counts()
  t.true(received >= 13 && foreign >= 2 && unreadable >= 9, JSON.stringify({ received, unreadable, foreign }))
  t.is(paused, 0)
  t.true((await bus.lag()).every(({ lag }) => lag === 0))
})

withKafka.serial('kafka: a schema from the future pauses its partition and is not skipped', async (t) => {
  const { bus, names } = onKafka(t)
  const recorder = new Recorder()
  const subscription = await bus.subscribe(recorder)
  const ids = Array.from({ length: 30 }, (_, i) => i + 1)
  await bus.publish(ids.map((id) => changeOf(stateOf(id, 1))))
  await send(t, names, [{ key: '7', value: JSON.stringify({ schema: 2, anything: 'else' }) }])
  await bus.publish(ids.map((id) => changeOf(stateOf(id, 2))))
  await eventually(() => subscription.counts().paused === 1, { timeout: 20_000 })
  await eventually(() => [...recorder.newest.values()].some(({ version }) => version === 2))
  await eventually(async () => (await bus.lag()).filter(({ lag }) => lag > 0).length === 1)
  t.is(recorder.newest.size, 30)
  t.is(recorder.newest.get(7)?.version, 1)
  await subscription.stop()
  const drain = await bus.subscribe(recorder, { once: true })
  await t.throwsAsync(drain.finished, { code: 'SCHEMA_TOO_NEW' })
})

withKafka.serial(
  'kafka: a batch that kafkajs cannot decode is stepped over, and nothing of other partitions',
  async (t) => {
    t.timeout(120_000)
    const names = testTopic(t)
    const { logger, errors } = errorsOf()
    const bus = busOn(t, names, undefined, {}, logger)
    const ids = Array.from({ length: 30 }, (_, i) => i + 1)
    const publish = (version: number) => bus.publish(ids.map((id) => changeOf(stateOf(id, version))))
    await publish(1)
    await sendSnappy(await poisoner(t, names), names.topic, 0)
    await publish(2)
    const recorder = new Recorder()
    const subscription = await bus.subscribe(recorder)
    await eventually(() => errors.length === 1, { timeout: 60_000 })
    t.like(errors[0]?.[1], { partition: 0, from: 0, crashes: 4 })
    // The other partitions lost nothing.
    const kept = () => ids.filter((id) => recorder.newest.get(id)?.version === 2)
    await eventually(async () => (await bus.lag()).every(({ lag }) => lag === 0), { timeout: 60_000 })
    const lost = ids.length - kept().length
    t.true(lost > 0 && lost < ids.length / 2, `${lost} of ${ids.length}`)
    await publish(3)
    await eventually(() => ids.every((id) => recorder.newest.get(id)?.version === 3), { timeout: 60_000 })
    await eventually(async () => (await bus.lag()).every(({ lag }) => lag === 0))
    t.is(errors.length, 1)
    await subscription.stop()
    // It is committed: another member does not meet it.
    const drain = await bus.subscribe(recorder, { once: true })
    await drain.finished
    t.is(errors.length, 1)
  },
)

withKafka.serial('kafka: a batch that overflows its handler is stepped over after three crashes', async (t) => {
  t.timeout(120_000)
  const names = testTopic(t)
  const { logger, errors } = errorsOf()
  const bus = busOn(t, names, undefined, {}, logger)
  const recorder = new Recorder()
  let crashes = 0
  recorder.before = (states) => {
    if (!states.some(({ activity }) => activity === 666)) return
    crashes++
    throw new RangeError('Maximum call stack size exceeded')
  }
  await bus.subscribe(recorder)
  await bus.publish([changeOf(stateOf(7, 1, { activity: 666 }))])
  await eventually(() => errors.length === 1, { timeout: 60_000 })
  t.is(crashes, 3)
  // Also before another message comes.
  await eventually(async () => (await bus.lag()).every(({ lag }) => lag === 0), { timeout: 20_000 })
  await bus.publish([changeOf(stateOf(7, 2))])
  await eventually(() => recorder.newest.get(7)?.version === 2, { timeout: 60_000 })
})

withKafka.serial('kafka: many batches in one fetch are read, however many messages they are', async (t) => {
  t.timeout(120_000)
  const names = testTopic(t)
  const { logger, errors } = errorsOf()
  const bus = busOn(t, names, undefined, {}, logger)
  await bus.publish([changeOf(stateOf(1, 1))])
  // kafkajs needs a time for each batch that grows with its square.
  const producer = await poisoner(t, names)
  for (let n = 0; n < 70; n++) await sendMany(producer, names.topic, 0, 2_000)
  const subscription = await bus.subscribe(new Recorder(), { once: true })
  await subscription.finished
  t.true(subscription.counts().unreadable >= 140_000)
  t.deepEqual(errors, [])
})

// Below and above what the consumer had read before: only the first shows in the offsets.
for (const count of [5, 1000])
  withKafka.serial(
    `kafka: a topic made again under a live consumer is read from its start (${count} new)`,
    async (t) => {
      const { bus, names } = onKafka(t)
      const recorder = new Recorder()
      const subscription = await bus.subscribe(recorder)
      await bus.publish(Array.from({ length: 300 }, (_, i) => changeOf(stateOf(i + 1, 1))))
      await eventually(() => recorder.newest.size === 300, { timeout: 20_000 })
      await withKafkaAdmin(names.brokers, (admin) => admin.deleteTopics({ topics: [names.topic] }))
      const ids = Array.from({ length: count }, (_, i) => i + 1)
      await eventually(() => bus.publish(ids.map((id) => changeOf(stateOf(id, 2)))).then(() => true))
      const since = Date.now()
      await eventually(() => ids.every((id) => recorder.newest.get(id)?.version === 2), { timeout: 20_000 })
      t.log(`consumed again after ${Date.now() - since} ms`)
      // Two looks at the topic, and what a busy machine needs beside them.
      t.true(Date.now() - since < 6_000)
      // A broker that is busy may not have taken all of the new topic up yet: a relay repeats what was refused.
      await eventually(() => bus.publish([changeOf(stateOf(1, 3))]).then(() => true))
      await eventually(() => recorder.newest.get(1)?.version === 3, { timeout: 15_000 })
      await eventually(() => subscription.healthy(), { timeout: 20_000 })
      await eventually(async () => (await bus.lag()).every(({ lag }) => lag === 0))
    },
  )

withKafka.serial('kafka: a consumer makes a topic that vanished', async (t) => {
  const { bus, names } = onKafka(t)
  const recorder = new Recorder()
  await bus.subscribe(recorder)
  await withKafkaAdmin(names.brokers, async (admin) => {
    await admin.deleteTopics({ topics: [names.topic] })
    await eventually(async () => (await admin.listTopics()).includes(names.topic), { timeout: 20_000 })
  })
  await eventually(() => bus.publish([changeOf(stateOf(1, 1))]).then(() => true))
  await t.notThrowsAsync(eventually(() => recorder.newest.size === 1, { timeout: 20_000 }))
})

withKafka.serial('kafka: the lag is never more than what was published and not applied', async (t) => {
  const names = testTopic(t)
  const kafka = client(names)
  const recorder = new Recorder()
  const bus = busOn(t, names)
  await bus.subscribe(recorder)
  let published = 0
  const publishAndApply = async () => {
    published += 30
    await bus.publish(Array.from({ length: 30 }, (_, i) => changeOf(stateOf(i + 1, published))))
    await eventually(async () => (await committedSum(names)) >= published, { timeout: 20_000 })
  }
  await publishAndApply()
  // Between the two questions that a lag needs, 30 more messages are published and committed.
  const admin = () => {
    const asked = kafka.admin()
    const thenPublish =
      <A extends unknown[], R>(question: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        const answer = await question(...args)
        await publishAndApply()
        return answer
      }
    return {
      ...asked,
      fetchOffsets: thenPublish(asked.fetchOffsets),
      fetchTopicOffsets: thenPublish(asked.fetchTopicOffsets),
    }
  }
  const watched = busOn(t, names, { admin, producer: kafka.producer, consumer: kafka.consumer } as never)
  for (let n = 0; n < 3; n++) {
    const lag = await watched.lag()
    const sum = lag.reduce((total, partition) => total + partition.lag, 0)
    t.true(sum >= 0 && sum <= 30, JSON.stringify(lag))
    t.true(lag.every((partition) => partition.lag >= 0 && partition.committed + partition.lag === partition.end))
  }
})

withKafka.serial('kafka: more partitions are taken up while it runs', async (t) => {
  const { bus, names } = onKafka(t)
  const recorder = new Recorder()
  await bus.subscribe(recorder)
  await bus.publish([changeOf(stateOf(1, 1))])
  await withKafkaAdmin(names.brokers, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: names.topic, count: 9 }] }),
  )
  const late = busOn(t, names)
  await eventually(() =>
    late.publish(Array.from({ length: 100 }, (_, i) => changeOf(stateOf(i + 1, 2)))).then(() => true),
  )
  await eventually(() => recorder.newest.size === 100, { timeout: 30_000 })
  t.is((await bus.lag()).length, 9)
})

withKafka.serial('kafka: a large publication goes out in parts', async (t) => {
  const { bus } = onKafka(t)
  const userId = '🙂'.repeat(255)
  const changes = Array.from({ length: 4000 }, (_, i) => ({ ...changeOf(stateOf(1, i + 1)), userId }))
  t.true(JSON.stringify(changes).length > 3_000_000)
  await bus.publish(changes)
  const recorder = new Recorder()
  const subscription = await bus.subscribe(recorder, { once: true })
  await subscription.finished
  t.true(subscription.counts().received >= 4000)
  t.is(recorder.newest.get(1)?.version, 4000)
})

withKafka.serial('kafka: a broker that stands still is waited for only so long, and used again', async (t) => {
  t.timeout(300_000)
  const server = await privateKafka(t)
  const names = { brokers: [server.url], topic: 'changes', group: 'group' }
  const shorter = {
    ...{ sendTimeoutMs: 2_000, stuckAfterMs: 3_000 },
    ...{ sessionTimeoutMs: 2_000, heartbeatMs: 300, rebalanceTimeoutMs: 4_000 },
  }
  const bus = busOn(t, names, { brokers: names.brokers, requestTimeout: 2_000 }, shorter)
  const recorder = new Recorder()
  const subscription = await bus.subscribe(recorder)
  await bus.publish([changeOf(stateOf(1, 1))])
  await eventually(() => recorder.newest.size === 1, { timeout: 60_000 })
  server.signal('SIGSTOP')
  const before = Date.now()
  await t.throwsAsync(bus.publish([changeOf(stateOf(2, 1))]), { code: 'UNAVAILABLE' })
  t.true(Date.now() - before < 7_000)
  await eventually(() => !subscription.healthy(), { timeout: 60_000 })
  server.signal('SIGCONT')
  await eventually(() => bus.publish([changeOf(stateOf(3, 1))]).then(() => true), { timeout: 60_000 })
  await eventually(() => recorder.newest.has(3), { timeout: 60_000 })
  await eventually(() => subscription.healthy(), { timeout: 60_000 })
})

withKafka.serial('kafka: brokers that cannot be reached are named, within the deadline', async (t) => {
  const names = { brokers: ['127.0.0.1:1'], topic: 'nowhere', group: 'nobody' }
  const shorter = { adminTimeoutMs: 3_000, sendTimeoutMs: 3_000, requestRetryMs: 20 }
  const bus = busOn(t, names, undefined, shorter)
  const expected = {
    code: 'UNAVAILABLE',
    message: /^Cannot reach Kafka at 127\.0\.0\.1:1: .*docker compose up/,
  } as const
  const before = Date.now()
  await t.throwsAsync(bus.publish([changeOf(stateOf(1, 1))]), expected)
  await t.throwsAsync(bus.subscribe(new Recorder()), expected)
  await t.throwsAsync(bus.lag(), expected)
  await t.throwsAsync(probe(t, { brokers: names.brokers }, shorter).identify(), expected)
  t.true(Date.now() - before < 12_000)
})

withKafka.serial("kafka: a host's client is used and not ended; the probe counts brokers", async (t) => {
  const names = testTopic(t)
  const kafka = client(names)
  const bus = busOn(t, names, kafka)
  await bus.publish([changeOf(stateOf(1, 1))])
  await bus.close()
  const admin = kafka.admin()
  await admin.connect()
  t.true((await admin.listTopics()).includes(names.topic))
  await admin.disconnect()
  t.deepEqual(await probe(t, kafka).identify(), { version: '1 broker', encrypted: null, pooled: false })
})

function onKafka(t: ExecutionContext<unknown>): { bus: KafkaEventBus; names: TestTopic } {
  const names = testTopic(t)
  return { bus: busOn(t, names), names }
}

function busOn(
  t: ExecutionContext<unknown>,
  { brokers, topic, group }: TestTopic,
  kafka: KafkaOption = { brokers },
  shorter: Partial<KafkaTimings> = {},
  logger: Logger = silentLogger,
): KafkaEventBus {
  const bus = new KafkaEventBus(kafka, {
    ...{ topic, group, partitions: 3, source: async () => 'source-1' },
    ...{ timings: { ...timings, ...shorter }, logger },
  })
  cleanUp(t, () => bus.close())
  return bus
}

function probe(t: ExecutionContext<unknown>, kafka: KafkaOption, timings?: Partial<KafkaTimings>): KafkaProbe {
  const opened = new KafkaProbe(kafka, silentLogger, timings)
  cleanUp(t, () => opened.close())
  return opened
}

function client({ brokers }: TestTopic): Kafka {
  return new Kafka({ brokers, logLevel: logLevel.NOTHING })
}

async function send(
  t: ExecutionContext<unknown>,
  names: TestTopic,
  messages: { key: string | null; value: string | Buffer | null }[],
): Promise<void> {
  const producer = client(names).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  cleanUp(t, () => producer.disconnect())
  await producer.connect()
  await producer.send({ topic: names.topic, messages })
}

/** One compressed batch of tiny messages: few bytes, so that a fetch brings all of them. */
async function poisoner(t: ExecutionContext<unknown>, names: TestTopic): Promise<Producer> {
  const producer = client(names).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  cleanUp(t, () => producer.disconnect())
  await producer.connect()
  return producer
}

function errorsOf(): { logger: Logger; errors: [string, unknown][] } {
  const errors: [string, unknown][] = []
  return { logger: { ...silentLogger, error: (message, details) => errors.push([message, details]) }, errors }
}

async function committedSum({ brokers, topic, group }: TestTopic): Promise<number> {
  const topics = await withKafkaAdmin(brokers, (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }))
  return topics
    .flatMap(({ partitions }) => partitions)
    .reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
}
