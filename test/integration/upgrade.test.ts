import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { ratings } from '../../packages/post-rate/src/adapters/postgres/migrations/0001-ratings.ts'
import { migrations } from '../../packages/post-rate/src/adapters/postgres/migrations/index.ts'
import { defaultDisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { schemaOfVersion } from './first-version/restore.ts'

const upsert = `insert into post_rate.ratings (post_id, user_id, score) values ($1, $2, $3)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
where ratings.score is distinct from excluded.score`

/** A deployment as the first version made it, with ratings that nothing has folded yet. */
async function firstVersion(t: ExecutionContext<unknown>): Promise<string> {
  const url = await testDatabase(t, { migrated: false })
  await runSql(url, 'create schema post_rate')
  await runSql(
    url,
    'create table post_rate.migrations (version integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp())',
  )
  await runSql(
    url,
    ratings.sql({ schema: 'post_rate', posts: 'own', settings: { ...defaultDisplaySettings, display: 'freeze' } }),
  )
  await runSql(url, "insert into post_rate.migrations (version, name) values (1, 'ratings')")
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) select 'Title', 'Text', 'ada' from generate_series(1, 20)`,
  )
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score) select 1 + n % 20, 'old' || n, n % 6 from generate_series(1, 2000) n`,
  )
  return url
}

async function connect(t: ExecutionContext<unknown>, url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  cleanUp(t, () => client.end())
  return client
}

withPostgres('an upgrade under load blocks nobody for long, and every rating is counted', async (t) => {
  t.timeout(90_000)
  const url = await firstVersion(t)
  const schema = schemaOfVersion(t, url, migrations.length, { lockTimeoutMs: 200, lockPauseMs: 200 })
  const postRate = createPostRate({ database: url, overrides: { schema } })
  cleanUp(t, () => postRate.close())
  await t.throwsAsync(postRate.start({ relay: true }), { code: 'SCHEMA_TOO_OLD', message: /has 1 of \d+ migrations/ })
  t.is((await runCli(['stats', 'top'], { env: { DATABASE_URL: url } })).code, 6)

  // A backup reads the table for a while: what wants it alone has to wait, and must not make everybody wait behind it.
  const backup = await connect(t, url)
  await backup.query('begin; select count(*) from post_rate.ratings')
  let on = true
  let longest = 0
  let rated = 0
  const rating = async (who: string) => {
    const client = await connect(t, url)
    for (let n = 0; on; n++) {
      const began = performance.now()
      await client.query(upsert, [1 + (n % 20), `${who}${n % 200}`, (n + (n >> 8)) % 6])
      longest = Math.max(longest, performance.now() - began)
      rated++
      await sleep(5)
    }
  }
  const load = Promise.all([rating('a'), rating('b')])
  cleanUp(t, async () => {
    on = false
    await load
  })
  const began = performance.now()
  let migratedAfter = Number.POSITIVE_INFINITY
  const migrating = postRate.migrate().then((applied) => {
    migratedAfter = performance.now() - began
    return applied
  })
  // Several tries long.
  const held = 2_000
  await sleep(held)
  await backup.query('commit')
  t.deepEqual(
    (await migrating).map(({ version }) => version),
    migrations.slice(1).map(({ version }) => version),
  )
  const after = rated
  await eventually(() => rated > after + 10)
  on = false
  await load
  t.true(migratedAfter > held, 'the migration did not have to wait')
  t.true(longest < 1_500, `a rating took ${Math.round(longest)} ms`)
  t.true(rated > 50)

  // Its policy is what it was.
  t.like(await postRate.settings.get(), { display: 'freeze', starPerDay: 0.1, minCount: 0 })
  await postRate.start({ relay: true })
  await eventually(async () => (await postRate.status()).outbox?.rows === 0, { timeout: 30_000 })
  t.like(await postRate.stats.verify(), { checked: 20, drift: [], pending: 0 })
  const [{ n, sum } = { n: 0, sum: 0 }] = await runSql<{ n: number; sum: number }>(
    url,
    'select count(*)::int as n, sum(score)::int as sum from post_rate.ratings',
  )
  const live = (await postRate.stats.get(Array.from({ length: 20 }, (_, i) => i + 1))).map((post) => post.live)
  t.deepEqual(
    [live.reduce((all, { count }) => all + count, 0), live.reduce((all, post) => all + post.sum, 0)],
    [n, sum],
  )
  t.like(await postRate.moderation.exclude({ postId: 1, from: '2020-01-01', by: 'ada', reason: 'all' }), {
    before: { count: live[0]?.count },
    after: { count: 0 },
  })
  t.deepEqual(await postRate.schema.bypasses(), [])
})
