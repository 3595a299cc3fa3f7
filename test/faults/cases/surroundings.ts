import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'
import { restart } from './restart.ts'

const libraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
]

/** Environment under which a process believes in another time of day; its steady clock is left alone. */
function skewed(offset: string): Record<string, string> {
  const library = libraries.find((path) => existsSync(path))
  if (!library) throw new Error('No libfaketime (Debian package `faketime`)')
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' }
}

export const surroundingsCases: readonly FaultCase[] = [
  {
    name: 'clocks-skewed',
    row: 'C30',
    title: 'an API process, a relay, a consumer and Redis are 10 minutes early or late',
    async run(world, probe) {
      const [api, relay, consumer] = [world.apis[0], world.relays, world.consumers[0]]
      await Promise.all([
        api?.restart({ env: skewed('+10m') }),
        relay[0]?.restart({ env: skewed('-10m') }),
        relay[1]?.restart({ env: skewed('+10m') }),
        consumer?.restart({ env: skewed('-10m') }),
      ])
      await world.redis.end('SIGKILL')
      await restart(world.redis, { PATH: process.env.PATH, ...skewed('-10m') })
      const [, micros] = [0, await world.redisClient.time()]
      probe.reached('minutes Redis is off', Math.round(Math.abs(Date.now() / 1000 - Number(micros[0])) / 60))
      await api?.says(/^http:/m)
      const said = /"time":"([^"]+)"/.exec(relay[0]?.output ?? '')?.[1]
      probe.reached('minutes the relay is off', said ? Math.round(Math.abs(Date.now() - Date.parse(said)) / 60_000) : 0)
      await sleep(15_000)
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
