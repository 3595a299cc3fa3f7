import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// The relay's role, from its start until the outbox is empty.

const left = new pg.Client(options.database)
await left.connect()

answering({
  /** Empties an outbox of so many rows; rows per second. */
  async empty({ topic, rows }) {
    const postRate = createPostRate({ database: options.database, kafka: { brokers: [options.kafka] }, topic })
    const began = performance.now()
    await postRate.start({ relay: true })
    while (postRate.counters.published < rows) await sleep(2)
    while ((await left.query('select from post_rate.rating_outbox limit 1')).rowCount > 0) await sleep(2)
    const ended = performance.now()
    await postRate.close()
    return (rows / (ended - began)) * 1000
  },
})
