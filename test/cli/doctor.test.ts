import { PassThrough } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { doctorLog } from '../../packages/cli/src/commands/doctor-log.ts'
import { streamLogger } from '../../packages/cli/src/logger.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { privatePgBouncer } from '../helpers/private-servers.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { databaseUrl, runSql, testDatabase } from '../helpers/test-database.ts'
import { testTopic, withKafkaAdmin } from '../helpers/test-topic.ts'
import { type Invocation, runCli } from './run-cli.ts'
import { goodStatus } from './tui/fake-post-rate.ts'

/** What doctor says of one thing, and its exit code. */
async function diagnosed(name: string, env: Record<string, string>, more: Invocation = {}) {
  const { code, stdout, stderr } = await runCli(['doctor'], { env, ...more })
  const line = stdout.split('\n').find((each) => new RegExp(`^\\w+ +${name} `).test(each))
  return { code, stderr, line: line ?? `no line of ${name} in:\n${stdout}${stderr}` }
}

withPostgres('doctor: a wrong URL of the database, by what is wrong with it', async (t) => {
  const url = await testDatabase(t)
  const port = new URL(url)
  port.port = '1'
  const host = new URL(url)
  host.hostname = 'no-such-host.invalid'
  for (const [wrong, what] of [
    [port.href, /ECONNREFUSED.*docker compose up --wait postgres.*correct the database URL/],
    [host.href, /no-such-host\.invalid.*Check that it runs.*correct the database URL/],
    [
      databaseUrl(url, 'no_such_database'),
      /createdb NAME.*correct the name in the database URL.*database "no_such_database" does not exist/,
    ],
  ] as const) {
    const { code, line } = await diagnosed('postgres', { DATABASE_URL: wrong })
    t.is(code, 4)
    t.regex(line, what)
  }
})

withPostgres('doctor: Redis and Kafka at a wrong address', async (t) => {
  const DATABASE_URL = await testDatabase(t)
  const redis = await diagnosed('redis', { DATABASE_URL, REDIS_URL: 'redis://127.0.0.1:1' })
  t.is(redis.code, 4)
  t.regex(redis.line, /^failed .*127\.0\.0\.1:1.*`/)
  t.regex(redis.stderr, /^Database: .*\n$/, 'the line of Redis says it')
  const kafka = await diagnosed('kafka', { DATABASE_URL, KAFKA_BROKERS: '127.0.0.1:1' })
  t.is(kafka.code, 4)
  t.regex(kafka.line, /^failed .*127\.0\.0\.1:1.*`/)
  t.regex(kafka.stderr, /^Database: .*\n$/, 'the line of Kafka says it')
})

test('doctor: the log says what no line says', (t) => {
  const written = new PassThrough({ encoding: 'utf8' })
  const { logger, release } = doctorLog(streamLogger(written, false))
  logger.warn("Kafka's certificate is not checked")
  for (const message of ['Redis connection failed', 'kafkajs: Connection error']) logger.warn(message)
  t.regex(written.read(), /^[^\n]*certificate is not checked[^\n]*\n$/)
  const { redis, ...others } = goodStatus.dependencies
  release({ dependencies: { ...others, redis: { ...redis, reachable: false } } })
  t.regex(written.read(), /^[^\n]*kafkajs: Connection error[^\n]*\n$/)
})

withPostgres('doctor: on a terminal details have a column of their own', async (t) => {
  const env = { DATABASE_URL: await testDatabase(t), REDIS_URL: 'redis://127.0.0.1:1' }
  const { stdout } = await runCli(['doctor', '--no-color'], { env, columns: 80 })
  t.regex(stdout, /^failed {3}redis {6}Cannot reach Redis .*(\n {20}.*)+or leave out the Redis URL\.$/m)
  t.true(stdout.split('\n').every((line) => line.length <= 80))
})

needs('postgres', 'kafka')(
  'doctor: a topic that is missing, has too few partitions, and is as it should be',
  async (t) => {
    const { env, brokers, topic } = await withTopic(t)
    t.notRegex((await runCli(['doctor'], { env })).stderr, /kafkajs/, 'the line of the topic says it')
    const missing = await diagnosed('topic', env)
    t.is(missing.code, 0)
    t.regex(missing.line, new RegExp(`^warning .*${topic} cannot be found.*\`post-rate relay\``))
    await withKafkaAdmin(brokers, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true }),
    )
    const few = await diagnosed('topic', env)
    t.regex(
      few.line,
      /^warning .*2 of 6 partitions.*`kafka-topics\.sh .*--alter .*--partitions 6`.*POST_RATE_TOPIC_PARTITIONS=2/,
    )
    t.regex((await diagnosed('topic', { ...env, POST_RATE_TOPIC_PARTITIONS: '2' })).line, /^ok .*2 partitions$/)
  },
)

needs('postgres', 'kafka')('doctor: messages that wait for a consumer', async (t) => {
  const { env, brokers, topic } = await withTopic(t)
  await withKafkaAdmin(brokers, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 6 }], waitForLeaders: true }),
  )
  t.regex((await diagnosed('lag', env)).line, /^ok .*0 messages on 6 partitions$/)
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  cleanUp(t, () => producer.disconnect())
  await producer.send({ topic, messages: Array.from({ length: 1_001 }, () => ({ value: '{}' })) })
  t.regex(
    (await diagnosed('lag', env)).line,
    /^warning .*1,001 messages on 6 partitions\..*`post-rate consumer`, up to 6/,
  )
})

withPostgres('doctor: a schema that is behind', async (t) => {
  const url = await testDatabase(t)
  await runSql(url, 'delete from post_rate.migrations where version = (select max(version) from post_rate.migrations)')
  const { code, line } = await diagnosed('schema', { DATABASE_URL: url })
  t.is(code, 6)
  t.regex(line, /^failed .*`post-rate migrate`/)
  t.is(line.split('`post-rate migrate`').length, 2, 'once')
})

withPostgres.serial('doctor: a clock that is an hour ahead', async (t) => {
  const DATABASE_URL = await testDatabase(t)
  const { now } = Date
  cleanUp(t, () => {
    Date.now = now
  })
  Date.now = () => now() + 3_650_000
  const { code, line } = await diagnosed('clock', { DATABASE_URL })
  Date.now = now
  t.is(code, 0)
  t.regex(line, /^warning .*1 h 0 min ahead of the database.*timedatectl/)
})

needs('postgres', 'pgbouncer')('doctor: a PgBouncer in between is named', async (t) => {
  const pooler = await privatePgBouncer(t, await testDatabase(t))
  const { code, line } = await diagnosed('postgres', { DATABASE_URL: pooler.url })
  t.is(code, 0)
  t.regex(line, /^ok .*behind a pooler$/)
})

async function withTopic(t: ExecutionContext) {
  const { brokers, topic, group } = testTopic(t)
  const DATABASE_URL = await testDatabase(t)
  return {
    brokers,
    topic,
    env: { DATABASE_URL, KAFKA_BROKERS: brokers.join(), POST_RATE_TOPIC: topic, POST_RATE_GROUP: group },
  }
}
