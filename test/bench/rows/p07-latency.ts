import type { Bench } from '../bench.ts'
import { type Deployment, deploy } from '../deployment.ts'
import type { Finding, Row } from '../row.ts'
import { type Spread, spreadOf } from '../statistics.ts'

const perSecond = 1_000

/** From a rating's answer to its post's copy in Redis, through Kafka. */
export const latency: Row = {
  id: 'P7',
  title: 'acknowledged rating → live stats in Redis, 1,000 ratings/s',
  async run(bench) {
    const seconds = 3 * bench.scale
    const posts = Math.ceil((bench.runs + 1) * seconds * perSecond)
    const findings: Finding[] = []
    for (const relay of [false, true]) {
      const deployment = await deploy(bench, `latency-${relay}`, posts)
      const { p50, p99 } = await measure(bench, deployment, relay, seconds)
      await deployment.drop()
      const title = relay ? 'the same, relay in the API process' : this.title
      findings.push(
        line(relay ? 'P7c' : 'P7a', `${title}: p50`, p50, 25),
        line(relay ? 'P7d' : 'P7b', `${title}: p99`, p99, 100),
      )
    }
    return findings
  },
}

async function measure(bench: Bench, deployment: Deployment, relay: boolean, seconds: number) {
  const consumer = await deployment.consumer()
  const relays = relay ? [] : [await deployment.relay()]
  const { database, redis, kafka, topic } = deployment
  const host = await bench.program('latency', { database, redis, kafka, topic, relay })
  await deployment.steady()
  const found: { p50: number; p99: number }[] = []
  for (let run = 0; run <= bench.runs; run++) {
    const first = 1 + run * Math.round(seconds * perSecond)
    found.push(await host.ask({ what: 'rate', perSecond, seconds, first }))
  }
  await host.ask({ what: 'close' })
  for (const program of [host, consumer, ...relays]) await program.stop()
  const counted = found.slice(1)
  return { p50: spreadOf(counted.map(({ p50 }) => p50)), p99: spreadOf(counted.map(({ p99 }) => p99)) }
}

function line(id: string, title: string, result: Spread, atMost: number): Finding {
  return { id, title, peer: null, result, unit: 'ms', bound: { atMost }, measured: '' }
}
