import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../helpers/eventually.ts'
import type { FaultCase, Probe } from '../fault-case.ts'
import { readinessTells } from '../readiness.ts'
import { faultyRedis } from '../servers.ts'
import type { World } from '../world.ts'
import { restart } from './restart.ts'

/** Readers go to PostgreSQL within 300 ms when Redis is away. A busy machine adds its share. */
const readLimits = { p99ReadMs: 500, worstReadMs: 2_000 }

/** Fills the rest of a Redis that has little memory. */
async function press(world: World, probe: Probe, policy: 'noeviction' | 'allkeys-lru'): Promise<void> {
  const redis = world.redisClient
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
  await redis.config('SET', 'maxmemory-policy', policy)
  await redis.config('SET', 'maxmemory', String(used + 400_000))
  for (let n = 0; n < 400; n++)
    await redis
      .set(`others:${policy}:${n}`, 'x'.repeat(10_000))
      .catch((error: Error) => error.message.startsWith('OOM') && probe.reached('refused by a full Redis'))
}

async function relieve(world: World): Promise<void> {
  const redis = world.redisClient
  await redis.config('SET', 'maxmemory', '0')
  await redis.config('SET', 'maxmemory-policy', 'noeviction')
  for (const policy of ['noeviction', 'allkeys-lru'])
    await redis.unlink(Array.from({ length: 400 }, (_, n) => `others:${policy}:${n}`))
}

export const redisCases: readonly FaultCase[] = [
  {
    name: 'redis-killed',
    row: 'C25',
    title: 'Redis dies by SIGKILL and comes back empty',
    ...readLimits,
    async run(world, probe) {
      await world.redis.end('SIGKILL')
      await sleep(5_000)
      await restart(world.redis)
      probe.reached('came back empty')
    },
  },
  {
    name: 'redis-flushed',
    row: 'C26',
    title: 'FLUSHALL, SCRIPT FLUSH and CLIENT KILL in the middle of the load',
    ...readLimits,
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
  {
    name: 'redis-stopped',
    row: 'C27',
    title: 'Redis stands still: SIGSTOP, a long command, CLIENT PAUSE; readers go to PostgreSQL',
    ...readLimits,
    async run(world, probe) {
      world.redis.signal('SIGSTOP')
      await readinessTells(world, probe, { ready: true, away: /redis/ })
      await sleep(6_000)
      world.redis.signal('SIGCONT')
      probe.reached('SIGSTOP')
      await sleep(1_500)
      await world.redisClient.call('DEBUG', 'SLEEP', '4').catch(() => {})
      probe.reached('long command')
      await sleep(1_500)
      await world.redisClient.call('CLIENT', 'PAUSE', '4000', 'ALL')
      probe.reached('paused')
      await sleep(5_000)
    },
  },
  {
    name: 'redis-unreachable',
    row: 'C27',
    title: 'the network swallows everything to and from Redis',
    ...readLimits,
    async run(world, probe) {
      world.proxies.redis.blackHole()
      await sleep(8_000)
      world.proxies.redis.heal()
      probe.reached('black hole')
    },
  },
  {
    name: 'redis-failover',
    row: 'C28',
    title: 'a replica that had lost its master is promoted, without the newest writes',
    async run(world, probe) {
      const password = new URL(world.redis.url).password
      const login = ['--requirepass', password, '--masterauth', password, '--enable-debug-command', 'yes']
      const standby = await faultyRedis(login)
      world.onClose(() => standby.dispose())
      const master = world.redis
      const before = world.redisClient
      world.redis = standby
      const promoted = world.redisClient
      await promoted.replicaof('127.0.0.1', master.port)
      await eventually(async () => (await promoted.info('replication')).includes('master_link_status:up'), {
        timeout: 30_000,
        message: 'The replica does not follow',
      })
      await sleep(1_000)
      await promoted.replicaof('NO', 'ONE')
      const copied = await promoted.dbsize()
      // What is written now, the replica never gets.
      await sleep(4_000)
      world.proxies.redis.retarget(standby.port)
      before.disconnect()
      await master.end('SIGKILL')
      probe.reached('keys on the replica', copied)
    },
  },
  {
    name: 'redis-full',
    row: 'C29',
    title: 'Redis has no memory left: first it refuses writes, then it evicts what it likes',
    async run(world, probe) {
      for (const policy of ['noeviction', 'allkeys-lru'] as const) {
        await press(world, probe, policy)
        await sleep(5_000)
        if (policy === 'allkeys-lru') {
          const evicted = /evicted_keys:(\d+)/.exec(await world.redisClient.info('stats'))?.[1]
          probe.reached('evicted', Number(evicted))
        }
      }
      await relieve(world)
    },
  },
]
