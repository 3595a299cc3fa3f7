import test, { type ExecutionContext } from 'ava'
import { rankOf } from '../../packages/post-rate/src/domain/ranking.ts'
import type { DisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { withPostgres } from '../helpers/requires.ts'
import { postStoreCases } from './post-store.ts'
import { declare, foldAll, onMemory, onPostgres, type PostgresTestRecord } from './record.ts'

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
  const [one, two] = [record.settingsStore, record.another().settingsStore]
  for (let n = 1; n <= 5; n++) {
    await Promise.all([
      one.change({ prior: { weight: n, mean: 1 } }, 0),
      two.change({ prior: { weight: n, mean: 4 } }, 0),
    ])
    await ranksFollow(t, record, (await one.load()).settings.prior)
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
