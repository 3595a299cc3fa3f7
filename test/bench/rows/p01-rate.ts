import type { Bench, Program } from '../bench.ts'
import { pgbench, plainTables, upsert, upsertWithCounters } from '../pgbench.ts'
import { race } from '../race.ts'
import { crowd, fill } from '../rated-posts.ts'
import { milliseconds, perSecond } from '../report.ts'
import type { Finding, Row } from '../row.ts'

const { callers, posts, users } = crowd

/** Rating through the library, against the least that storing a rating costs; and all of it on one post. */
export const rate: Row = {
  id: 'P1',
  title: '`ratings.rate()`, 64 callers in one process',
  async run(bench) {
    const { database, rater, stop } = await raterOn(bench)
    const seconds = 2 * bench.scale
    const { ratios, values } = await race(bench.runs, {
      ours: () => rater.ask<number>({ what: 'rate', callers, seconds, posts, users }),
      counters: () => pgbench(bench, database, upsertWithCounters(posts, users), { clients: callers, seconds }),
      peer: () => pgbench(bench, database, upsert(posts, users), { clients: callers, seconds }),
    })
    const manners = await mannersOf(bench, rater)
    await stop()
    return [
      {
        id: this.id,
        title: this.title,
        peer: 'pgbench, one-row upsert, 64 clients',
        result: ratios.ours,
        unit: '×',
        bound: { atLeast: 2.5 },
        measured: perSecond(values.ours, values.peer),
        alternatives: { counters: ratios.counters },
      },
      ...manners,
    ]
  },
}

/** What no throughput may cost: a lone rating's time, and the others' time beside one user's flood. */
async function mannersOf(bench: Bench, rater: Program): Promise<Finding[]> {
  const seconds = bench.scale
  const ask = (what: string, more: object) => () => rater.ask<number>({ what, seconds, posts, users, ...more })
  const lone = await race(bench.runs, { ours: ask('lone', {}), peer: ask('lonePlain', {}) })
  const flooded = await race(bench.runs, {
    ours: ask('beside', { callers: 32, flood: 2_000 }),
    peer: ask('beside', { callers: 32, flood: 0 }),
  })
  return [
    {
      id: 'P1b',
      title: 'a lone rating: time to its answer',
      peer: 'one plain upsert of the same client',
      result: lone.ratios.ours,
      unit: '×',
      bound: { atMost: 1.3 },
      measured: milliseconds(lone.values.ours, lone.values.peer),
    },
    {
      id: 'P1c',
      title: '32 users beside a flood of 2,000 calls of one',
      peer: 'the same without the flood',
      result: flooded.ratios.ours,
      unit: '×',
      bound: { atMost: 2 },
      measured: milliseconds(flooded.values.ours, flooded.values.peer),
    },
  ]
}

export const oneHotPost: Row = {
  id: 'P9',
  title: 'every rating on one post',
  async run(bench): Promise<Finding[]> {
    const { database, rater, stop } = await raterOn(bench)
    const seconds = bench.scale
    const { ratios, values } = await race(bench.runs, {
      ours: () => rater.ask<number>({ what: 'rate', callers, seconds, posts: 1, users }),
      counters: () => pgbench(bench, database, upsertWithCounters(1, users), { clients: callers, seconds }),
      countersSpread: () => pgbench(bench, database, upsertWithCounters(posts, users), { clients: callers, seconds }),
      peer: () => rater.ask<number>({ what: 'rate', callers, seconds, posts, users }),
    })
    await stop()
    const share = (figure: 'median' | 'least' | 'greatest') => ratios.counters[figure] / ratios.countersSpread.median
    return [
      {
        id: this.id,
        title: this.title,
        peer: 'the same, spread over 10,000 posts',
        result: ratios.ours,
        unit: '×',
        bound: { atLeast: 0.8 },
        measured: perSecond(values.ours, values.peer),
        // The alternative's own share, against itself spread over as many posts.
        alternatives: {
          counters: { median: share('median'), least: share('least'), greatest: share('greatest') },
        },
      },
    ]
  },
}

async function raterOn(bench: Bench) {
  const database = await bench.database()
  await fill(bench, database, { posts, ratingsPerPost: 1 })
  await bench.sql(database, plainTables(posts))
  const rater = await bench.program('rater', { database })
  const stop = async () => {
    await rater.stop()
    await bench.dropDatabase(database)
  }
  return { database, rater, stop }
}
