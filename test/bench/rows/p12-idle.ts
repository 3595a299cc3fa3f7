import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, type Program, usage } from '../bench.ts'
import { deploy } from '../deployment.ts'
import type { Finding, Row } from '../row.ts'
import type { Spread } from '../statistics.ts'

/** What the three processes use while nothing happens, as shares of one core. */
export const idle: Row = {
  id: 'P12',
  title: 'idle: relay, consumer and API together',
  async run(bench) {
    return [await idling(bench, 1_000, { atMost: 2 }), await idling(bench, 100_000, null)]
  },
}

/** Longer than the pause between two comparisons of everything. */
const seconds = 25

async function idling(bench: Bench, posts: number, bound: Finding['bound']): Promise<Finding> {
  const deployment = await deploy(bench, `idle-${posts}`, posts)
  const roles = [await deployment.relay(), await deployment.consumer()]
  roles.push(
    await bench.role(['serve', '--no-relay', '--port', '0', '--auth', 'header:X-User'], deployment.env, /Serving/),
  )
  await deployment.steady()
  const shares: number[][] = []
  for (let slice = 0; slice < 5; slice++) shares.push(await used(roles, (seconds / 5) * bench.scale))
  for (const role of roles) await role.stop()
  await deployment.drop()
  const sums = shares.map((slice) => slice.reduce((sum, share) => sum + share, 0))
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [relay, consumer, api] = roles.map((_, n) => mean(shares.map((slice) => slice[n] as number)).toFixed(2))
  // Not the median: the comparison of everything falls into some of the slices.
  const result: Spread = { median: mean(sums), least: Math.min(...sums), greatest: Math.max(...sums) }
  return {
    id: posts === 1_000 ? 'P12' : 'P12b',
    title: `idle with ${posts.toLocaleString('en-US')} posts: relay, consumer and API`,
    peer: null,
    result,
    unit: '%',
    bound,
    measured: `relay ${relay} %, consumer ${consumer} %, API ${api} %`,
  }
}

/** Percent of a core that each of the processes used. */
async function used(roles: readonly Program[], seconds: number): Promise<number[]> {
  const before = roles.map(({ pid }) => usage(pid).cpuSeconds)
  const began = performance.now()
  await sleep(seconds * 1000)
  const elapsed = (performance.now() - began) / 1000
  return roles.map(({ pid }, n) => ((usage(pid).cpuSeconds - (before[n] as number)) / elapsed) * 100)
}
