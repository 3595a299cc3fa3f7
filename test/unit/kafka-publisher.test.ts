import test from 'ava'
import type { Kafka, Message, ProducerConfig } from 'kafkajs'
import { KafkaPublisher } from '../../packages/post-rate/src/adapters/kafka/kafka-publisher.ts'
import { kafkaTimings } from '../../packages/post-rate/src/adapters/kafka/kafka-timings.ts'
import type { KafkaTopic } from '../../packages/post-rate/src/adapters/kafka/kafka-topic.ts'
import { changeOf, stateOf } from '../contract/states.ts'

/** A client whose producers do what `send` does, and that remembers how they were made. */
function fakeKafka(send: (messages: Message[]) => Promise<void>) {
  const made: ProducerConfig[] = []
  const producer = (config: ProducerConfig) => {
    made.push(config)
    const nothing = async () => {}
    return { connect: nothing, disconnect: nothing, send: ({ messages }: { messages: Message[] }) => send(messages) }
  }
  return { made, kafka: { producer } as unknown as Kafka }
}

function publisherOf(kafka: Kafka): KafkaPublisher {
  const target = { address: 'nowhere', encrypted: false, login: false }
  return new KafkaPublisher({ kafka, target, timings: kafkaTimings }, { name: 'topic' } as KafkaTopic)
}

test('what failed is sent again as a whole, by another producer, and never by the client itself', async (t) => {
  const sent: string[][] = []
  const { made, kafka } = fakeKafka(async (messages) => {
    sent.push(messages.map(({ key }) => String(key)))
    if (sent.length === 1) throw Object.assign(new Error('moved'), { type: 'NOT_LEADER_FOR_PARTITION' })
  })
  const changes = [1, 2, 3].map((id) => changeOf(stateOf(id, 1)))
  await publisherOf(kafka).publish(changes)
  t.deepEqual(sent, [
    ['1', '2', '3'],
    ['1', '2', '3'],
  ])
  t.is(made.length, 2)
  for (const config of made)
    t.like(config, { idempotent: false, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: 0 } })
})
