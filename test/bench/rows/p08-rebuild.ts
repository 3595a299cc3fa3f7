import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, usage } from '../bench.ts'
import { settled, tenMillionRatings } from '../large-database.ts'
import { race } from '../race.ts'
import { digits } from '../report.ts'
import type { Finding, Row } from '../row.ts'
import { type Spread, spreadOf } from '../statistics.ts'

const histograms = `select post_id, array[${[0, 1, 2, 3, 4, 5]
  .map((score) => `count(*) filter (where score = ${score})`)
  .join(', ')}] from post_rate.ratings group by post_id`

/** Each takes many seconds, and so differs less from the others than short ones do. */
const mostRuns = 3

/** `stats rebuild` with Redis, against the one statement that computes the same histograms and repairs nothing. */
export const rebuild: Row = {
  id: 'P8',
  title: '`stats rebuild`',
  async run(bench) {
    const { url, posts, ratings } = await tenMillionRatings(bench)
    const redis = await bench.redis()
    const peaks: number[] = []
    const workers = { ours: 0, peer: 0 }
    const ours = async (repaired: number) => {
      const run = await watched(bench, url, async () => rebuildOnce(bench, url, redis, repaired))
      peaks.push(run.result.rss)
      workers.ours = Math.max(workers.ours, run.workers)
      return run.result.seconds
    }
    const peer = async () => {
      const run = await watched(bench, url, () => groupOnce(bench, url))
      workers.peer = Math.max(workers.peer, run.workers)
      return run.result
    }
    // The copies in Redis are made by the first one.
    await rebuildOnce(bench, url, redis, posts)
    const runs = Math.min(bench.runs, mostRuns)
    const same = await race(runs, { ours: () => ours(0), peer }, { warmUp: false })
    const whole = peaks.splice(0)
    const differing = await race(
      runs,
      {
        ours: async () => {
          await bench.sql(url, damage, 'vacuum post_rate.post_stats', 'checkpoint')
          return ours(posts)
        },
        peer,
      },
      { warmUp: false },
    )
    await bench.sql(url, settled, 'vacuum analyze post_rate.post_stats', 'checkpoint')
    const seconds = ({ values }: typeof same) =>
      `${digits(values.ours.median)} s against ${digits(values.peer.median)} s`
    const finding = (letter: string, title: string, result: Spread, atMost: number, measured: string): Finding => ({
      id: `P8${letter}`,
      title: `${this.title} of ${digits(ratings)} ratings on ${digits(posts)} posts, ${title}`,
      peer: 'one `GROUP BY` giving the same histograms',
      result,
      unit: '×',
      bound: { atMost },
      measured,
    })
    const parallel = `parallel workers: ${workers.ours} and ${workers.peer}`
    return [
      finding('a', 'nothing differs', same.ratios.ours, 1.5, `${seconds(same)}; ${parallel}`),
      finding('b', 'every post differs', differing.ratios.ours, 5, seconds(differing)),
      {
        id: 'P8c',
        title: 'its resident memory at most, in either case',
        peer: null,
        result: spreadOf([Math.max(...whole, ...peaks) / 1e6]),
        unit: 'MB',
        bound: { atMost: 200 },
        measured: `${digits(spreadOf(whole).median / 1e6)} MB where nothing differs, ${digits(spreadOf(peaks).median / 1e6)} MB where every post does`,
      },
    ]
  },
}

/** Every state becomes a wrong one of the same version. */
const damage = `update post_rate.post_stats set counts[1] = counts[1] + 1 where version > 0`

async function rebuildOnce(
  bench: Bench,
  url: string,
  redis: string,
  repaired: number,
): Promise<{ seconds: number; rss: number }> {
  const began = performance.now()
  let rss = 0
  const out = await bench.command(
    process.execPath,
    ['bin/post-rate.js', 'stats', 'rebuild', '--json'],
    { DATABASE_URL: url, REDIS_URL: redis },
    (pid) => {
      rss = Math.max(rss, usage(pid).rss)
    },
  )
  const seconds = (performance.now() - began) / 1000
  const report = JSON.parse(out) as { repaired: number }
  if (report.repaired !== repaired) throw new Error(`${report.repaired} posts were repaired, not ${repaired}`)
  return { seconds, rss }
}

/** By psql, with the memory that an administrator would give it. */
async function groupOnce(bench: Bench, url: string): Promise<number> {
  const began = performance.now()
  await bench.command('psql', [url, '-qAtX', '-o', '/dev/null', '-c', "set work_mem = '64MB'", '-c', histograms])
  return (performance.now() - began) / 1000
}

/** Runs it, and counts the parallel workers that were busy at once meanwhile. */
async function watched<T>(bench: Bench, url: string, work: () => Promise<T>): Promise<{ result: T; workers: number }> {
  let workers = 0
  let done = false
  const watching = (async () => {
    while (!done) {
      const [row] = await bench.sql<{ n: number }>(
        url,
        "select count(*)::int as n from pg_stat_activity where backend_type = 'parallel worker' and datname = current_database()",
      )
      workers = Math.max(workers, row?.n ?? 0)
      await sleep(250)
    }
  })()
  const result = await work().finally(() => {
    done = true
  })
  await watching
  return { result, workers }
}
