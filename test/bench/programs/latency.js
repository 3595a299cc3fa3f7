import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// A host that rates at a steady pace, and hears from Redis itself when a post's copy is written.

const { database, redis, kafka, topic, relay } = options
const postRate = createPostRate({ database, redis, kafka: { brokers: [kafka] }, topic })
await postRate.start({ relay })

/** When the rating of a post was acknowledged, or when its copy was written, whichever came first. */
const acknowledged = new Map()
const written = new Map()
let latencies = []

const listener = new Redis(redis)
await listener.config('SET', 'notify-keyspace-events', 'Eh')
await listener.subscribe('__keyevent@0__:hset')
listener.on('message', (_channel, key) => {
  const postId = Number(/\{(\d+)\}$/.exec(key)?.[1])
  const since = acknowledged.get(postId)
  if (since !== undefined) latencies.push(performance.now() - since)
  else written.set(postId, performance.now())
  acknowledged.delete(postId)
})

answering({
  /** Rates so many posts a second, each of them once, from `first` on; the quantiles in milliseconds. */
  async rate({ perSecond, seconds, first }) {
    latencies = []
    written.clear()
    const total = Math.round(perSecond * seconds)
    const calls = []
    const began = performance.now()
    for (let n = 0; n < total; ) {
      const due = Math.min(total, ((performance.now() - began) / 1000) * perSecond)
      for (; n < due; n++) calls.push(rateOne(first + n))
      await sleep(1)
    }
    await Promise.all(calls)
    for (const end = performance.now() + 20_000; acknowledged.size > 0 && performance.now() < end; ) await sleep(10)
    if (acknowledged.size > 0) throw new Error(`${acknowledged.size} ratings never came to Redis`)
    latencies.sort((a, b) => a - b)
    const quantile = (share) => latencies[Math.floor((latencies.length - 1) * share)]
    return { p50: quantile(0.5), p99: quantile(0.99), ratings: latencies.length }
  },
  close: () => postRate.close(),
})

async function rateOne(postId) {
  await postRate.ratings.rate({ postId, userId: 'reader', score: postId % 6 })
  if (written.has(postId)) latencies.push(0)
  else acknowledged.set(postId, performance.now())
}
