import pg from 'pg'
import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

const post = { title: 'Post', content: 'Text.', createdBy: 'author' }

withPostgres('a large post is gone at once, and its ratings go in short steps', async (t) => {
  const url = await testDatabase(t)
  const postRate = createPostRate({ database: url, textMaxAgeMs: 60_000 })
  cleanUp(t, () => postRate.close())
  for (let n = 1; n <= 2; n++) await postRate.posts.create(post)
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score) select 1, 'u' || i, 3 from generate_series(1, 7000) i`,
  )
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  cleanUp(t, () => holder.end())
  await holder.query(`begin; select from post_rate.ratings where user_id = 'u5' for update`)
  await postRate.posts.list()
  const left = async () => (await runSql(url, 'select from post_rate.ratings where post_id = 1')).length
  const deleted = postRate.posts.delete(1)
  await eventually(async () => (await left()) === 1)
  // One row is locked, so the deletion is not over; nobody finds the post any more.
  t.deepEqual(await runSql(url, 'select id from post_rate.posts where deleted_at is not null'), [{ id: '1' }])
  const gone = { code: 'POST_NOT_FOUND' } as object
  await t.throwsAsync(postRate.posts.get(1), gone)
  await t.throwsAsync(postRate.ratings.rate({ postId: 1, userId: 'x', score: 1 }), gone)
  await t.throwsAsync(postRate.ratings.withdraw({ postId: 1, userId: 'x' }), gone)
  for (const sort of ['newest', 'top'] as const)
    t.deepEqual(
      (await postRate.posts.list({ sort })).items.map(({ id }) => id),
      [2],
    )
  await holder.query('rollback')
  t.true(await deleted)
  t.false(await postRate.posts.delete(1))
  t.deepEqual(await runSql(url, 'select id from post_rate.posts'), [{ id: '2' }])
  t.is(await left(), 0)
  await postRate.start({ relay: true })
  const state = `select deleted, counts from post_rate.post_stats where post_id = 1`
  await eventually(async () => (await runSql(url, 'select from post_rate.rating_outbox')).length === 0)
  t.deepEqual(await runSql(url, state), [{ deleted: true, counts: ['0', '0', '0', '0', '0', '0'] }])
  t.deepEqual((await postRate.stats.verify()).drift, [])
})

withPostgres('a deletion whose process ended is finished by a relay', async (t) => {
  const url = await testDatabase(t)
  const postRate = createPostRate({ database: url })
  cleanUp(t, () => postRate.close())
  await postRate.posts.create(post)
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score) select 1, 'u' || i, 3 from generate_series(1, 5000) i`,
  )
  await runSql(url, `update post_rate.posts set deleted_at = now() - interval '2 minutes'`)
  await postRate.start({ relay: true })
  await eventually(async () => (await runSql(url, 'select from post_rate.posts')).length === 0)
  t.deepEqual(await runSql(url, 'select from post_rate.ratings'), [])
})
