import { setTimeout as sleep } from 'node:timers/promises'
import { restart } from './cases/restart.ts'
import { startConsumers, stopConsumers } from './cases/topic.ts'
import { group, topic, type World } from './world.ts'

/** Something short that goes wrong and is healed by itself: the soak does many at once. */
export interface Disturbance {
  name: string
  run(world: World, seconds: number): Promise<void>
}

export interface DisturbanceGroup {
  /** Seconds between two disturbances of the group. */
  every: [number, number]
  disturbances: readonly Disturbance[]
}

/** Within a group one comes after the other; groups do not wait for each other. */
export const disturbanceGroups: readonly DisturbanceGroup[] = [
  {
    every: [4, 15],
    disturbances: [
      { name: 'api killed', run: async (world) => world.random.pick(world.apis).kill() },
      { name: 'relay killed', run: async (world) => world.random.pick(world.relays).kill() },
      { name: 'consumer killed', run: async (world) => world.random.pick(world.consumers).kill() },
      { name: 'relay stopped', run: (world, seconds) => stand(world.random.pick(world.relays), 2 * seconds) },
      { name: 'consumer stopped', run: (world, seconds) => stand(world.random.pick(world.consumers), 2 * seconds) },
      { name: 'role restarted', run: (world) => world.random.pick(world.roles).restart() },
    ],
  },
  {
    every: [6, 20],
    disturbances: [
      {
        name: 'backends killed',
        run: async (world) => {
          await world.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'post-rate'")
        },
      },
      {
        name: 'postgres crashed',
        run: async (world, seconds) => {
          await world.postgres.end('SIGQUIT')
          await sleep(seconds * 300)
          await restart(world.postgres)
        },
      },
      {
        name: 'postgres black hole',
        run: async ({ proxies }, seconds) => {
          proxies.postgres.blackHole()
          await sleep(seconds * 1000)
          proxies.postgres.heal()
        },
      },
      {
        name: 'postgres late',
        run: async ({ proxies }, seconds) => {
          proxies.postgres.set({ delayMs: 60 })
          await sleep(seconds * 1000)
          proxies.postgres.heal()
        },
      },
      {
        name: 'postgres answers lost',
        run: async ({ proxies }) => {
          proxies.postgres.loseReplies()
          await sleep(250)
          proxies.postgres.cut()
          proxies.postgres.heal()
        },
      },
    ],
  },
  {
    every: [6, 20],
    disturbances: [
      {
        name: 'redis killed',
        run: async (world, seconds) => {
          await world.redis.end('SIGKILL')
          await sleep(seconds * 500)
          await restart(world.redis)
        },
      },
      { name: 'redis flushed', run: async (world) => void (await world.redisClient.flushall()) },
      { name: 'redis stopped', run: (world, seconds) => stand(world.redis, seconds) },
      {
        name: 'redis cut',
        run: async ({ proxies }, seconds) => {
          proxies.redis.refuse()
          await sleep(seconds * 500)
          proxies.redis.heal()
        },
      },
      {
        name: 'redis black hole',
        run: async ({ proxies }, seconds) => {
          proxies.redis.blackHole()
          await sleep(seconds * 1000)
          proxies.redis.heal()
        },
      },
    ],
  },
  {
    every: [8, 25],
    disturbances: [
      {
        name: 'broker killed',
        run: async (world, seconds) => {
          await world.kafka.end('SIGKILL')
          await sleep(seconds * 300)
          await restart(world.kafka)
        },
      },
      { name: 'broker stopped', run: (world, seconds) => stand(world.kafka, 2 * seconds) },
      {
        name: 'produce answers lost',
        run: async ({ proxies }) => {
          proxies.relayKafka.loseReplies()
          await sleep(150)
          proxies.relayKafka.cut()
          proxies.relayKafka.heal()
        },
      },
      {
        name: 'broker black hole for consumers',
        run: async ({ proxies }, seconds) => {
          proxies.consumerKafka.blackHole()
          await sleep(seconds * 2000)
          proxies.consumerKafka.heal()
        },
      },
      {
        name: 'topic deleted',
        run: async (world) => {
          await (await world.admin()).deleteTopics({ topics: [topic], timeout: 5_000 })
        },
      },
      {
        name: 'offsets moved to the end',
        run: async (world) => {
          await stopConsumers(world)
          try {
            const admin = await world.admin()
            await sleep(1_000)
            const offsets = await admin.fetchTopicOffsets(topic)
            const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }))
            await admin.setOffsets({ groupId: group, topic, partitions })
          } finally {
            startConsumers(world)
          }
        },
      },
    ],
  },
]

async function stand(what: { signal(name: NodeJS.Signals): void }, seconds: number): Promise<void> {
  what.signal('SIGSTOP')
  await sleep(seconds * 1000)
  what.signal('SIGCONT')
}
