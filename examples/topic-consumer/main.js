// Watches the topic for bursts, in a consumer group of its own.
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { BurstDetector } from './burst-detector.js'

const { KAFKA_BROKERS, POST_RATE_TOPIC = 'rating-changes', WATCH_GROUP = 'burst-watch' } = process.env
const { WATCH_RATINGS = '20', WATCH_SECONDS = '60' } = process.env

if (KAFKA_BROKERS) await main(KAFKA_BROKERS.split(','))
else {
  console.error('KAFKA_BROKERS is missing, for example 127.0.0.1:9092')
  process.exitCode = 3
}

/** @param {string[]} brokers */
async function main(brokers) {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort())
  const kafka = new Kafka({ clientId: 'burst-watch', brokers, logLevel: logLevel.ERROR })
  const consumer = kafka.consumer({ groupId: WATCH_GROUP, allowAutoTopicCreation: false })
  try {
    await topicExists(kafka, stop.signal)
    await consumer.connect()
    await watch(consumer)
    console.error(`Watching ${POST_RATE_TOPIC} for more than ${WATCH_RATINGS} equal ratings in ${WATCH_SECONDS} s`)
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  } catch (error) {
    if (!stop.signal.aborted) {
      console.error(error instanceof Error ? error.message : error)
      process.exitCode = 1
    }
  } finally {
    await consumer.disconnect()
  }
}

/** @param {import('kafkajs').Consumer} consumer */
async function watch(consumer) {
  const detector = new BurstDetector({ limit: Number(WATCH_RATINGS), seconds: Number(WATCH_SECONDS) })
  await consumer.subscribe({ topic: POST_RATE_TOPIC, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      for (const message of batch.messages) {
        const change = parse(message.value)
        const burst = change && detector.take(change)
        if (burst) console.log(JSON.stringify(burst))
        resolveOffset(message.offset)
      }
      detector.forgetQuiet()
      await heartbeat()
    },
  })
}

/**
 * @param {Buffer | null} value
 * @returns {import('./burst-detector.js').Change | null} null for what is no message of post-rate's
 */
function parse(value) {
  try {
    return JSON.parse(value?.toString() ?? 'null')
  } catch {
    return null
  }
}

/**
 * post-rate makes the topic with its first relay or consumer: until then there is nothing to join.
 * @param {Kafka} kafka
 * @param {AbortSignal} signal
 */
async function topicExists(kafka, signal) {
  const admin = kafka.admin()
  await admin.connect()
  try {
    while (!(await admin.listTopics()).includes(POST_RATE_TOPIC)) {
      console.error(`The topic ${POST_RATE_TOPIC} does not exist yet; waiting for it`)
      await sleep(2_000, undefined, { signal })
    }
  } finally {
    await admin.disconnect()
  }
}
