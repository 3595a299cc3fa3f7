import { backlogOf, backlogPosts } from '../backlog.ts'
import { race } from '../race.ts'
import { perSecond } from '../report.ts'
import type { Row } from '../row.ts'

/** The consumer, against a loop that writes every message as it is. Both begin with an older copy of every post. */
export const consume: Row = {
  id: 'P5',
  title: 'consumer, a backlog of 1,000,000 messages',
  async run(bench) {
    const backlog = await backlogOf(bench)
    const [redis, kafka] = [await bench.redis(), await bench.kafka()]
    const ours = await bench.program('consumer', { database: backlog.database, redis, kafka })
    const loop = await bench.program('consume-loop', { redis, kafka })
    for (const prefix of ['ours:', 'loop:'])
      await loop.ask({ what: 'empty', topic: await backlog.topic(0), messages: backlogPosts, prefix })
    const taken = { ours: 0, loop: 0 }
    const { ratios, values } = await race(
      bench.runs,
      {
        ours: async () => {
          const topic = await backlog.topic(++taken.ours)
          const question = { what: 'empty', topic, messages: backlog.messages, prefix: 'ours:' }
          const found = await ours.ask<{ rate: number; stale: number; conflicts: number }>(question)
          if (found.stale + found.conflicts > 0) throw new Error(`Not everything was written: ${JSON.stringify(found)}`)
          return found.rate
        },
        peer: async () => {
          const topic = await backlog.topic(++taken.loop)
          return loop.ask<number>({ what: 'empty', topic, messages: backlog.messages, prefix: 'loop:' })
        },
      },
      { warmUp: false },
    )
    await Promise.all([ours.stop(), loop.stop()])
    return [
      {
        id: this.id,
        title: this.title,
        peer: 'kafkajs eachBatch, JSON.parse, pipelined HSET',
        result: ratios.ours,
        unit: '×',
        bound: { atLeast: 0.8 },
        measured: perSecond(values.ours, values.peer),
      },
    ]
  },
}
