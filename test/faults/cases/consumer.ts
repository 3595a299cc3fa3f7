import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'
import { recovered } from '../recovery.ts'

export const consumerCases: readonly FaultCase[] = [
  {
    name: 'rebalance-storm',
    row: 'C22',
    title: 'five more consumers come and go every 3 s; changes keep arriving',
    async run(world, probe) {
      const extra = Array.from({ length: 5 }, (_, n) => world.addRole('consumer', `storm-${n}`, ['consumer']))
      let storming = true
      let longest = 0
      const watch = (async () => {
        while (storming) {
          longest = Math.max(longest, (await recovered(world, 30_000)).seconds)
          await sleep(300)
        }
      })()
      for (let round = 0; round < 12; round++) {
        const one = extra[round % extra.length]
        if (one?.running) await one.stop(world.random.pick(['SIGTERM', 'SIGKILL']))
        else one?.start()
        probe.reached('joined or left')
        await sleep(3_000)
      }
      storming = false
      await watch
      await Promise.all(extra.map((one) => one.stop()))
      for (const one of extra) world.consumers.splice(world.consumers.indexOf(one), 1)
      if (longest > 15) probe.wrong(`nothing arrived for ${longest.toFixed(1)} s`)
    },
  },
  {
    name: 'consumer-stopped',
    row: 'C23',
    title: 'a consumer stands still beyond its session, then goes on with what it had in hand',
    async run(world, probe) {
      const consumer = world.random.pick(world.consumers)
      consumer.signal('SIGSTOP')
      await sleep(25_000)
      consumer.signal('SIGCONT')
      probe.reached('stopped for 25 s')
      await sleep(3_000)
    },
  },
]
