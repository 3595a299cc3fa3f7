import test from 'ava'
import pg from 'pg'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { moderationStoreCases } from './moderation-store.ts'
import { addPosts, countsOf, declare, drained, foldAll, onMemory, onPostgres, suspects } from './record.ts'

const note = { by: 'ada', reason: 'a raid' }
const from = Date.UTC(2020, 0, 1)
const to = Date.UTC(2020, 0, 2)
const period = { postId: 1, from, to }

declare('memory', test as never, moderationStoreCases, onMemory)
declare('postgres', withPostgres, moderationStoreCases, onPostgres)

withPostgres('postgres: the documented upsert and SQL by hand keep to what is excluded', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 1)
  await record.sql(
    `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 1, 'u' || n, n, '2020-01-01T12:00:00Z' from generate_series(1, 5) n`,
  )
  await record.moderationStore.exclude(period, note)
  await drained(record)
  // The same date is the same rating: it stays out.
  await record.sql(`update post_rate.ratings set score = 0 where user_id = 'u1'`)
  t.deepEqual(await drained(record), [])
  await record.sql(`insert into post_rate.ratings (post_id, user_id, score) values (1, 'u2', 5)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
where ratings.score is distinct from excluded.score`)
  t.deepEqual(await drained(record), [[1, 'u2', null, 5]])
  await record.sql(`update post_rate.ratings set user_id = 'moved' where user_id = 'u3'`)
  t.deepEqual(await drained(record), [])
  await record.sql(`insert into post_rate.ratings (post_id, user_id, score, rated_at, excluded_rated_at)
values (1, 'restored dump', 3, '2020-01-01', '2020-01-01'), (1, 'counts', 3, '2020-01-01', '2019-01-01')`)
  t.deepEqual(await drained(record), [[1, 'counts', null, 3]])
  t.deepEqual(await suspects(record), [])
  t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 1, 0, 1]])
})

withPostgres('postgres: posts of the host’s own are moderated as well, also before anything is folded', async (t) => {
  const record = await onPostgres(t, { posts: 'external' })
  const dated = { postId: 7, userId: 'u', score: 3 as const, ratedAt: from + 1 }
  await record.ratingStore.import([dated, { ...dated, userId: 'v', ratedAt: to }], { createPosts: false })
  t.like(await record.moderationStore.plan({ ...period, postId: 7 }, 'exclude'), { moving: [0, 0, 0, 1, 0, 0] })
  t.is((await record.moderationStore.exclude({ ...period, postId: 7 }, note))?.moved, 1)
  t.deepEqual(await drained(record), [
    [7, 'u', null, 3],
    [7, 'v', null, 3],
    [7, 'u', 3, null],
  ])
  await record.outbox.bury(7)
  t.deepEqual(await drained(record), [
    ['deleted', 7],
    [7, 'v', 3, null],
  ])
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: batches, an abort between them, and going on', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 1)
  await record.sql(
    `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 1, 'u' || n, n % 6, '2020-01-01T12:00:00Z' from generate_series(1, 6000) n`,
  )
  for (const action of ['exclude', 'restore'] as const) {
    const abort = new AbortController()
    const onProgress = () => abort.abort(new Error('enough'))
    const cut = record.moderationStore[action](period, note, { onProgress, signal: abort.signal })
    await t.throwsAsync(cut, { message: 'enough' })
    const [{ excluded = 0, restored = 0 } = {}] = await record.moderationStore.list(1)
    t.is(action === 'exclude' ? excluded : restored, 5_000)
    t.deepEqual(await suspects(record), [])
    t.is((await record.moderationStore[action](period, note))?.moved, 1_000)
    await foldAll(record)
    t.deepEqual(await suspects(record), [])
  }
  t.like((await record.moderationStore.list(1))[0], { excluded: 6_000, restored: 6_000 })
  t.deepEqual(await countsOf(record, [1]), [Array(6).fill(1_000)])
})

withPostgres('postgres: an exclusion that is made while another one ends holds on to its part', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 1)
  await record.sql(
    `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 1, 'u' || n, n, timestamptz '2020-01-01T10:00:00Z' + n * interval '1 h' from generate_series(1, 5) n`,
  )
  await record.moderationStore.exclude(period, note)
  const blocker = new pg.Client(record.url)
  await blocker.connect()
  cleanUp(t, () => blocker.end())
  await blocker.query(`begin; select from post_rate.ratings where user_id = 'u3' for update`)
  const waiting = async (n: number) => {
    const [row] = await record.sql<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return (row?.n ?? 0) >= n
  }
  // It has chosen what comes back, before the other one is known.
  const restoring = record.moderationStore.restore(period, note)
  await eventually(() => waiting(1))
  let made = false
  const inner = { postId: 1, from: Date.UTC(2020, 0, 1, 12), to: Date.UTC(2020, 0, 1, 15) }
  const excluding = record
    .another()
    .moderationStore.exclude(inner, note)
    .finally(() => {
      made = true
    })
  await eventually(async () => made || (await waiting(2)))
  await blocker.query('commit')
  await Promise.all([restoring, excluding])
  const excluded = await record.sql<{ user_id: string }>(
    'select user_id from post_rate.ratings where excluded_rated_at = rated_at order by 1',
  )
  t.deepEqual(
    excluded.map((row) => row.user_id),
    ['u2', 'u3', 'u4'],
  )
  await foldAll(record)
  t.deepEqual(await suspects(record), [])
})

withPostgres(
  'postgres: two at once on one post, and ratings meanwhile, leave nothing out and nothing in',
  async (t) => {
    const record = await onPostgres(t)
    const other = record.another()
    await addPosts(record, 1)
    await record.sql(
      `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 1, 'u' || n, n % 6, timestamptz '2020-01-01' + n * interval '14 s' from generate_series(1, 6000) n`,
    )
    await drained(record)
    const later = { postId: 1, from: from + 43_200_000, to: to + 3_600_000 }
    for (let round = 0; round < 2; round++) {
      const rating = async () => {
        for (let n = 0; n < 40; n++)
          await record.ratingStore.rate([{ postId: 1, userId: `u${round * 1000 + n}`, score: ((n + round) % 6) as 0 }])
      }
      await Promise.all([
        record.moderationStore.exclude(period, note),
        other.moderationStore.exclude(later, note),
        rating(),
      ])
      await foldAll(record)
      t.deepEqual(await suspects(record), [])
      await Promise.all([record.moderationStore.restore(period, note), other.moderationStore.restore(later, note)])
      await foldAll(record)
      t.deepEqual(await suspects(record), [])
      const [left] = await record.sql<{ n: number }>(
        'select count(*)::int as n from post_rate.ratings where excluded_rated_at = rated_at',
      )
      t.is(left?.n, 0, 'an exclusion that has ended holds on to ratings')
    }
  },
)
