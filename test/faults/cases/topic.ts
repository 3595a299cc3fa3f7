import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { eventually } from '../../helpers/eventually.ts'
import { sendMany, sendSnappy } from '../../helpers/poisoned-batches.ts'
import type { FaultCase } from '../fault-case.ts'
import { dumpTopic, replay } from '../topic.ts'
import { group, topic, type World } from '../world.ts'

export async function stopConsumers(world: World): Promise<void> {
  await Promise.all(world.consumers.map((consumer) => consumer.stop()))
}

export function startConsumers(world: World): void {
  for (const consumer of world.consumers) consumer.start()
}

/** Offsets can only be moved while nobody is a member. */
async function moveOffsets(world: World, to: 'beginning' | 'end'): Promise<void> {
  const admin = await world.admin()
  const offsets = await admin.fetchTopicOffsets(topic)
  const partitions = offsets.map(({ partition, high, low }) => ({ partition, offset: to === 'end' ? high : low }))
  await eventually(() => admin.setOffsets({ groupId: group, topic, partitions }).then(() => true), { timeout: 30_000 })
}

/** Where the group goes on, by partition. */
async function committed(world: World): Promise<Map<number, number>> {
  const [offsets] = await (await world.admin()).fetchOffsets({ groupId: group, topics: [topic] })
  return new Map(offsets?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
}

/** How many messages of a byte lie in one fetch: more than a call of JavaScript takes arguments. */
const inOneFetch = 140_000

export const topicCases: readonly FaultCase[] = [
  {
    name: 'topic-recreated',
    row: 'C18',
    title: 'the topic is deleted and made anew while everything runs',
    async run(world, probe) {
      const admin = await world.admin()
      await admin.deleteTopics({ topics: [topic] })
      await eventually(async () => (await admin.listTopics()).includes(topic), {
        timeout: 40_000,
        message: 'Nobody made the topic anew',
      })
      probe.reached('made anew')
      await sleep(3_000)
    },
  },
  {
    name: 'partitions-grown',
    row: 'C19',
    title: 'the topic gets more partitions: a post moves to another one',
    async run(world, probe) {
      const admin = await world.admin()
      const partitions = (await admin.fetchTopicOffsets(topic)).length
      await admin.createPartitions({ topicPartitions: [{ topic, count: partitions + 9 }] })
      await eventually(
        async () => {
          const offsets = await admin.fetchTopicOffsets(topic)
          return offsets.filter(({ partition, high }) => partition >= partitions && Number(high) > 0).length > 3
        },
        { timeout: 40_000, message: 'Nothing is written to the new partitions' },
      )
      probe.reached('new partitions in use')
      await sleep(10_000)
    },
  },
  {
    name: 'retention-cut',
    row: 'C20',
    title: 'messages are gone before the consumers, which were down, have read them',
    async run(world, probe) {
      await stopConsumers(world)
      await sleep(4_000)
      const admin = await world.admin()
      const offsets = await admin.fetchTopicOffsets(topic)
      const committed = (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions ?? []
      const unread = offsets.map(({ partition, high }) => {
        const known = committed.find((one) => one.partition === partition)
        return Number(high) - Math.max(0, Number(known?.offset ?? 0))
      })
      await admin.deleteTopicRecords({
        topic,
        partitions: offsets.map(({ partition, high }) => ({ partition, offset: high })),
      })
      probe.reached(
        'unread messages cut',
        unread.reduce((total, n) => total + n, 0),
      )
      startConsumers(world)
    },
  },
  {
    name: 'replayed-shuffled',
    row: 'C21',
    title: "every message but a post's newest comes three times more, in random order",
    async run(world, probe) {
      await stopConsumers(world)
      const versioned = (await dumpTopic(world)).map((message) => ({
        message,
        version: JSON.parse(message.value).version,
      }))
      const newest = new Map<string, number>()
      for (const { message, version } of versioned)
        newest.set(message.key, Math.max(version, newest.get(message.key) ?? 0))
      // The newest of a batch alone is applied: among older ones that is an old one, too.
      const messages = versioned.flatMap(({ message, version }) =>
        version < (newest.get(message.key) ?? 0) ? [message] : [],
      )
      await replay(world, world.random.shuffle([...messages, ...messages, ...messages]))
      // Reads what is there and tells how much of it was old.
      const { code, output } = await world.command(`drain-${Date.now()}`, ['consumer', '--once'])
      const [, applied, old] = /Drained: (\d+) applied, (\d+) old/.exec(output) ?? []
      if (code !== 0) probe.wrong(`consumer --once ended with ${code}: ${output.slice(-300)}`)
      probe.reached('replayed', messages.length * 3)
      probe.reached('old ones refused', Number(old ?? 0))
      world.log(`applied ${applied}`)
      startConsumers(world)
    },
  },
  {
    name: 'poisoned-batch',
    row: 'C36',
    title: 'a batch that kafkajs cannot decode, and more messages in one fetch than a call takes arguments',
    async run(world, probe) {
      await stopConsumers(world)
      const kafka = new Kafka({ brokers: [world.kafka.url], clientId: 'faults-poison', logLevel: logLevel.NOTHING })
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
      await producer.connect()
      await sendSnappy(producer, topic, 0)
      for (let sent = 0; sent < inOneFetch; sent += 2_000) await sendMany(producer, topic, 1, 2_000)
      await producer.disconnect()
      const admin = await world.admin()
      const poisoned = (await admin.fetchTopicOffsets(topic)).filter(({ partition }) => partition < 2)
      startConsumers(world)
      await eventually(
        async () => {
          const offsets = await committed(world)
          return poisoned.every(({ partition, high }) => (offsets.get(partition) ?? -1) >= Number(high))
        },
        { timeout: 120_000, message: 'The consumers do not get past the poison' },
      )
      probe.reached('passed', poisoned.length)
      probe.reached('said so', world.consumers.filter(({ output }) => /stepped over/.test(output)).length)
      // Cases after this one read the topic with kafkajs, too.
      await admin.deleteTopicRecords({
        topic,
        partitions: poisoned.map(({ partition, high }) => ({ partition, offset: high })),
      })
    },
  },
  {
    name: 'offsets-reset',
    row: 'C24',
    title: "the group's offsets are moved to the beginning, then to the end past unread messages",
    async run(world, probe) {
      for (const to of ['beginning', 'end'] as const) {
        await stopConsumers(world)
        await sleep(3_000)
        await moveOffsets(world, to)
        probe.reached(`moved to the ${to}`)
        startConsumers(world)
        await sleep(5_000)
      }
    },
  },
]
