import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { cleanUp } from '../helpers/clean-up.ts'
import { runCommand, startCommand, startRole } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { judge } from '../helpers/judge.ts'
import { privateRedis } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testTopic, withKafkaAdmin } from '../helpers/test-topic.ts'

const withAll = needs('postgres', 'redis', 'redis-server', 'kafka')
const prefix = 'post-rate:'
/** Fractions of the defaults, which have to pass before anything heals. */
const timings = {
  relay: { leaseSeconds: 3, renewEveryMs: 1_000 },
  reconciler: { leaseSeconds: 4, renewEveryMs: 1_000, comparisonEveryMs: 4_000 },
  // The broker allows no shorter session.
  kafka: { sessionTimeoutMs: 6_000, heartbeatMs: 1_000, watchEveryMs: 1_000, fetchWaitMs: 100 },
}
const healMs = 60_000

/** The full profile in processes of its own, with 1,000 rated posts at rest. */
async function deployment(t: ExecutionContext<unknown>) {
  t.timeout(180_000)
  const database = await testDatabase(t)
  const redis = await privateRedis(t)
  const kafka = await testTopic(t)
  const env = {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: kafka.brokers.join(),
    POST_RATE_TOPIC: kafka.topic,
    POST_RATE_GROUP: kafka.group,
  }
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-healing-'))
  cleanUp(t, () => rm(directory, { recursive: true, force: true }))
  const client = new Redis(redis.url)
  client.on('error', () => {})
  cleanUp(t, () => client.disconnect())
  const file = async (name: string, lines: string[]) => {
    await writeFile(join(directory, name), ['post,user,score,ratedAt', ...lines, ''].join('\n'))
    return join(directory, name)
  }
  const lines = (users: number, from: number) =>
    Array.from({ length: 1_000 * users }, (_, n) => {
      const post = (n % 1_000) + 1
      return `${post},user ${from + Math.floor(n / 1_000)},${(post * 7 + n) % 6},${1_700_000_000 + n}`
    })
  const quiet = await runCommand(t, ['import', await file('quiet.csv', lines(3, 0)), '--create-posts'], env)
  t.is(quiet.code, 0, quiet.stderr)
  /** Seconds until the independent judge finds nothing wrong. */
  const healed = async () => {
    const began = Date.now()
    const drained = async () => (await runSql(database, 'select from post_rate.rating_outbox limit 1')).length === 0
    await eventually(async () => (await drained()) && (await judge(database, redis.url, prefix)), {
      timeout: healMs,
      interval: 300,
      message: 'it did not heal',
    })
    return (Date.now() - began) / 1000
  }
  const verified = async () => {
    const { code, stdout, stderr } = await runCommand(t, ['stats', 'verify', '--json'], env)
    t.is(code, 0, stdout + stderr)
    t.like(JSON.parse(stdout), { posts: 1_000, checked: 1_000, drift: [], pending: 0 })
  }
  const start = (role: 'relay' | 'consumer') => startRole(t, role, env, timings)
  return { database, redis, kafka, env, client, file, lines, healed, verified, start }
}

withAll.serial('kill -9 of the consumer and of the relay in mid-import', async (t) => {
  const { database, env, file, lines, healed, verified, start } = await deployment(t)
  const relays = [start('relay'), start('relay')]
  const consumers = [start('consumer'), start('consumer')]
  await healed()
  const importing = startCommand(t, ['import', await file('more.csv', lines(15, 100))], env)
  const begun = 'select from post_rate.rating_outbox having count(*) > 1000'
  await eventually(async () => (await runSql(database, begun)).length > 0, { interval: 20 })
  t.is(importing.process.exitCode, null, 'the import is over before anything was killed')
  consumers[0]?.kill('SIGKILL')
  relays[0]?.kill('SIGKILL')
  t.is(await importing.exited, 0, importing.stderr())
  t.log(`healed ${await healed()} s after the import's end`)
  await verified()
})

withAll.serial(
  'FLUSHALL with 1,000 posts that nobody reads or rates, a lost key, a tampered one, a forged one',
  async (t) => {
    const { client, healed, verified, start } = await deployment(t)
    start('relay')
    start('consumer')
    await healed()
    await client.flushall()
    t.log(`healed ${await healed()} s after FLUSHALL`)
    await client.del(`${prefix}{17}`)
    await client.hset(`${prefix}{18}`, 'h5', 4_000)
    await client.hset(`${prefix}{19}`, { h0: 2, h1: 2, sum: 2, count: 4 })
    await client.copy(`${prefix}{20}`, `${prefix}{123456}`)
    t.log(`healed ${await healed()} s after keys were lost, tampered with and forged`)
    await verified()
  },
)

withAll.serial('a topic that was deleted, and one that was recreated by somebody else', async (t) => {
  const { env, kafka, file, lines, healed, verified, start } = await deployment(t)
  start('relay')
  start('consumer')
  await healed()
  await withKafkaAdmin(kafka.brokers, (admin) => admin.deleteTopics({ topics: [kafka.topic] }))
  t.is((await runCommand(t, ['import', await file('gone.csv', lines(2, 200))], env)).code, 0)
  t.log(`healed ${await healed()} s after the topic was deleted`)
  await withKafkaAdmin(kafka.brokers, async (admin) => {
    // False where the consumer was faster: then that topic is deleted, too.
    await eventually(
      async () => {
        await admin.deleteTopics({ topics: [kafka.topic] }).catch(() => {})
        return admin.createTopics({ topics: [{ topic: kafka.topic, numPartitions: 3 }] })
      },
      { timeout: 30_000 },
    )
  })
  t.is((await runCommand(t, ['import', await file('back.csv', lines(2, 300))], env)).code, 0)
  t.log(`healed ${await healed()} s after the topic was recreated`)
  await verified()
})
