import test from 'ava'
import { rankOf } from '../../packages/post-rate/src/domain/ranking.ts'
import { withPostgres } from '../helpers/requires.ts'
import { postStoreCases } from './post-store.ts'
import { declare, foldAll, onMemory, onPostgres } from './record.ts'

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
  await record.sql(
    `insert into post_rate.posts (title, content, created_by) select 'a', 'b', 'c' from generate_series(1, 200)`,
  )
  await record.sql(`insert into post_rate.ratings (post_id, user_id, score)
    select p, 'u' || u, (p * 7 + u * u) % 6 from generate_series(1, 200) p, generate_series(1, 30) u where u <= p % 31`)
  await foldAll(record)
  const { settings } = await record.settingsStore.load()
  const prior = { weight: 3.3333, mean: 1.7777 }
  await record.settingsStore.change({ ...settings, prior }, 0)
  const ranks = new Map(
    (await record.sql<{ post_id: string; rank: string }>('select post_id, rank::text from post_rate.post_stats')).map(
      (row) => [Number(row.post_id), row.rank],
    ),
  )
  for (const stats of await record.stateStore.range(0, 1000))
    t.is(ranks.get(stats.postId), rankOf(stats.displayed, prior))
})
