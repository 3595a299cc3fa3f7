import type { Bench } from '../bench.ts'
import { type Host, listScript, type Roles, rateScript, startHost } from '../host.ts'
import { type RaceResult, race } from '../race.ts'
import { perSecond } from '../report.ts'
import type { Finding, Row } from '../row.ts'
import type { Spread } from '../statistics.ts'
import { wrk } from '../wrk.ts'

/** A rating over HTTP, against an Express handler that parses the same JSON and stores nothing. */
export const putRating = httpRow({
  id: 'P2',
  title: '`PUT /posts/:id/rating`',
  peer: 'bare Express, same JSON, stores nothing',
  atLeast: 0.85,
  roles: 'none',
  contenders: { ours: rateScript(), counters: rateScript('/counted'), peer: rateScript() },
})

export const putRatingBesideRoles = httpRow({
  id: 'P13c',
  title: 'P2 with a relay and a consumer running',
  peer: 'bare Express beside them, stores nothing',
  atLeast: null,
  roles: 'relay and consumer',
  contenders: { ours: rateScript(), peer: rateScript() },
})

export const listForUser = httpRow({
  id: 'P3',
  title: '`GET /posts` of 20 with a user',
  peer: 'bare Express, same bytes, one query by primary key',
  atLeast: 0.9,
  roles: 'relay',
  contenders: {
    ours: listScript(),
    counters: listScript({ path: '/posts-with-counters' }),
    aggregates: listScript({ path: '/posts-aggregated' }),
    peer: listScript({ path: '/same-bytes-with-a-query' }),
  },
})

export const listForNobody = httpRow({
  id: 'P4',
  title: '`GET /posts` of 20, anonymous',
  peer: 'bare Express, same bytes',
  atLeast: 0.9,
  roles: 'relay',
  contenders: {
    ours: listScript({ user: false }),
    counters: listScript({ path: '/posts-with-counters', user: false }),
    aggregates: listScript({ path: '/posts-aggregated', user: false }),
    peer: listScript({ path: '/same-bytes', user: false }),
  },
})

interface HttpRow {
  id: string
  title: string
  peer: string
  atLeast: number | null
  roles: Roles
  /** Lua of `wrk`; `ours` goes to the router, the others to what is written by hand. */
  contenders: { ours: string; peer: string; counters?: string; aggregates?: string }
}

function httpRow({ id, title, peer, atLeast, roles, contenders }: HttpRow): Row {
  return {
    id,
    title,
    async run(bench): Promise<Finding[]> {
      const host = await startHost(bench, roles)
      const { ratios, values } = await runAll(bench, host, contenders)
      await host.stop()
      const alternatives = {
        ...(ratios.counters && { counters: ratios.counters }),
        ...(ratios.aggregates && { aggregates: ratios.aggregates }),
      }
      return [
        {
          id,
          title,
          peer,
          result: ratios.ours as Spread,
          unit: '×',
          bound: atLeast === null ? null : { atLeast },
          measured: perSecond(values.ours as Spread, values.peer as Spread),
          alternatives,
        },
      ]
    },
  }
}

function runAll(bench: Bench, host: Host, scripts: HttpRow['contenders']): Promise<RaceResult<string>> {
  const seconds = Math.max(1, Math.round(2 * bench.scale))
  const contender = ([name, script]: [string, string]) => {
    const run = async () => (await wrk(bench, name === 'ours' ? host.ours : host.bare, { seconds, script })).perSecond
    return [name, run] as const
  }
  return race(bench.runs, {
    peer: () => Promise.resolve(0),
    ...Object.fromEntries(Object.entries(scripts).map(contender)),
  })
}
