import { setTimeout as sleep } from 'node:timers/promises'
import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import type { RunningCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { withServices } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { Deployment } from './deployment.ts'

/** A third of the defaults. */
const timings = {
  relay: { leaseSeconds: 3, renewEveryMs: 1_000 },
  reconciler: { leaseSeconds: 4, renewEveryMs: 1_000 },
  // The broker allows no shorter session.
  kafka: { sessionTimeoutMs: 6_000, heartbeatMs: 1_000, fetchWaitMs: 100 },
  settingsMaxAgeSeconds: 1,
}
/** Seconds in which another relay takes a shard over: a lease, its renewal, and what a busy machine needs. */
const takeoverSeconds = 7

withServices.serial('four relay shards: relays and consumers join, leave, die and stop under load', async (t) => {
  t.timeout(400_000)
  const database = await testDatabase(t)
  const redis = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  await postRate.settings.set({ relayShards: 4 })
  const deployment = await Deployment.start(t, {
    ...{ database, redis: [redis.url], relays: 2, consumers: 2, posts: 80, timings },
    env: {
      ...{ DATABASE_URL: database, REDIS_URL: redis.url, KAFKA_BROKERS: brokers.join() },
      ...{ POST_RATE_TOPIC: topic, POST_RATE_GROUP: group, POST_RATE_REDIS_PREFIX: redis.prefix },
    },
  })
  const holders = async (count: number, shards: number) => {
    const rows = await runSql<{ holder: string }>(
      database,
      'select holder from post_rate.leases where name like $1 and expires_at > clock_timestamp()',
      [`relay:_/${shards}`],
    )
    return rows.length === shards && new Set(rows.map(({ holder }) => holder)).size === count
  }
  const shared = (count: number, shards = 4) =>
    eventually(() => holders(count, shards), {
      ...{ timeout: 60_000, interval: 200 },
      message: `not ${count} relays hold ${shards} shards`,
    })
  /** While it works, no change may wait longer to be folded than a takeover lasts. */
  const takenOver = async (what: string, work: () => Promise<unknown>) => {
    let longest = 0
    const watch = new AbortController()
    const watching = (async () => {
      while (!watch.signal.aborted) {
        const [row] = await runSql<{ age: number | null }>(
          database,
          `select extract(epoch from clock_timestamp() - min(at))::float8 as age
           from post_rate.rating_outbox where version is null`,
        )
        longest = Math.max(longest, row?.age ?? 0)
        await sleep(250)
      }
    })()
    try {
      await work()
    } finally {
      watch.abort()
      await watching
    }
    t.log(`${what}: a change waited for at most ${longest.toFixed(1)} s`)
    t.true(longest < takeoverSeconds, `${what}: ${longest} s`)
  }
  const left = async (process: RunningCommand) => {
    process.kill('SIGTERM')
    t.is(await process.exited, 0, process.stderr())
  }
  const [firstRelay, secondRelay] = deployment.relays as [RunningCommand, RunningCommand]
  const [firstConsumer, secondConsumer] = deployment.consumers as [RunningCommand, RunningCommand]

  await shared(2)
  deployment.load.start()
  const [third] = [deployment.join('relay'), deployment.join('relay')]
  await takenOver('two more relays join', () => shared(4))
  await takenOver('two relays leave', async () => {
    await Promise.all([left(firstRelay), left(third)])
    await shared(2)
  })
  await takenOver('a relay is killed', async () => {
    secondRelay.kill('SIGKILL')
    await shared(1)
  })
  const stopped = deployment.join('relay')
  await shared(2)
  await takenOver('a relay is stopped, not dead', async () => {
    stopped.kill('SIGSTOP')
    await shared(1)
    stopped.kill('SIGCONT')
    await shared(2)
  })
  await deployment.settled('relays came and went')

  deployment.load.start()
  const thirdConsumer = deployment.join('consumer')
  await thirdConsumer.says(/The consumer runs/, 60_000)
  await left(firstConsumer)
  // Under load for a moment: the partitions of the killed one have only just been given to it.
  await sleep(500)
  secondConsumer.kill('SIGKILL')
  deployment.join('consumer')
  thirdConsumer.kill('SIGSTOP')
  // A fraction of its session: it comes back as a member.
  await sleep(1_000)
  thirdConsumer.kill('SIGCONT')
  await postRate.settings.set({ relayShards: 2 })
  await shared(2, 2)
  await deployment.settled('consumers came and went, four shards became two')
  await deployment.run('stats', 'verify')
})
