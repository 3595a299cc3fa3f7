import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { skewedClockLibrary } from '../../helpers/services/moving-clock.ts'
import type { FaultCase } from '../fault-case.ts'
import type { World } from '../world.ts'
import { restart } from './restart.ts'

/** Environment under which a process believes in another time of day. */
function skewed(world: World, minutes: number): Record<string, string> {
  const library = skewedClockLibrary(join(world.directory, '..'))
  return { LD_PRELOAD: library, CLOCK_OFFSET_SECONDS: String(minutes * 60) }
}

export const surroundingsCases: readonly FaultCase[] = [
  {
    name: 'clocks-skewed',
    row: 'C30',
    title: 'an API process, a relay, a consumer and Redis are 10 minutes early or late',
    async run(world, probe) {
      const [api, relay, consumer] = [world.apis[0], world.relays, world.consumers[0]]
      await Promise.all([
        api?.restart({ env: skewed(world, 10) }),
        relay[0]?.restart({ env: skewed(world, -10) }),
        relay[1]?.restart({ env: skewed(world, 10) }),
        consumer?.restart({ env: skewed(world, -10) }),
      ])
      await world.redis.end('SIGKILL')
      await restart(world.redis, { PATH: process.env.PATH, ...skewed(world, -10) })
      const [seconds] = await world.redisClient.time()
      probe.reached('minutes Redis is off', Math.round(Math.abs(Date.now() / 1000 - Number(seconds)) / 60))
      await api?.says(/^http:/m)
      await sleep(15_000)
      for (const role of [...relay, consumer]) {
        const said = /"time":"([^"]+)"/.exec(role?.output ?? '')?.[1]
        if (said === undefined) continue
        probe.reached('roles 10 minutes off', Math.abs(Date.now() - Date.parse(said)) > 540_000 ? 1 : 0)
      }
      await Promise.all([api, ...relay, consumer].map((role) => role?.restart()))
      await world.redis.end('SIGKILL')
      await restart(world.redis, { PATH: process.env.PATH })
      await api?.says(/^http:/m)
    },
  },
  {
    name: 'memory-squeezed',
    row: 'C31',
    title: 'every role has 64 MB of heap',
    async run(world, probe) {
      const nodeArgs = ['--max-old-space-size=64']
      await Promise.all(world.roles.map((role) => role.restart({ nodeArgs })))
      await Promise.all(world.apis.map((api) => api.says(/^http:/m)))
      await sleep(12_000)
      for (const role of world.roles) {
        role.sample()
        probe.reached('squeezed', [...role.commandLines].some((line) => line.includes('=64')) ? 1 : 0)
      }
      await Promise.all(world.roles.map((role) => role.restart()))
      await Promise.all(world.apis.map((api) => api.says(/^http:/m)))
    },
  },
]
