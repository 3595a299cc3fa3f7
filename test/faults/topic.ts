import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { eventually } from '../helpers/eventually.ts'
import { topic, type World } from './world.ts'

export interface Dumped {
  key: string
  value: string
  partition: number
}

/** Everything that is in the topic now, read by a consumer of nobody's. */
export async function dumpTopic(world: World, timeoutMs = 60_000): Promise<Dumped[]> {
  const admin = await world.admin()
  const offsets = await admin.fetchTopicOffsets(topic)
  const left = new Map(
    offsets
      .filter(({ low, high }) => Number(high) > Number(low))
      .map(({ partition, high }) => [partition, Number(high)]),
  )
  const kafka = new Kafka({ brokers: [world.kafka.url], clientId: 'faults-dump', logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `faults-${world.random.seed}-${Date.now()}` })
  const found: Dumped[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  try {
    if (left.size === 0) return found
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The topic could not be read to its end')), timeoutMs)
      const run = consumer.run({
        eachMessage: async ({ partition, message }) => {
          found.push({ key: String(message.key), value: String(message.value), partition })
          if (Number(message.offset) + 1 >= (left.get(partition) ?? 0)) left.delete(partition)
          if (left.size > 0) return
          clearTimeout(timer)
          resolve()
        },
      })
      run.catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return found
}

/** Sends messages as they were, in the order given. */
export async function replay(world: World, messages: readonly Dumped[]): Promise<void> {
  const kafka = new Kafka({ brokers: [world.kafka.url], clientId: 'faults-replay', logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let from = 0; from < messages.length; from += 500)
    await producer.send({
      topic,
      messages: messages.slice(from, from + 500).map(({ key, value }) => ({ key, value })),
    })
  await producer.disconnect()
}

/** Notes every row that leaves the outbox, in a table of its own: what the relay takes for durable. */
export async function noteAcknowledged(world: World): Promise<void> {
  await world.sql(`
create schema if not exists faults;
create table if not exists faults.acknowledged (event_id uuid, post_id bigint, version bigint);
truncate faults.acknowledged;
create or replace function faults.note() returns trigger language plpgsql security definer as $$
begin
  insert into faults.acknowledged select event_id, post_id, version from removed;
  return null;
end $$;
create or replace trigger faults_note after delete on post_rate.rating_outbox
  referencing old table as removed for each statement execute function faults.note()`)
}

/** The rows noted since that are not in the topic. */
export async function missingFromTopic(world: World): Promise<{ acknowledged: number; missing: string[] }> {
  const rows = await world.sql<{ event_id: string; post_id: string; version: string }>(
    'select * from faults.acknowledged',
  )
  const dumped = await eventually(() => dumpTopic(world), { timeout: 90_000, message: 'The topic cannot be read' })
  const there = new Set(dumped.map(({ value }) => JSON.parse(value).eventId as string))
  await world.sql('drop trigger faults_note on post_rate.rating_outbox')
  const missing = rows.filter(({ event_id }) => !there.has(event_id))
  return {
    acknowledged: rows.length,
    missing: missing.map(
      ({ post_id, version }) => `post ${post_id} version ${version} was acknowledged and is not in the topic`,
    ),
  }
}
