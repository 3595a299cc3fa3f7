import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { answering, options } from './answering.js'
import { Changes } from './changes.js'

// The loop that somebody would write to send messages: batches to a producer, one after the other, durable on arrival.

const batchSize = 2_000
const changes = new Changes(options.source, options.posts)
const kafka = new Kafka({ brokers: [options.kafka], logLevel: logLevel.NOTHING })
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false })
await producer.connect()

let ready = []
const messageOf = (change) => ({ key: String(change.postId), value: JSON.stringify(change) })

answering({
  /** Makes so many messages; without a number, one for every post. */
  prepare({ messages }) {
    ready =
      messages === undefined
        ? changes.first().map(messageOf)
        : Array.from({ length: messages }, () => messageOf(changes.next()))
    return ready.length
  },
  /** Sends what was prepared; messages per second. */
  async send({ topic }) {
    const began = performance.now()
    for (let from = 0; from < ready.length; from += batchSize)
      await producer.send({ topic, acks: -1, messages: ready.slice(from, from + batchSize) })
    return (ready.length / (performance.now() - began)) * 1000
  },
})
