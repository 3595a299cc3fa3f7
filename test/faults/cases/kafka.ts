import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase, Probe } from '../fault-case.ts'
import { readinessTells } from '../readiness.ts'
import { missingFromTopic, noteAcknowledged } from '../topic.ts'
import type { World } from '../world.ts'
import { restart } from './restart.ts'

/** From CONT on, the time in which a change must arrive by the topic again. */
const resumeLimitMs = 20_000

async function compareWithTopic(world: World, probe: Probe): Promise<void> {
  const { acknowledged, missing } = await missingFromTopic(world)
  probe.reached('acknowledged', acknowledged)
  for (const one of missing) probe.wrong(one)
}

/** Waits until relays have handed over everything that was in the outbox; the milliseconds that took. */
async function published(world: World): Promise<number> {
  const began = performance.now()
  const [last] = await world.sql<{ id: string | null }>('select max(id) as id from post_rate.rating_outbox')
  for (;;) {
    const [row] = await world.sql<{ n: string }>('select count(*) as n from post_rate.rating_outbox where id <= $1', [
      last?.id ?? '0',
    ])
    const ms = performance.now() - began
    if (row?.n === '0' || ms > 60_000) return ms
    await sleep(100)
  }
}

export const brokerCases: readonly FaultCase[] = [
  {
    name: 'broker-killed',
    row: 'C14',
    title: 'the broker dies by SIGKILL and comes back; what was acknowledged is in its log',
    async run(world, probe) {
      await noteAcknowledged(world)
      for (let round = 0; round < 2; round++) {
        await world.kafka.end('SIGKILL')
        probe.reached('killed')
        await sleep(4_000)
        await restart(world.kafka)
        await published(world)
        await sleep(1_000)
      }
      await compareWithTopic(world, probe)
    },
  },
  {
    name: 'broker-stopped',
    row: 'C15',
    title: 'the broker stands still for 30 s; 20 s after it goes on, so does everything',
    async run(world, probe) {
      world.kafka.signal('SIGSTOP')
      await sleep(15_000)
      // A bus that is away makes nothing unready.
      await readinessTells(world, probe, { ready: true, away: /kafka/ })
      await sleep(15_000)
      const [waiting] = await world.sql<{ n: string }>('select count(*) as n from post_rate.rating_outbox')
      probe.reached('changes waiting', Number(waiting?.n))
      world.kafka.signal('SIGCONT')
      const ms = await published(world)
      if (ms > resumeLimitMs) probe.wrong(`publishing went on ${(ms / 1000).toFixed(1)} s after the broker did`)
    },
  },
  {
    name: 'produce-reply-lost',
    row: 'C16',
    title: "the broker's answers to the relay, or the relay's requests, are lost; what was acknowledged is in its log",
    async run(world, probe) {
      await noteAcknowledged(world)
      const { relayKafka } = world.proxies
      for (let round = 0; round < 8; round++) {
        // In turn the answer is lost, and the request itself: only the broker knows which it was.
        const lost = round % 2 === 0 ? 'answers' : 'requests'
        relayKafka.set({ held: true }, lost === 'answers' ? 'toClient' : 'toServer')
        await sleep(world.random.between(100, 400))
        relayKafka.cut()
        relayKafka.heal()
        probe.reached(`${lost} lost`)
        await sleep(world.random.between(500, 2_000))
      }
      await published(world)
      await compareWithTopic(world, probe)
    },
  },
  {
    name: 'broker-black-hole',
    row: 'C17',
    title: 'nothing comes to the consumers from the broker for 30 s',
    async run(world, probe) {
      const { consumerKafka } = world.proxies
      consumerKafka.blackHole()
      await sleep(30_000)
      probe.reached('black hole')
      consumerKafka.heal()
    },
  },
]
