import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'

export const redisCases: readonly FaultCase[] = [
  {
    name: 'redis-killed',
    row: 'C25',
    title: 'Redis dies by SIGKILL and comes back empty',
    async run(world, probe) {
      await world.redis.end('SIGKILL')
      await sleep(5_000)
      await world.redis.start()
      probe.reached('came back empty')
    },
  },
  {
    name: 'redis-flushed',
    row: 'C26',
    title: 'FLUSHALL, SCRIPT FLUSH and CLIENT KILL in the middle of the load',
    async run(world, probe) {
      for (let round = 0; round < 3; round++) {
        const before = await world.redisClient.dbsize()
        await world.redisClient.flushall()
        await world.redisClient.script('FLUSH')
        const killed = await world.redisClient.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        probe.reached('keys flushed', before)
        probe.reached('clients killed', Number(killed))
        await sleep(2_000)
      }
    },
  },
]
