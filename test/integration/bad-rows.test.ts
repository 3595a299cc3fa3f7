import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

withPostgres('ratings that came in past the triggers stop nobody, and a rebuild counts them', async (t) => {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  for (const title of ['One', 'Two']) await postRate.posts.create({ title, content: 'Text', createdBy: 'author' })
  await runSql(
    database,
    `alter table post_rate.ratings disable trigger user;
     insert into post_rate.ratings (post_id, user_id, score) values (1, 'uncounted', 0);
     alter table post_rate.ratings enable trigger user`,
  )
  await postRate.ratings.rate({ postId: 1, userId: 'uncounted', score: 5 })
  await postRate.ratings.rate({ postId: 1, userId: 'ada', score: 5 })
  await postRate.ratings.rate({ postId: 2, userId: 'ada', score: 3 })
  await eventually(async () => (await postRate.posts.get(2)).stats.count === 1)
  await runSql(
    database,
    `alter table post_rate.ratings disable trigger user;
     insert into post_rate.ratings (post_id, user_id, score) values (1, 'another', 2);
     alter table post_rate.ratings enable trigger user`,
  )
  const { drift } = await postRate.stats.verify({ wait: 0 })
  t.deepEqual(
    drift.map(({ postId, kind }) => [postId, kind]),
    [[1, 'counts']],
  )
  t.like(await postRate.stats.rebuild(), { posts: 2, repaired: 1 })
  t.deepEqual((await postRate.stats.get([1]))[0]?.live.histogram, [0, 0, 1, 0, 0, 2])
  t.deepEqual((await postRate.stats.verify({ wait: 0 })).drift, [])
})

withPostgres('a displayed average that is not that of the displayed counts is found and repaired', async (t) => {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  await postRate.ratings.rate({ postId: 1, userId: 'ada', score: 4 })
  await eventually(async () => (await postRate.posts.get(1)).stats.average === 4)
  await runSql(database, 'update post_rate.post_stats set displayed_average = 1.5, step_at = null')
  const { drift } = await postRate.stats.verify({ wait: 0 })
  t.deepEqual(drift, [{ postId: 1, kind: 'displayed', expected: 4, found: 1.5 }])
  t.like(await postRate.stats.rebuild(), { repaired: 1 })
  // Readers see it at the end of the window that they were promised.
  const [row] = await runSql<{ due: boolean }>(
    database,
    'select step_at = window_end as due from post_rate.post_stats where post_id = 1',
  )
  t.true(row?.due)
  t.deepEqual((await postRate.stats.verify({ wait: 0 })).drift, [])
})

withPostgres('a lost state of a post that nobody rated, and a wrong rank, are found and repaired', async (t) => {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  for (const title of ['One', 'Two', 'Three'])
    await postRate.posts.create({ title, content: 'Text', createdBy: 'author' })
  await runSql(database, 'delete from post_rate.post_stats where post_id = 2')
  await runSql(database, 'update post_rate.post_stats set rank = 5 where post_id = 1')
  const { drift } = await postRate.stats.verify({ wait: 0 })
  t.deepEqual(
    drift.map(({ postId, kind }) => [postId, kind]),
    [
      [1, 'rank'],
      [2, 'counts'],
    ],
  )
  t.like(await postRate.stats.rebuild({ dryRun: true }), { repaired: 2 })
  t.like(await postRate.stats.rebuild(), { repaired: 2 })
  t.deepEqual(
    (await postRate.posts.list({ sort: 'top' })).items.map((post) => post.id),
    [3, 2, 1],
  )
})

withPostgres('rows that no reader could read are refused by the table', async (t) => {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  const insert = 'insert into post_rate.ratings (post_id, user_id, score, rated_at) values (1, $1, 3, $2::timestamptz)'
  for (const [user, time] of [
    ['ada', 'infinity'],
    ['ada', '-infinity'],
    ['ada', '12000-01-01'],
    ['ada', '0044-03-15 BC'],
    ['a\tb', '2020-01-01'],
    ['a\u0085b', '2020-01-01'],
    ['', '2020-01-01'],
  ])
    await t.throwsAsync(runSql(database, insert, [user, time]), { message: /check constraint/ }, `${user} ${time}`)
  await t.notThrowsAsync(runSql(database, insert, ['ünï😀:{}*', '2020-01-01']))
})

withPostgres('what is no rating is INVALID_INPUT, and a closed library says so', async (t) => {
  const postRate = createPostRate({ database: await testDatabase(t), display: { windowSeconds: 7 } })
  await t.throwsAsync(postRate.ratings.rate(undefined as never), { code: 'INVALID_INPUT' })
  await t.throwsAsync(postRate.posts.create(undefined as never), { code: 'INVALID_INPUT' })
  await t.throwsAsync(postRate.start(), { code: 'INVALID_INPUT' })
  await postRate.close()
  await t.throwsAsync(postRate.start(), { code: 'UNAVAILABLE' })
  const fresh = createPostRate({ database: await testDatabase(t, { migrated: false }), display: { windowSeconds: 7 } })
  cleanUp(t, () => fresh.close())
  await fresh.migrate()
  await fresh.start()
  t.is((await fresh.settings.get()).windowSeconds, 7)
})
