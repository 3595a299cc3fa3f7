import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../helpers/eventually.ts'
import { startPgBouncer } from '../../helpers/services/pgbouncer.ts'
import { stopServer } from '../../helpers/services/server.ts'
import { newServerDirectory } from '../../helpers/services/server-directories.ts'
import type { FaultCase } from '../fault-case.ts'
import { Twin } from '../twin.ts'
import type { World } from '../world.ts'

/** How many relays share these shards now; 0 where one of them has none. */
async function sharing(world: World, shards: number): Promise<number> {
  const rows = await world.sql<{ holder: string }>(
    `select holder from post_rate.leases where name ~ $1 and expires_at > clock_timestamp()`,
    [`^relay:[0-9]+/${shards}$`],
  )
  return rows.length === shards ? new Set(rows.map(({ holder }) => holder)).size : 0
}

async function setShards(world: World, shards: number): Promise<void> {
  const { code, output } = await world.command(`shards-${shards}`, ['settings', 'set', 'shards', String(shards)])
  if (code !== 0) throw new Error(output)
}

export const deploymentCases: readonly FaultCase[] = [
  {
    name: 'shards-come-and-go',
    row: 'H9',
    title: 'one relay shard becomes four and one again, while relays and consumers join, leave and die',
    async run(world, probe) {
      await setShards(world, 4)
      const [relay, consumer] = [
        world.addRole('relay', 'relay-joining', ['relay']),
        world.addRole('consumer', 'consumer-joining', ['consumer']),
      ]
      relay.start()
      consumer.start()
      await eventually(async () => (await sharing(world, 4)) > 1, {
        timeout: 40_000,
        message: 'The relays do not share four shards',
      })
      probe.reached('relays that share', await sharing(world, 4))
      await consumer.says(/The consumer runs/)
      for (const role of [world.relays[0], world.consumers[0]]) role?.kill()
      await sleep(3_000)
      await relay.stop('SIGTERM')
      probe.reached('left', Number(relay.endings.at(-1)?.code === 0))
      await consumer.stop('SIGTERM')
      probe.reached('left', Number(consumer.endings.at(-1)?.code === 0))
      await setShards(world, 1)
      await sleep(3_000)
    },
  },
  {
    name: 'twin-deployments',
    row: 'C37',
    title: 'another deployment starts at the same moment on the same Redis and Kafka, with the same names',
    async run(world, probe) {
      const twin = await Twin.create(world)
      const own = [...world.relays, ...world.consumers]
      await Promise.all(own.map((role) => role.stop()))
      await world.redisClient.flushall()
      let over = false
      const watching = twin.watch(() => over)
      try {
        for (const role of world.random.shuffle([...own, ...twin.roles]))
          if (own.includes(role)) role.start()
          else twin.start(role)
        const refused = await eventually(
          () => [...own, ...twin.roles].find(({ output }) => /another deployment keeps/.test(output)),
          { timeout: 30_000, message: 'Nobody was refused' },
        )
        const [losers, winners] = own.includes(refused) ? [own, twin.roles] : [twin.roles, own]
        probe.reached(`refused: ${losers === own ? 'the world' : 'the twin'}`)
        await Promise.all(losers.map((role) => role.stop()))
        await Promise.all(winners.map((role) => role.says(/The (relay|consumer) runs/)))
        await sleep(3_000)
      } finally {
        over = true
        const { pages, foreign } = await watching
        probe.reached('pages', pages)
        for (const one of foreign) probe.wrong(one)
        await twin.remove()
        for (const role of own) role.start()
      }
      await Promise.all(own.map((role) => role.says(/The (relay|consumer) runs/)))
    },
  },
  {
    name: 'pooler-sessions-killed',
    row: 'P4',
    title: 'everything behind PgBouncer in transaction mode, whose server connections are killed again and again',
    async run(world, probe) {
      const pooler = await startPgBouncer(await newServerDirectory('pgbouncer'), world.postgres.url)
      try {
        world.proxies.postgres.retarget(Number(new URL(pooler.url).port))
        await sleep(3_000)
        for (let round = 0; round < 8; round++) {
          const killed = await world.sql(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where backend_type = 'client backend' and client_port <> -1 and pid <> pg_backend_pid()
             and application_name = 'post-rate'`,
          )
          probe.reached('server connections killed', killed.length)
          await sleep(1_000)
        }
      } finally {
        world.proxies.postgres.retarget(world.postgres.port)
        await stopServer(pooler)
      }
    },
  },
]
