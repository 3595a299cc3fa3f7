import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { untilFree } from '../../packages/post-rate/src/services/until-free.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { outboxCases } from './outbox.ts'
import { rateOne } from './rating-store.ts'
import {
  addPosts,
  countsOf,
  declare,
  drained,
  foldAll,
  onMemory,
  onPostgres,
  type PostgresTestRecord,
  publishAll,
  rateMany,
  shownNow,
  stateOf,
  suspects,
} from './record.ts'

declare('memory', test as never, outboxCases, onMemory)
declare('postgres', withPostgres, outboxCases, onPostgres)

withPostgres(
  'postgres: a withdrawal is noted without a name, for a day, and old notes go with later ones',
  async (t) => {
    const record = await onPostgres(t)
    await addPosts(record, 1)
    const key = { postId: 1, userId: 'u' }
    const rateAndWithdraw = async () => {
      await rateOne(record, { ...key, score: 4 })
      await record.ratingStore.withdraw([key, key, { postId: 1, userId: 'never rated' }])
      await foldAll(record)
    }
    const notes = () => record.sql<{ at: Date }>('select at from post_rate.withdrawals order by at')
    await rateAndWithdraw()
    const [note] = await notes()
    await rateAndWithdraw()
    t.deepEqual(await notes(), [note as { at: Date }])
    t.is((await stateOf(record, 1))?.activity, 1)
    await record.sql(`update post_rate.withdrawals set at = at - interval '24 hours 1 minute'`)
    await record.sql(
      `insert into post_rate.withdrawals select n, now() - interval '26 hours' from generate_series(1, 150) n`,
    )
    await rateAndWithdraw()
    t.is((await stateOf(record, 1))?.activity, 2)
    t.is((await notes()).length, 51)
    t.true(((await notes()).at(-1) as { at: Date }).at > (note as { at: Date }).at)
    const columns = await record.sql(
      `select column_name as name, data_type as type from information_schema.columns where table_name = 'withdrawals'`,
    )
    t.deepEqual(columns, [
      { name: 'key', type: 'bigint' },
      { name: 'at', type: 'timestamp with time zone' },
    ])
  },
)

withPostgres('postgres: changes made by SQL are counted', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 4)
  await record.sql(
    `insert into post_rate.ratings (post_id, user_id, score) values (1, 'a', 1), (1, 'b', 2), (2, 'a', 3), (3, 'c', 5)`,
  )
  t.deepEqual(await drained(record), [
    [1, 'a', null, 1],
    [1, 'b', null, 2],
    [2, 'a', null, 3],
    [3, 'c', null, 5],
  ])
  await record.sql(`update post_rate.ratings set user_id = 'z' where post_id = 1 and user_id = 'a'`)
  t.deepEqual(await drained(record), [
    [1, 'a', 1, null],
    [1, 'z', null, 1],
  ])
  await record.sql(`update post_rate.ratings set post_id = 4 where post_id = 2`)
  t.deepEqual(await drained(record), [
    [2, 'a', 3, null],
    [4, 'a', null, 3],
  ])
  await record.sql(`update post_rate.ratings set score = 0 where user_id in ('b', 'c')`)
  t.deepEqual(await drained(record), [
    [1, 'b', 2, 0],
    [3, 'c', 5, 0],
  ])
  await record.sql(`update post_rate.ratings set score = score, rated_at = rated_at - interval '1 day'`)
  t.deepEqual(await drained(record), [])
  await record.sql(`delete from post_rate.ratings where user_id = 'c'`)
  t.deepEqual(await drained(record), [[3, 'c', 0, null]])
  await record.sql(`delete from post_rate.posts where id in (1, 3)`)
  t.deepEqual(await drained(record), [
    ['deleted', 1],
    [1, 'b', 0, null],
    [1, 'z', 1, null],
    ['deleted', 3],
  ])
  t.deepEqual(await countsOf(record, [1, 2, 3, 4]), [zero, zero, zero, [0, 0, 0, 1, 0, 0]])
  t.deepEqual(await suspects(record), [])
})

withPostgres(
  'postgres: two keys that are exchanged by one statement are two withdrawals and two ratings',
  async (t) => {
    const record = await onPostgres(t)
    await addPosts(record, 1)
    await record.sql(`insert into post_rate.ratings (post_id, user_id, score) values (1, 'a', 1), (1, 'b', 5)`)
    await drained(record)
    await record.sql(
      'alter table post_rate.ratings drop constraint ratings_pkey, add primary key (post_id, user_id) deferrable initially deferred',
    )
    await record.sql(`update post_rate.ratings set user_id = case user_id when 'a' then 'b' else 'a' end`)
    // Seen by key, both users changed their score.
    t.deepEqual((await drained(record)).sort(), [
      [1, 'a', 1, 5],
      [1, 'b', 5, 1],
    ])
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 0, 0, 0, 1]])
  },
)

withPostgres('postgres: TRUNCATE is refused, with what to do instead', async (t) => {
  const record = await onPostgres(t)
  const error = await t.throwsAsync<pg.DatabaseError>(record.sql('truncate post_rate.ratings'), { code: '0A000' })
  t.regex(error?.hint ?? '', /DELETE/)
  await t.throwsAsync(record.sql('truncate post_rate.posts cascade'), { code: '0A000' })
})

withPostgres('postgres: whoever may change ratings need not be able to write the outbox', async (t) => {
  const record = await onPostgres(t)
  const functions = await record.sql<{ name: string; definer: boolean; config: string[] | null }>(
    `select p.proname as name, p.prosecdef as definer, p.proconfig as config
     from pg_proc p join pg_trigger g on g.tgfoid = p.oid join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'post_rate' and p.proname <> 'refuse_truncate'`,
  )
  t.true(functions.length >= 6)
  for (const { name, definer, config } of functions) {
    t.true(definer, name)
    t.deepEqual(config, ['search_path=pg_catalog, pg_temp'], name)
  }
  await addPosts(record, 1)
  const role = `rater_${Date.now().toString(36)}`
  await record.sql(`create role ${role}`)
  cleanUp(t, () => record.sql(`drop owned by ${role}`).then(() => record.sql(`drop role ${role}`)))
  await record.sql(`grant usage on schema post_rate to ${role}`)
  await record.sql(`grant insert, update, delete, select on post_rate.ratings to ${role}`)
  const client = await connected(t, record)
  await client.query(`set role ${role}`)
  await t.throwsAsync(client.query(`insert into post_rate.rating_outbox (post_id) values (1)`), { code: '42501' })
  // Names of the caller's own make no difference to the triggers.
  await client.query('reset role')
  await client.query('create schema evil')
  await client.query(
    `create function evil.clock_timestamp() returns timestamptz language sql as $$ select now() - interval '9 years' $$`,
  )
  await client.query(`grant usage on schema evil to ${role}`)
  await client.query(`set role ${role}`)
  await client.query('set search_path = evil, pg_catalog')
  await client.query(`insert into post_rate.ratings (post_id, user_id, score) values (1, 'u', 3)`)
  await client.query(`delete from post_rate.ratings`)
  await client.query('reset role')
  const [late] = await record.sql<{ n: number }>(
    `select count(*)::int as n from post_rate.rating_outbox where at < now() - interval '1 year' or rated_at < now() - interval '1 year'`,
  )
  t.is(late?.n, 0)
  t.deepEqual(await drained(record), [
    [1, 'u', null, 3],
    [1, 'u', 3, null],
  ])
})

withPostgres(
  'postgres: an event that becomes visible after later ones were folded is counted after its commit',
  async (t) => {
    const record = await onPostgres(t)
    await addPosts(record, 2)
    const client = await connected(t, record)
    await client.query('begin')
    await client.query(`insert into post_rate.ratings (post_id, user_id, score) values (1, 'early', 5)`)
    await rateMany(record, 1, 30)
    t.is(await foldAll(record), 30)
    await client.query('commit')
    // Later ids were folded, and are still there to be published.
    t.is(await foldAll(record), 1)
    const changes = await publishAll(record)
    t.is(changes.length, 31)
    t.is(changes.find(({ userId }) => userId === 'early')?.version, 31)
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 30, 0, 1]])
  },
)

for (const reshard of [false, true])
  withPostgres.serial(
    `postgres: a late event never changes what is displayed before the promised moment${reshard ? ', also when the relays are sharded anew meanwhile' : ''}`,
    async (t) => {
      const { record, shard, end } = await foldedLate(t, reshard)
      const { displayed, stepAt } = (await stateOf(record, 1)) ?? {}
      t.deepEqual(displayed?.counts, [0, 0, 0, 0, 0, 1])
      t.is(stepAt, end)
      await record.wait(end - (await databaseNow(record)) + 20)
      await foldAll(record, shard)
      t.deepEqual((await stateOf(record, 1))?.displayed.counts, [1, 0, 0, 0, 0, 1])
    },
  )

/**
 * Commits a rating after readers were promised that nothing changes before `end`, and folds it before then. Tries again where
 * that moment was missed, as it may be on a busy machine.
 */
async function foldedLate(t: ExecutionContext<unknown>, reshard: boolean) {
  for (let triesLeft = 4; ; triesLeft--) {
    const record = await onPostgres(t, { settings: { windowSeconds: 3 } })
    await addPosts(record, 1)
    await rateOne(record, { postId: 1, userId: 'first', score: 5 })
    await foldAll(record)
    const shownFirst = await shownNow(t, record, 1, await databaseNow(record))
    const firstEnd = Date.parse(shownFirst.nextUpdateAt as string)
    const client = await connected(t, record)
    await client.query('begin')
    await client.query(`insert into post_rate.ratings (post_id, user_id, score) values (1, 'late', 0)`)
    // The window in which it happened ends, and the record is complete beyond that end as far as anybody can see.
    await record.wait(firstEnd - (await databaseNow(record)) + 150)
    await eventually(async () => {
      await foldAll(record)
      return ((await record.recordReader.read([], [1])).watermark ?? 0) > firstEnd
    })
    const promised = await shownNow(t, record, 1, await databaseNow(record))
    const end = Date.parse(promised.nextUpdateAt as string)
    t.true(end > firstEnd, 'the promise is of the next window')
    if (reshard) {
      const { settings } = await record.settingsStore.load()
      await record.settingsStore.change({ ...settings, relayShards: 2 }, 0)
    }
    await client.query('commit')
    const shard = reshard ? { index: 1, count: 2 } : { index: 0, count: 1 }
    t.is(await foldAll(record, shard), 1)
    if ((await databaseNow(record)) < end || triesLeft === 0) return { record, shard, end }
  }
}

withPostgres(
  'postgres: a shard that has not been folded to the end makes no promise by the mark of others',
  async (t) => {
    const record = await onPostgres(t)
    await addPosts(record, 2)
    await foldAll(record)
    const { settings } = await record.settingsStore.load()
    await record.settingsStore.change({ ...settings, relayShards: 2 }, 0)
    await rateMany(record, 1, 3)
    t.is((await record.recordReader.read([], [1])).watermark, null)
    await foldAll(record, { index: 0, count: 2 })
    t.is((await record.recordReader.read([], [1])).watermark, null)
    await foldAll(record, { index: 1, count: 2 }, 2)
    t.true(Number.isFinite((await record.recordReader.read([], [1])).watermark))
  },
)

withPostgres(
  'postgres: batches in opposite orders, deletions and folds at once end without an error and exact',
  async (t) => {
    const record = await onPostgres(t)
    const other = record.another()
    const posts = await addPosts(record, 20)
    const ratings = posts.flatMap((postId) => ['a', 'b', 'c'].map((userId) => ({ postId, userId })))
    const rounds = async (ports: typeof other, reverse: boolean, offset: number) => {
      for (let round = 0; round < 15; round++) {
        const batch = ratings.map((key, n) => ({ ...key, score: ((n + round + offset) % 6) as 0 }))
        await ports.ratingStore.rate(reverse ? batch.reverse() : batch)
      }
    }
    const folding = async () => {
      for (let n = 0; n < 15; n++) await foldAll(other)
    }
    const removing = async () => {
      for (const id of posts.slice(0, 5)) await record.postStore.delete(id)
      for (let n = 0; n < 10; n++) await untilFree(() => record.ratingStore.erase('b'))
    }
    await t.notThrowsAsync(Promise.all([rounds(record, false, 0), rounds(other, true, 3), folding(), removing()]))
    await foldAll(record)
    t.deepEqual(await suspects(record), [])
    t.is((await record.auditStore.next(0)).posts, 15)
  },
)

const zero = [0, 0, 0, 0, 0, 0]

async function connected(t: ExecutionContext<unknown>, { url }: PostgresTestRecord): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  cleanUp(t, () => client.end())
  return client
}

async function databaseNow(record: PostgresTestRecord): Promise<number> {
  const [row] = await record.sql<{ now: Date }>('select clock_timestamp() as now')
  return row?.now.getTime() ?? 0
}
