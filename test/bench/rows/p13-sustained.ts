import { deploy } from '../deployment.ts'
import { pgbench, plainTables, upsert } from '../pgbench.ts'
import { race } from '../race.ts'
import { crowd } from '../rated-posts.ts'
import { digits, perSecond } from '../report.ts'
import type { Row } from '../row.ts'
import { spreadOf } from '../statistics.ts'

const { callers, posts, users } = crowd
/** About two seconds' worth on the way to Redis. */
const most = 20_000

/** What goes all the way to Redis, minute after minute, against what rating alone costs. */
export const sustained: Row = {
  id: 'P13',
  title: 'sustained through everything: rate, fold, Kafka, Redis',
  async run(bench) {
    const deployment = await deploy(bench, 'sustained', posts)
    const { database, redis, kafka, topic } = deployment
    await bench.sql(database, plainTables(posts))
    const peer = () =>
      pgbench(bench, database, upsert(posts, users), { clients: callers, seconds: Math.ceil(8 * bench.scale) })
    const roles = [await deployment.relay(), await deployment.consumer()]
    const host = await bench.program('sustained', { database, redis, kafka, topic })
    await deployment.steady()
    const before = await peer()
    const question = { what: 'rate', callers, seconds: 60 * bench.scale, slices: bench.runs, posts, users, most }
    const { rates, highest } = await host.ask<{ rates: number[]; highest: { outbox: number; lag: number } }>(question)
    const alone = [before, await peer()]
    await deployment.settled()
    // Unhindered: what cannot be carried on at once waits in the outbox.
    const seconds = 2 * bench.scale
    const unbounded = { ...question, seconds, slices: 1, most: Number.MAX_SAFE_INTEGER }
    const beside = await race(bench.runs, {
      ours: async () => (await host.ask<{ answered: number }>(unbounded)).answered / seconds,
      peer: () => pgbench(bench, database, upsert(posts, users), { clients: callers, seconds: Math.ceil(seconds) }),
    })
    await deployment.settled()
    await host.ask({ what: 'close' })
    for (const program of [host, ...roles]) await program.stop()
    await deployment.drop()
    const mean = alone.reduce((sum, rate) => sum + rate, 0) / alone.length
    return [
      {
        id: this.id,
        title: this.title,
        peer: 'pgbench, one-row upsert, 64 clients',
        result: spreadOf(rates.map((rate) => rate / mean)),
        unit: '×',
        bound: { atLeast: 0.5 },
        measured: `${perSecond(spreadOf(rates), spreadOf(alone))}; outbox at most ${digits(highest.outbox)}, lag ${digits(highest.lag)}`,
      },
      {
        id: 'P13b',
        title: 'P1 with a relay and a consumer running',
        peer: 'pgbench beside them',
        result: beside.ratios.ours,
        unit: '×',
        bound: null,
        measured: perSecond(beside.values.ours, beside.values.peer),
      },
    ]
  },
}
