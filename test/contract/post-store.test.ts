import test, { type ExecutionContext } from 'ava'
import { rankOf } from '../../packages/post-rate/src/domain/ranking.ts'
import type { DisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { withPostgres } from '../helpers/requires.ts'
import { postStoreCases } from './post-store.ts'
import { declare, foldAll, onMemory, onPostgres, type PostgresTestRecord, suspects } from './record.ts'

declare('memory', test as never, postStoreCases, onMemory)
declare('postgres', withPostgres, postStoreCases, onPostgres)

withPostgres('postgres: ids given by hand do not stand in the way of the next post', async (t) => {
  const record = await onPostgres(t)
  await record.sql(
    `insert into post_rate.posts (id, title, content, created_by) values (1, 'a', 'b', 'c'), (2, 'a', 'b', 'c'), (9, 'a', 'b', 'c')`,
  )
  t.is((await record.postStore.create({ title: 'T', content: 'C', createdBy: 'ann' })).id, 10)
})

withPostgres('postgres: posts made, renumbered and made again by SQL are in every list', async (t) => {
  const record = await onPostgres(t)
  const list = async () =>
    (await record.postStore.page({ sort: 'top', limit: 100, after: null })).map(({ post }) => post.id)
  await record.sql(
    `insert into post_rate.posts (id, title, content, created_by) select n, 'a', 'b', 'c' from generate_series(1, 3) n`,
  )
  await record.sql('update post_rate.posts set id = 7 where id = 2')
  await foldAll(record)
  t.deepEqual(await list(), [7, 3, 1])
  await record.sql('delete from post_rate.posts where id = 3')
  await foldAll(record)
  await record.sql(
    `insert into post_rate.posts (id, title, content, created_by) values (3, 'a', 'b', 'c'), (2, 'a', 'b', 'c')`,
  )
  await foldAll(record)
  t.deepEqual(await list(), [7, 3, 2, 1])
})

withPostgres('postgres: the rank that a change of the prior writes is the one that the fold writes', async (t) => {
  const record = await onPostgres(t, { settings: { display: 'live' } })
  await addRankedPosts(record)
  const { settings } = await record.settingsStore.load()
  const prior = { weight: 3.3333, mean: 1.7777 }
  await record.settingsStore.change({ ...settings, prior }, 0)
  await ranksFollow(t, record, prior)
})

withPostgres('postgres: two changes of the prior at once leave ranks of the stored one', async (t) => {
  const record = await onPostgres(t, { settings: { display: 'live' } })
  await addRankedPosts(record)
  // Armed posts are ranked by the count and the average of when they were armed.
  await record.sql(`update post_rate.post_stats set guard = '{"armed":true,"gap":-0.5,"since":0,"memory":{"rankedCount":3,"rankedAverage":2.5}}'
    where post_id % 7 = 0`)
  const [one, two] = [record.settingsStore, record.another().settingsStore]
  for (let n = 1; n <= 5; n++) {
    await Promise.all([
      one.change({ prior: { weight: n, mean: 1 } }, 0),
      two.change({ prior: { weight: n, mean: 4 } }, 0),
    ])
    await ranksFollow(t, record, (await one.load()).settings.prior)
    t.deepEqual(await suspects(record), [])
  }
})

withPostgres('postgres: a change of the prior that failed before it ranked is completed by repeating it', async (t) => {
  const record = await onPostgres(t, { settings: { display: 'live' } })
  await addRankedPosts(record)
  const prior = { weight: 3, mean: 1 }
  await record.sql('update post_rate.settings set prior_weight = 3, prior_mean = 1')
  await record.settingsStore.change({ prior }, 0)
  await ranksFollow(t, record, prior)
})

withPostgres('postgres: ids far ahead of the sequence never make a creation fail', async (t) => {
  const record = await onPostgres(t)
  const draft = { title: 'a', content: 'b', createdBy: 'c' }
  await record.sql(`insert into post_rate.posts (id, title, content, created_by)
    select id, 'a', 'b', 'c' from unnest(array[1, 2, 3, ${Number.MAX_SAFE_INTEGER}]) as n (id)`)
  const other = record.another()
  const created = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 ? record : other).postStore.create(draft)),
  )
  t.deepEqual(
    created
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .slice(0, 2),
    [4, 5],
  )
  t.is(new Set(created.map(({ id }) => id)).size, 20)
})

withPostgres('postgres: creations beside an import that creates posts never fail', async (t) => {
  const record = await onPostgres(t)
  const other = record.another()
  let going = true
  const creators = Array.from({ length: 6 }, async () => {
    let made = 0
    for (; going; made++) await other.postStore.create({ title: 'a', content: 'b', createdBy: 'c' })
    return made
  })
  for (let n = 0; n < 20; n++) {
    const [last] = await record.sql<{ id: number }>('select coalesce(max(id), 0)::int as id from post_rate.posts')
    const ratings = Array.from({ length: 100 }, (_, i) => ({
      ...{ postId: (last?.id ?? 0) + 1 + i, userId: 'u', score: 3 as const, ratedAt: 1 },
    }))
    await record.ratingStore.import(ratings, { createPosts: true })
  }
  going = false
  const made = await Promise.all(creators)
  t.true(made.every((n) => n > 0))
})

async function addRankedPosts(record: PostgresTestRecord): Promise<void> {
  await record.sql(
    `insert into post_rate.posts (title, content, created_by) select 'a', 'b', 'c' from generate_series(1, 200)`,
  )
  await record.sql(`insert into post_rate.ratings (post_id, user_id, score)
    select p, 'u' || u, (p * 7 + u * u) % 6 from generate_series(1, 200) p, generate_series(1, 30) u where u <= p % 31`)
  await foldAll(record)
}

async function ranksFollow(
  t: ExecutionContext<unknown>,
  record: PostgresTestRecord,
  prior: DisplaySettings['prior'],
): Promise<void> {
  const ranks = new Map(
    (await record.sql<{ post_id: string; rank: string }>('select post_id, rank::text from post_rate.post_stats')).map(
      (row) => [Number(row.post_id), row.rank],
    ),
  )
  t.is(ranks.size, 200)
  for (const stats of await record.stateStore.range(0, 1000))
    t.is(ranks.get(stats.postId), rankOf(stats.displayed, prior))
}
