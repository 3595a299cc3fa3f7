import { setTimeout as sleep } from 'node:timers/promises'
import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// A host whose callers rate as fast as the whole way to Redis can follow: they wait while too much is on it.

const { database, redis, kafka, topic } = options
const postRate = createPostRate({ database, redis, kafka: { brokers: [kafka] }, topic })
await postRate.start()

const backlog = async () => {
  const { outbox, lag } = await postRate.status()
  return { outbox: outbox.rows, lag: lag.reduce((sum, partition) => sum + partition.lag, 0) }
}

answering({
  /**
   * Callers rate for some seconds, and pause while the outbox and the topic hold more than `most` together. What went the
   * whole way in each slice, per second, and the most that was on the way.
   */
  async rate({ callers, seconds, slices, posts, users, most }) {
    let [answered, running, paused] = [0, true, false]
    const call = async () => {
      while (running) {
        if (paused) await sleep(5)
        else {
          const postId = 1 + Math.floor(Math.random() * posts)
          await postRate.ratings.rate({
            postId,
            userId: `u${Math.floor(Math.random() * users)}`,
            score: Math.floor(Math.random() * 6),
          })
          answered++
        }
      }
    }
    const calls = Array.from({ length: callers }, call)
    const [rates, highest] = [[], { outbox: 0, lag: 0 }]
    let [arrived, since] = [0, performance.now()]
    for (let slice = 0; slice < slices; slice++) {
      let now
      for (const end = performance.now() + (seconds / slices) * 1000; performance.now() < end; await sleep(200)) {
        now = await backlog()
        paused = now.outbox + now.lag > most
        highest.outbox = Math.max(highest.outbox, now.outbox)
        highest.lag = Math.max(highest.lag, now.lag)
      }
      const [there, at] = [answered - now.outbox - now.lag, performance.now()]
      rates.push(((there - arrived) / (at - since)) * 1000)
      arrived = there
      since = at
    }
    const all = answered
    running = false
    await Promise.all(calls)
    return { rates, highest, answered: all }
  },
  close: () => postRate.close(),
})
