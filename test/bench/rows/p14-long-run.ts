import { usage } from '../bench.ts'
import { hostPosts, hostUsers, startHost } from '../host.ts'
import { digits } from '../report.ts'
import type { Finding, Row } from '../row.ts'
import { quantile, type Spread, spreadOf } from '../statistics.ts'
import { type WrkResult, wrk } from '../wrk.ts'

/** Each a tenth of the row's time. */
const parts = 10
/** Fewer than would keep a core busy all the time: a queue that grows is seen as such. */
const connections = 8

/** Readers and raters for minutes beside a relay: what grows with time shows. `wrk` fails the row at the first error. */
export const longRun: Row = {
  id: 'P14',
  title: '90 % list, 10 % rate',
  async run(bench): Promise<Finding[]> {
    const host = await startHost(bench, 'relay')
    const seconds = Math.max(1, Math.round((bench.minutes * 60 * bench.scale) / parts))
    const results: WrkResult[] = []
    const memory: number[] = []
    for (let part = 0; part < parts; part++) {
      results.push(await wrk(bench, host.ours, { seconds, connections, script }))
      memory.push(usage(host.pid).rss / 2 ** 20)
    }
    await host.stop()
    const perSecond = digits(
      quantile(
        results.map((result) => result.perSecond),
        0.5,
      ),
    )
    const title = `${this.title} for ${digits(bench.minutes)} minutes`
    const p99 = results.map((result) => result.p99Ms)
    return [
      {
        id: 'P14',
        title: `${title}: p99`,
        peer: 'the 2nd to 4th tenth',
        result: growth(p99),
        unit: '×',
        bound: { atMost: 1.2 },
        measured: `${perSecond}/s without an error; p99 by tenth ${p99.map(digits).join(' ')} ms`,
      },
      {
        id: 'P14b',
        title: `${title}: resident memory`,
        peer: 'the 2nd to 4th tenth',
        result: growth(memory),
        unit: '×',
        bound: { atMost: 1.2 },
        measured: `by tenth ${memory.map((mib) => Math.round(mib)).join(' ')} MiB`,
      },
    ]
  },
}

/** The last three parts against the second to the fourth; the first one warms up. */
function growth(values: readonly number[]): Spread {
  const before = quantile(values.slice(1, 4), 0.5)
  return spreadOf(values.slice(-3).map((value) => value / before))
}

const script = `
request = function()
  wrk.headers['x-user'] = 'u' .. math.random(0, ${hostUsers - 1})
  if math.random() < 0.9 then return wrk.format('GET', '/posts?limit=20') end
  wrk.headers['content-type'] = 'application/json'
  return wrk.format('PUT', '/posts/' .. math.random(1, ${hostPosts}) .. '/rating', nil, '{"score":' .. math.random(0, 5) .. '}')
end
`
