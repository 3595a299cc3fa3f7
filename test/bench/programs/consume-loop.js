import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { answering, options } from './answering.js'

// The loop that somebody would write to bring the states of a topic to Redis: each message parsed, each written as it is.

const kafka = new Kafka({ brokers: [options.kafka], logLevel: logLevel.NOTHING })
const redis = new Redis(options.redis)

function hashOf({ version, counts, activity, displayed }) {
  const hash = { version, count: countOf(counts), sum: sumOf(counts), activity }
  counts.forEach((n, score) => {
    hash[`h${score}`] = n
  })
  displayed.histogram.forEach((n, score) => {
    hash[`s${score}`] = n
  })
  return Object.assign(hash, {
    shownCount: displayed.count,
    shownSum: displayed.sum,
    shownAverage: displayed.average ?? '',
    asOf: displayed.asOf,
    nextUpdateAt: displayed.nextUpdateAt ?? '',
    stepAt: displayed.stepAt ?? '',
    shownActivity: displayed.activity,
    guard: displayed.guard === null ? '' : JSON.stringify(displayed.guard),
  })
}

const countOf = (counts) => counts.reduce((sum, n) => sum + n, 0)
const sumOf = (counts) => counts.reduce((sum, n, score) => sum + n * score, 0)

answering({
  /** Reads a topic of so many messages to its end; messages per second, from the first batch to the last write. */
  async empty({ topic, messages, prefix }) {
    const consumer = kafka.consumer({ groupId: `loop-${topic}-${prefix}` })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    let began
    let left = messages
    const { promise: ended, resolve: end } = Promise.withResolvers?.() ?? withResolvers()
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      eachBatch: async ({ batch }) => {
        began ??= performance.now()
        const pipeline = redis.pipeline()
        for (const { value } of batch.messages) {
          const change = JSON.parse(value)
          pipeline.hset(`${prefix}{${change.postId}}`, hashOf(change))
        }
        await pipeline.exec()
        left -= batch.messages.length
        if (left <= 0) end(performance.now())
      },
    })
    const rate = (messages / ((await ended) - began)) * 1000
    await consumer.disconnect()
    return rate
  },
})

function withResolvers() {
  const made = {}
  made.promise = new Promise((resolve) => {
    made.resolve = resolve
  })
  return made
}
