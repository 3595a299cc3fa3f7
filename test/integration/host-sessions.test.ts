import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { createPostRate, type PostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { tapPostgres } from '../helpers/wire-tap.ts'

const tables = ['posts', 'ratings', 'rating_outbox', 'post_stats', 'relay_progress', 'leases', 'settings', 'exclusions']

/** Sets defaults of the database's sessions, and notes the isolation level of every statement that writes. */
async function watchedDatabase(t: ExecutionContext<unknown>, settings: Record<string, string>): Promise<string> {
  const database = await testDatabase(t)
  await runSql(
    database,
    `create table public.levels (tab text, level text);
create function public.note_level() returns trigger language plpgsql as $$
begin
  insert into public.levels values (tg_table_name, pg_catalog.current_setting('transaction_isolation'));
  return null;
end $$;
${tables.map((name) => `create trigger host_level after insert or update or delete on post_rate.${name} for each statement execute function public.note_level();`).join('\n')}`,
  )
  const name = new URL(database).pathname.slice(1)
  for (const [key, value] of Object.entries(settings))
    await runSql(database, `alter database ${name} set ${key} = ${value}`)
  return database
}

async function levelsOf(database: string): Promise<Record<string, string>> {
  const rows = await runSql<{ tab: string; level: string }>(
    database,
    `select tab, string_agg(distinct level, ' and ') as level from public.levels group by tab order by tab`,
  )
  return Object.fromEntries(rows.map(({ tab, level }) => [tab, level]))
}

/** What the library does with a post, from its creation to its deletion, each answer looked at. */
async function wholeLife(t: ExecutionContext<unknown>, postRate: PostRate): Promise<void> {
  const began = Date.now() - 60_000
  const recent = (time: string) => Date.parse(time) > began && Date.parse(time) < Date.now() + 60_000
  await postRate.start({ relay: true })
  const post = await postRate.posts.create({ title: "It's \\ 'quoted'", content: 'Text', createdBy: 'author' })
  t.is(typeof post.id, 'number')
  t.true(recent(post.createdAt), post.createdAt)
  const receipt = await postRate.ratings.rate({ postId: post.id, userId: 'ada\\', score: 4 })
  t.like(receipt, { score: 4, previousScore: null, changed: true })
  t.true(recent(receipt.ratedAt), receipt.ratedAt)
  await Promise.all(['b', 'c'].map((userId) => postRate.ratings.rate({ postId: post.id, userId, score: 0 })))
  const shown = await eventually(async () => {
    const [found] = await postRate.stats.get([post.id])
    return found?.live.count === 3 && found
  })
  t.deepEqual(shown.live.histogram, [2, 0, 0, 0, 1, 0])
  const read = await postRate.posts.get(post.id, { userId: 'ada\\' })
  t.like(read, { title: "It's \\ 'quoted'", myScore: 4 })
  t.true(recent(read.stats.asOf), read.stats.asOf)
  t.is((await postRate.posts.list({ sort: 'top', userId: 'ada\\' })).items[0]?.myScore, 4)
  t.true(await postRate.ratings.withdraw({ postId: post.id, userId: 'c' }).then(() => true))
  const [period, note] = [
    { from: new Date(began).toISOString(), to: receipt.ratedAt },
    { reason: 'r', by: 'me' },
  ]
  await postRate.moderation.exclude({ postId: post.id, ...period, ...note })
  const exported = []
  for await (const rating of postRate.ratings.export()) exported.push(rating)
  t.like(exported[0], { postId: post.id, userId: 'ada\\', score: 4, ratedAt: Date.parse(receipt.ratedAt) })
  t.is((await postRate.ratings.latest(post.id))?.length, 2)
  await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  t.deepEqual((await postRate.stats.verify()).drift, [])
  t.like(await postRate.stats.rebuild(), { repaired: 0 })
  const prior = { weight: 12_345.6789, mean: 2.1234 }
  t.deepEqual((await postRate.settings.set({ prior })).prior, prior)
  t.deepEqual((await postRate.settings.get()).prior, prior)
  const year = 365 * 86_400_000
  t.true((await postRate.schema.status()).every(({ appliedAt }) => Date.now() - Date.parse(appliedAt ?? '') < year))
  t.deepEqual(await postRate.schema.bypasses(), [])
  t.true(await postRate.posts.delete(post.id))
}

const committed = Object.fromEntries([...tables].sort().map((name) => [name, 'read committed']))

withPostgres('defaults of a role or a database change nothing, and every write is READ COMMITTED', async (t) => {
  const database = await watchedDatabase(t, {
    default_transaction_isolation: "'serializable'",
    default_transaction_deferrable: 'on',
    datestyle: "'German, DMY'",
    timezone: "'Asia/Kathmandu'",
    intervalstyle: "'iso_8601'",
    bytea_output: "'escape'",
    extra_float_digits: '-10',
    standard_conforming_strings: 'off',
    array_nulls: 'off',
    transform_null_equals: 'on',
    idle_in_transaction_session_timeout: "'200ms'",
    idle_session_timeout: "'500ms'",
  })
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await wholeLife(t, postRate)
  t.deepEqual(await levelsOf(database), committed)
})

withPostgres('a search path that puts other functions before those of PostgreSQL changes nothing', async (t) => {
  const database = await watchedDatabase(t, { search_path: 'strange, pg_catalog, public' })
  await runSql(
    database,
    `create schema strange;
create function strange.clock_timestamp() returns timestamptz language sql as $$ select '1999-01-01 00:00+00'::timestamptz $$;
create function strange.statement_timestamp() returns timestamptz language sql as $$ select '1999-01-01 00:00+00'::timestamptz $$;
create function strange.hashtextextended(text, bigint) returns bigint language sql as $$ select 1 / 0::bigint $$;
create function strange.floor(numeric) returns numeric language sql as $$ select 1 / 0::numeric $$;
create domain strange.timestamptz as text check (false);
create view strange.pg_class as select 1 as nothing`,
  )
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await wholeLife(t, postRate)
  t.deepEqual(await levelsOf(database), committed)
})

withPostgres('timeouts of a role do not end statements that the library waits for', async (t) => {
  const database = await watchedDatabase(t, { statement_timeout: "'250ms'", lock_timeout: "'250ms'" })
  await runSql(
    database,
    `create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.4); return new; end $$;
create trigger slow before insert on post_rate.posts for each row execute function public.slow()`,
  )
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  await postRate.ratings.rate({ postId: id, userId: 'ada', score: 1 })
  const holder = new pg.Client(database)
  await holder.connect()
  await holder.query('begin')
  await holder.query(`update post_rate.ratings set score = 2 where user_id = 'ada'`)
  const period = { from: new Date(Date.now() - 60_000).toISOString(), to: new Date(Date.now() + 60_000).toISOString() }
  const excluding = postRate.moderation.exclude({ postId: id, ...period, reason: 'r', by: 'me' })
  await eventually(async () => {
    const [row] = await runSql<{ waits: boolean }>(
      database,
      `select bool_or(wait_event_type = 'Lock' and clock_timestamp() - query_start > interval '400 ms') as waits
from pg_stat_activity where datname = current_database()`,
    )
    return row?.waits
  })
  await holder.query('commit')
  await holder.end()
  await t.notThrowsAsync(excluding)
})

withPostgres("what a host sets on its pool's sessions, now or later, is the host's alone", async (t) => {
  const database = await watchedDatabase(t, {})
  const pool = new pg.Pool({ connectionString: database, max: 1 })
  cleanUp(t, () => pool.end())
  const postRate = createPostRate({ database: pool })
  cleanUp(t, () => postRate.close())
  const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  await postRate.ratings.rate({ postId: id, userId: 'ada', score: 1 })
  const set = `set datestyle = 'SQL, DMY'; set timezone = 'Asia/Kathmandu'; set statement_timeout = '7s';
set session characteristics as transaction isolation level repeatable read`
  await pool.query(set)
  const receipt = await postRate.ratings.rate({ postId: id, userId: 'ada', score: 5 })
  t.true(Math.abs(Date.parse(receipt.ratedAt) - Date.now()) < 60_000)
  t.is((await postRate.posts.get(id, { userId: 'ada' })).myScore, 5)
  const [levels] = Object.entries(await levelsOf(database)).filter(([name]) => name === 'ratings')
  t.deepEqual(levels, ['ratings', 'read committed'])
  const { rows } = await pool.query(
    `select current_setting('datestyle') as style, current_setting('statement_timeout') as timeout, current_setting('transaction_isolation') as level`,
  )
  t.deepEqual(rows, [{ style: 'SQL, DMY', timeout: '7s', level: 'repeatable read' }])
})

withPostgres('settings cost no round trip, and nothing at all on a usual session', async (t) => {
  const statements = async (settings: Record<string, string>) => {
    const database = await watchedDatabase(t, settings)
    const tap = await tapPostgres(t, database)
    const pool = new pg.Pool({ connectionString: tap.url, max: 1 })
    cleanUp(t, () => pool.end())
    const postRate = createPostRate({ database: pool })
    cleanUp(t, () => postRate.close())
    const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
    await postRate.ratings.rate({ postId: id, userId: 'ada', score: 1 })
    tap.reset()
    await postRate.ratings.rate({ postId: id, userId: 'ada', score: 2 })
    return { trips: tap.roundTrips(), executed: tap.statements().length }
  }
  t.deepEqual(await statements({}), { trips: 1, executed: 1 })
  t.deepEqual(await statements({ default_transaction_isolation: "'serializable'" }), { trips: 1, executed: 3 })
})

withPostgres('under SERIALIZABLE no rating fails and no version is given below a raised epoch', async (t) => {
  const database = await watchedDatabase(t, { default_transaction_isolation: "'serializable'" })
  const [one, two] = [createPostRate({ database }), createPostRate({ database })]
  cleanUp(t, () => Promise.all([one.close(), two.close()]))
  await one.settings.set({ relayShards: 2 })
  await Promise.all([one, two].map((postRate) => postRate.start({ relay: true })))
  const { id } = await one.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  const raters = Array.from({ length: 200 }, (_, n) => n)
  await Promise.all(
    raters.map((n) => (n % 2 ? one : two).ratings.rate({ postId: id, userId: `u${n % 20}`, score: n % 6 })),
  )
  const raiser = new pg.Client(database)
  await raiser.connect()
  await raiser.query('begin isolation level read committed')
  await raiser.query(`select pg_advisory_xact_lock(hashtextextended('post-rate settings post_rate', 0))`)
  await raiser.query('update post_rate.settings set version_floor = 1099511627776')
  await one.ratings.rate({ postId: id, userId: 'late', score: 5 })
  // A fold waits for the lock: what it reads before must not be what it works with.
  await eventually(async () => {
    const [row] = await runSql<{ waits: boolean }>(
      database,
      `select bool_or(wait_event = 'advisory') as waits from pg_stat_activity where datname = current_database()`,
    )
    return row?.waits
  })
  await raiser.query('commit')
  await raiser.end()
  const version = await eventually(async () => {
    const [row] = await runSql<{ version: string; counted: boolean }>(
      database,
      `select version, counts[6] > 0 and not exists (select from post_rate.rating_outbox) as counted from post_rate.post_stats where post_id = ${id}`,
    )
    return row?.counted && Number(row.version)
  })
  t.true(version > 1_099_511_627_776, String(version))
  t.deepEqual((await one.stats.verify()).drift, [])
})
