import type { ExecutionContext } from 'ava'
import type { PostRate, PostRateOptions, RatingChange } from 'post-rate'
import { migrations } from '../../packages/post-rate/src/adapters/postgres/migrations/index.ts'
import type { Timings } from '../../packages/post-rate/src/container.ts'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { readTopic } from '../helpers/read-topic.ts'
import { withPostgres, withServices } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { catalogOf } from './first-version/catalog.ts'
import { firstCopies, firstVersion, schemaOfVersion } from './first-version/restore.ts'

const newest = migrations.length
/** What the first version had promised: it knew neither the guard nor a smallest number of ratings. */
const firstSettings = { display: 'freeze', windowSeconds: 2, prior: { weight: 10, mean: 2.5 } }
/** Posts 8, 9 and 10 were deleted, nobody rated 12 and 13. */
const posts = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13]

withPostgres('the first migration makes what it made when it was released', async (t) => {
  const empty = await testDatabase(t, { migrated: false })
  await schemaOfVersion(t, empty, 1).migrate({})
  t.deepEqual(await catalogOf(empty), await catalogOf(await firstVersion(t)))
})

withServices(
  'a deployment of the first version goes on under the newest, and the guard can be switched on',
  async (t) => {
    t.timeout(90_000)
    const database = await firstVersion(t)
    const redis = testRedis(t)
    await firstCopies(redis)
    const { brokers, topic, group } = testTopic(t)
    // A change of the settings waits for 2 s instead of 10.
    const postRate = open(
      t,
      {
        database,
        ...{ redis: redis.url, redisPrefix: redis.prefix },
        ...{ kafka: { brokers }, topic, group },
      },
      { settingsMaxAgeSeconds: 1 },
    )
    const outbox = await runSql<{ event_id: string; kind: string; version: string | null }>(
      database,
      'select event_id, kind, version from post_rate.rating_outbox',
    )
    t.is(outbox.filter(({ version }) => version !== null).length, 20)
    t.is(outbox.filter(({ version }) => version === null).length, 30)
    const versions = await versionsOf(database)

    t.is((await postRate.migrate()).length, newest - 1)
    t.like(await postRate.settings.get(), {
      ...firstSettings,
      starPerDay: 0.1,
      minCount: 0,
      versionFloor: undefined,
    })
    t.like((await postRate.settings.get()).previous, { display: 'freeze', windowSeconds: 4, starPerDay: 0.1 })
    // Before anybody relays, readers have what the first version had shown them.
    t.like((await postRate.posts.get(5)).stats, { count: 7, histogram: [4, 1, 1, 1, 0, 0] })

    await postRate.start({ relay: true, consumer: true })
    await atRest(postRate)
    await isWhole(t, postRate, database)
    for (const [post, version] of await versionsOf(database)) {
      const before = versions.get(post) ?? 0
      t.true(version >= before && version < before + 100, `post ${post} went from version ${before} to ${version}`)
    }

    // What was waiting is on the topic once, also what had its version and state before.
    const messages = (await readTopic<RatingChange>({ brokers, topic }, postRate.counters.published)).map(
      (m) => m.value,
    )
    const told = messages.filter(({ kind }) => kind === 'rating').map(({ eventId }) => eventId)
    const waited = outbox.filter(({ kind }) => kind === 'rating').map(({ event_id }) => event_id)
    t.deepEqual(told.sort(), waited.sort())

    await postRate.settings.set({ display: 'guard' })
    // It holds for every post once the window is over that was promised when it took effect.
    await eventually(
      async () => {
        const { display, effectiveAt, windowSeconds } = await postRate.settings.get()
        return display === 'guard' && Date.now() > effectiveAt + 1_000 * windowSeconds
      },
      { timeout: 20_000 },
    )
    const calm = (await postRate.posts.get(1)).stats
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => postRate.ratings.rate({ postId: 1, userId: `raider ${n}`, score: 0 })),
    )
    const raided = await eventually(async () => {
      const { stats } = await postRate.posts.get(1)
      return stats.count === calm.count + 40 ? stats : null
    })
    t.is(raided.guard?.state, 'damped')
    const margin = 2.2 / Math.sqrt(calm.count)
    t.true(
      (raided.average ?? 0) > (calm.average ?? 0) - margin - 0.01,
      `it fell from ${calm.average} to ${raided.average}`,
    )
    await atRest(postRate)
    await isWhole(t, postRate, database)
  },
)

withPostgres(
  'from the first version to the newest step by step: who is older or newer refuses, every change is counted',
  async (t) => {
    t.timeout(60_000)
    const database = await firstVersion(t)
    const current = open(t, { database })
    for (let version = 2; version <= newest; version++) {
      const [before, after] = [schemaOfVersion(t, database, version - 1), schemaOfVersion(t, database, version)]
      await t.notThrowsAsync(before.check())
      await t.throwsAsync(after.check(), {
        code: 'SCHEMA_TOO_OLD',
        message: `The schema post_rate has ${version - 1} of ${version} migrations: run \`post-rate migrate\`, or \`await postRate.migrate()\` first.`,
      })
      const [last, previous] = [migrations[version - 1]?.version, migrations[version - 2]?.version]
      t.like(await after.migrate({}), [{ version: last, name: migrations[version - 1]?.name }])
      t.deepEqual(await after.migrate({}), [])
      await t.notThrowsAsync(after.check())

      const tooNew = {
        code: 'SCHEMA_TOO_NEW',
        message: `The database has schema ${last}, this version knows ${previous}: install a newer post-rate.`,
      }
      const old = open(t, { database, overrides: { schema: before } })
      await t.throwsAsync(old.start({ relay: true }), tooNew)
      await t.throwsAsync(old.migrate(), tooNew)
      if (version < newest) {
        await t.throwsAsync(current.start({ relay: true }), { code: 'SCHEMA_TOO_OLD' })
        t.is((await runCli(['stats', 'verify'], { env: { DATABASE_URL: database } })).code, 6)
      }
      await everyChange(t, database, version)
    }

    t.like(await current.settings.get(), firstSettings)
    await current.start({ relay: true })
    await atRest(current)
    await isWhole(t, current, database)
    t.deepEqual(await catalogOf(database), await catalogOf(await testDatabase(t)))
  },
)

/** A rating, a change of it, the same again, and a withdrawal: under any schema these are three changes. */
async function everyChange(t: ExecutionContext<unknown>, database: string, version: number): Promise<void> {
  const rate = (user: string, score: number) =>
    runSql(
      database,
      `insert into post_rate.ratings (post_id, user_id, score) values (12, $1, $2)
       on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
       where ratings.score is distinct from excluded.score`,
      [user, score],
    )
  const waiting = async () =>
    Number((await runSql(database, 'select count(*) as n from post_rate.rating_outbox'))[0]?.n)
  const before = await waiting()
  for (const score of [1, 5, 5]) await rate(`stays ${version}`, score)
  await rate(`goes ${version}`, 3)
  await runSql(database, 'delete from post_rate.ratings where user_id = $1', [`goes ${version}`])
  t.is((await waiting()) - before, 4, `with schema ${version}`)
}

function open(t: ExecutionContext<unknown>, options: PostRateOptions, timings: Timings = {}): PostRate {
  const postRate = createTimedPostRate(options, timings)
  cleanUp(t, () => postRate.close())
  return postRate
}

async function atRest(postRate: PostRate): Promise<void> {
  await eventually(async () => (await postRate.status()).outbox?.rows === 0, { timeout: 30_000 })
}

/** No drift, and the figures are those that counting the ratings gives. */
async function isWhole(t: ExecutionContext<unknown>, postRate: PostRate, database: string): Promise<void> {
  t.like(await postRate.stats.verify(), { checked: posts.length, drift: [], pending: 0 })
  t.deepEqual(await postRate.schema.bypasses(), [])
  const counted = await runSql<{ post: string; count: number; sum: number }>(
    database,
    `select p.id as post, count(score)::int as count, coalesce(sum(score), 0)::int as sum
     from post_rate.posts p left join post_rate.ratings on post_id = id group by id order by id`,
  )
  const live = (await postRate.stats.get(posts)).map(({ postId, live: { count, sum } }) => ({ postId, count, sum }))
  t.deepEqual(
    live,
    counted.map(({ post, count, sum }) => ({ postId: Number(post), count, sum })),
  )
}

async function versionsOf(database: string): Promise<Map<number, number>> {
  const rows = await runSql(database, 'select post_id, version from post_rate.post_stats')
  return new Map(rows.map(({ post_id, version }) => [Number(post_id), Number(version)]))
}
