import test, { type ExecutionContext } from 'ava'
import { createPostRate, type PostRate, type Status } from 'post-rate'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { postgresWithClock } from '../helpers/private-servers.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { hasMovingClock } from '../helpers/services/moving-clock.ts'
import { runSql } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'

const windowMs = 2_000
const hour = 3_600
type Declare = Pick<typeof withPostgres, 'serial'>
const withClock: Declare = hasMovingClock() ? withPostgres : { serial: test.serial.skip }
const withClockAndRedis: Declare = hasMovingClock() ? needs('postgres', 'redis') : { serial: test.serial.skip }

/** A deployment with windows of two seconds on a database whose clock moves, its relay at work. */
async function deployment(t: ExecutionContext<unknown>, display: 'freeze' | 'guard', more = {}) {
  const server = await postgresWithClock(t)
  const said: string[] = []
  const log = (message: string, details?: unknown) => said.push(`${message} ${JSON.stringify(details ?? {})}`)
  const logger = { debug: () => {}, info: () => {}, warn: log, error: log }
  const open = () => {
    const postRate = createPostRate({ database: server.url, logger, ...more })
    cleanUp(t, () => postRate.close())
    return postRate
  }
  const postRate = open()
  await postRate.migrate({ settings: { windowSeconds: windowMs / 1000, display } })
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  let users = 0
  /** A rating that comes just after the clock has moved is refused, since its time seems to be over: it is repeated. */
  const rate = (score: number, postId = id) => {
    const rating = { postId, userId: `u${++users}`, score }
    return postRate.ratings.rate(rating).catch(() => postRate.ratings.rate(rating))
  }
  return { server, postRate, open, said, id, rate }
}

/** Resolves when this many ratings are shown; says how long that took, by a clock of our own. */
async function shows(postRate: PostRate, id: number, count: number, timeout = 20_000): Promise<number> {
  const began = performance.now()
  await eventually(async () => (await postRate.posts.get(id)).stats.count === count, { timeout })
  return performance.now() - began
}

/** Every date of a post is of the present, once the process has heard of the new time. */
async function isOfThePresent(t: ExecutionContext<unknown>, postRate: PostRate, id: number): Promise<void> {
  const { stats } = await eventually(async () => {
    const post = await postRate.posts.get(id)
    return Date.parse(post.stats.asOf) < Date.now() + 1_000 && post
  })
  t.true(
    stats.nextUpdateAt === null || Date.parse(stats.nextUpdateAt) <= Date.now() + windowMs + 500,
    stats.nextUpdateAt ?? '',
  )
}

for (const display of ['freeze', 'guard'] as const)
  withClock.serial(
    `${display}: displays go on within two windows after the clock of the database was an hour ahead`,
    async (t) => {
      const { server, postRate, rate, id, said } = await deployment(t, display)
      const quiet = await postRate.posts.create({ title: 'Quiet', content: 'Text', createdBy: 'author' })
      await rate(5)
      await shows(postRate, id, 1)
      server.clock.set(hour)
      await rate(3)
      await rate(4, quiet.id)
      await shows(postRate, id, 2)
      await shows(postRate, quiet.id, 1)
      // Waits for the end of a window that lies an hour ahead.
      await rate(1)
      await eventually(async () => (await postRate.stats.get([id]))[0]?.live.count === 3)
      server.clock.set(0)
      const took = await shows(postRate, id, 3)
      t.true(took < 2 * windowMs + 2_000, `${Math.round(took)} ms`)
      await rate(0)
      t.true((await shows(postRate, id, 4)) < 2 * windowMs + 2_000)
      for (const post of [id, quiet.id]) await isOfThePresent(t, postRate, post)
      const added = await postRate.posts.create({ title: 'Added', content: 'Text', createdBy: 'author' })
      await rate(4, added.id)
      await shows(postRate, added.id, 1)
      await rate(2, added.id)
      await shows(postRate, added.id, 2)
      t.deepEqual((await postRate.stats.verify()).drift, [])
      t.true(
        said.some((line) => /clock of the database was set back.*"seconds":(35|36)\d\d/.test(line)),
        said.join('\n'),
      )
      t.like((await postRate.status()).clockSetBack, { seconds: hour })
    },
  )

withClockAndRedis.serial('with Redis: no copy that was dated into the future is believed', async (t) => {
  const { url, prefix } = testRedis(t)
  const { server, postRate, rate, id } = await deployment(t, 'freeze', { redis: url, redisPrefix: prefix })
  await rate(5)
  await shows(postRate, id, 1)
  server.clock.set(hour)
  await rate(3)
  await shows(postRate, id, 2)
  await rate(1)
  await eventually(async () => (await postRate.stats.get([id]))[0]?.live.count === 3)
  server.clock.set(0)
  t.true((await shows(postRate, id, 3)) < 2 * windowMs + 3_000)
  await isOfThePresent(t, postRate, id)
  await eventually(async () => (await postRate.stats.verify()).drift.length === 0)
})

withClock.serial(
  'without a relay: doctor says that the clock moved, freshness is below zero, nothing is promised',
  async (t) => {
    const { server, postRate, open, rate, id } = await deployment(t, 'freeze')
    await rate(5)
    await shows(postRate, id, 1)
    server.clock.set(hour)
    await rate(3)
    await shows(postRate, id, 2)
    await postRate.close()
    server.clock.set(0)
    const reader = open()
    const status: Status = await reader.status()
    t.true((status.freshnessSeconds ?? 0) < -3_000, String(status.freshnessSeconds))
    const before = await runCli(['doctor'], { env: { DATABASE_URL: server.url } })
    t.regex(before.stdout.replace(/\s+/g, ' '), /db clock The clock of the database moved back: .* (59 min|1 h 0 min)/)
    const { stats } = await reader.posts.get(id)
    t.true(Date.parse(stats.nextUpdateAt ?? '') <= Date.now() + windowMs + 500, stats.nextUpdateAt ?? '')
    t.true(Date.parse(stats.asOf) <= Date.now() + 500, stats.asOf)

    await reader.start({ relay: true })
    const healed = await eventually(async () => {
      const found = await reader.status()
      return found.clockSetBack !== null && found
    })
    t.true((healed.freshnessSeconds ?? -1) >= 0)
    const after = await runCli(['doctor'], { env: { DATABASE_URL: server.url } })
    t.regex(
      after.stdout.replace(/\s+/g, ' '),
      /db clock The clock of the database moved: it was (59 min \d+ s|1 h 0 min) ahead until/,
    )
  },
)

withClock.serial('leases that were taken under a clock that was ahead keep nobody out', async (t) => {
  const { server, postRate, open, rate, id } = await deployment(t, 'freeze')
  server.clock.set(hour)
  await rate(3)
  await eventually(async () => {
    const [row] = await runSql<{ ahead: boolean }>(
      server.url,
      "select bool_and(expires_at > clock_timestamp()) as ahead from post_rate.leases where name like 'relay:%'",
    )
    return row?.ahead
  })
  // As a process that dies does: it gives nothing back.
  await runSql(server.url, 'create table held as select * from post_rate.leases')
  await postRate.close()
  await runSql(server.url, 'delete from post_rate.leases; insert into post_rate.leases select * from held')
  server.clock.set(0)
  const other = open()
  await other.start({ relay: true })
  await other.ratings.rate({ postId: id, userId: 'late', score: 1 })
  await shows(other, id, 2)
  t.pass()
})
