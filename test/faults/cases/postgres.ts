import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'
import { readinessTells } from '../readiness.ts'
import type { World } from '../world.ts'
import { restart } from './restart.ts'

export const postgresCases: readonly FaultCase[] = [
  {
    name: 'backends-killed',
    row: 'C5',
    title: 'every PostgreSQL session is terminated every 2 s',
    async run(world, probe) {
      for (let round = 0; round < 6; round++) {
        const killed = await world.sql(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'post-rate'",
        )
        probe.reached('sessions terminated', killed.length)
        await sleep(2_000)
      }
    },
  },
  {
    name: 'postgres-crashed',
    row: 'C6',
    title: 'PostgreSQL stops at once, without a checkpoint, and recovers',
    async run(world, probe) {
      for (let round = 0; round < 2; round++) {
        await world.postgres.end('SIGQUIT')
        probe.reached('stopped')
        await sleep(3_000)
        await restart(world.postgres)
        await sleep(3_000)
      }
      probe.reached('503', world.load.statusCount(503))
    },
  },
  {
    name: 'locked-post',
    row: 'C34',
    title: 'a transaction of the host locks a post for 12 s; ratings of all others go on',
    async run(world, probe) {
      const [locked] = world.posts
      const holder = await world.connect()
      try {
        await holder.query('begin')
        await holder.query('select from post_rate.posts where id = $1 for update', [locked])
        await holder.query('select from post_rate.ratings where post_id = $1 for update', [locked])
        const before = await otherRatings(world, locked)
        await sleep(12_000)
        const after = await otherRatings(world, locked)
        probe.reached('ratings of other posts', after - before)
        if (after - before < 20) probe.wrong(`only ${after - before} ratings of other posts in 12 s`)
        await holder.query('rollback')
      } finally {
        await holder.end()
      }
    },
  },
  {
    name: 'disk-full',
    row: 'C9',
    title: 'the disk of PostgreSQL is full, then has room again',
    async run(world, probe) {
      if (!world.volume.limited) throw new Error('Filling a disk needs the right to mount a small one: run it as root')
      const ballast = join(world.volume.path, 'ballast')
      const { bavail, bsize } = statfsSync(world.volume.path)
      const filled = spawnSync('fallocate', ['-l', String(bavail * bsize), ballast], { encoding: 'utf8' })
      if (filled.status !== 0) throw new Error(filled.stderr)
      await sleep(2_000)
      // Uses up the segments of the log that are there already.
      for (let n = 0; n < 60 && world.postgres.running && world.load.statusCount(503) === 0; n++) {
        await world.sql('select pg_switch_wal()').catch(() => probe.reached('no room for the log'))
        await sleep(150)
      }
      await sleep(4_000)
      probe.reached('503', world.load.statusCount(503))
      rmSync(ballast)
      await restart(world.postgres)
    },
  },
  {
    name: 'long-transaction',
    row: 'C10',
    title: 'a transaction of somebody else pins the horizon of every vacuum; the relay keeps up',
    async run(world, probe) {
      const client = await world.connect()
      await client.query('begin isolation level repeatable read')
      await client.query('select count(*) from post_rate.rating_outbox')
      let oldest = 0
      for (const until = Date.now() + 20_000; Date.now() < until; ) {
        const [row] = await world.sql<{ age: number | null }>(
          'select extract(epoch from clock_timestamp() - min(at))::float8 as age from post_rate.rating_outbox',
        )
        oldest = Math.max(oldest, row?.age ?? 0)
        await sleep(200)
      }
      const [pinned] = await world.sql<{ pinned: string }>(
        "select age(backend_xmin) as pinned from pg_stat_activity where state = 'idle in transaction' and backend_xmin is not null",
      )
      probe.reached('transactions behind the pinned one', Number(pinned?.pinned ?? 0))
      if (oldest > 5) probe.wrong(`the relay was ${oldest.toFixed(1)} s behind`)
      await client.query('rollback')
      await client.end()
    },
  },
  {
    name: 'lock-storm',
    row: 'C11',
    title: 'hosts write the same ratings in the opposite order in transactions of their own; no user sees a 5xx',
    async run(world, probe) {
      await world.sql("alter system set deadlock_timeout = '10ms'")
      await world.sql('select pg_reload_conf()')
      const before = world.load.statusCount(503) + world.load.statusCount(500)
      const posts = world.posts.slice(0, 12)
      const users = ['storm-1', 'storm-2']
      const pairs = posts.flatMap((postId) => users.map((userId) => ({ postId, userId })))
      let storming = true
      const host = async () => {
        const client = await world.connect()
        while (storming) {
          try {
            await client.query('begin')
            for (const { postId, userId } of [...pairs].reverse()) {
              const score = world.random.below(6)
              world.ledger.note(postId, userId, score)
              await client.query(
                `insert into post_rate.ratings (post_id, user_id, score) values ($1, $2, $3) on conflict (post_id, user_id)
                 do update set score = excluded.score, rated_at = excluded.rated_at where ratings.score is distinct from excluded.score`,
                [postId, userId, score],
              )
            }
            await client.query('commit')
            probe.reached('transactions of hosts')
          } catch (error) {
            if ((error as { code?: string }).code === '40P01') probe.reached('deadlocks of hosts')
            await client.query('rollback').catch(() => {})
          }
        }
        await client.end()
      }
      const hosts = Array.from({ length: 4 }, host)
      for (const until = Date.now() + 12_000; Date.now() < until; ) {
        await Promise.all(
          pairs.map(({ postId, userId }) => {
            const score = world.random.below(6)
            world.ledger.note(postId, userId, score)
            return world.load.rateAnyhow(world.random.pick(world.apiUrls), postId, userId, score)
          }),
        )
      }
      storming = false
      await Promise.all(hosts)
      const [deadlocks] = await world.sql<{ n: string }>(
        'select deadlocks as n from pg_stat_database where datname = current_database()',
      )
      // A batch leaves out what others have locked, so it is part of no deadlock any more.
      if (Number(deadlocks?.n) > 0) probe.reached('deadlocks', Number(deadlocks?.n))
      const refused = world.load.statusCount(503) + world.load.statusCount(500) - before
      if (refused > 0) probe.wrong(`${refused} users saw a 5xx`)
      // From here on one value is certain again.
      for (const { postId, userId } of pairs)
        if (world.ledger.takePair(postId, userId))
          await world.load.rate(world.apiUrls[0] as string, postId, userId, world.random.below(6))
      await world.sql('alter system reset deadlock_timeout')
      await world.sql('select pg_reload_conf()')
    },
  },
  {
    name: 'postgres-slow',
    row: 'C12',
    title: 'PostgreSQL answers 200 ms late, then at 64 kB/s',
    worstReadMs: 12_000,
    async run(world, probe) {
      const { postgres } = world.proxies
      const before = postgres.disturbed
      postgres.set({ delayMs: 100 })
      await sleep(8_000)
      postgres.set({ delayMs: 0, bytesPerSecond: 64_000 })
      await sleep(8_000)
      postgres.heal()
      probe.reached('late chunks', postgres.disturbed - before)
    },
  },
  {
    name: 'postgres-black-hole',
    row: 'C13',
    title: 'nothing comes back from PostgreSQL for 40 s, while connections stay open',
    async run(world, probe) {
      const { postgres } = world.proxies
      postgres.blackHole()
      await sleep(5_000)
      await readinessTells(world, probe, { ready: false, away: /postgres/ })
      await sleep(30_000)
      probe.reached('503', world.load.statusCount(503))
      postgres.heal()
    },
  },
  {
    name: 'postgres-cut',
    row: 'C13',
    title: 'PostgreSQL takes requests whose answers are lost, then refuses connections',
    async run(world, probe) {
      const { postgres } = world.proxies
      for (let round = 0; round < 5; round++) {
        postgres.loseReplies()
        await sleep(world.random.between(50, 400))
        postgres.cut()
        postgres.heal()
        await sleep(700)
        probe.reached('answers lost')
      }
      postgres.refuse()
      await sleep(4_000)
      postgres.heal()
      probe.reached('503', world.load.statusCount(503))
    },
  },
]

/** Changes of ratings so far, without those of one post. */
async function otherRatings(world: World, locked: number | undefined): Promise<number> {
  const [row] = await world.sql<{ n: string }>(
    'select sum(version) as n from post_rate.post_stats where post_id <> $1',
    [locked],
  )
  return Number(row?.n)
}
