import test from 'ava'
import { countOf, emptyHistogram, sumOf } from '../../packages/post-rate/src/domain/histogram.ts'
import { repairCounts } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { auditStoreCases } from './audit-store.ts'
import { addPosts, declare, foldAll, onMemory, onPostgres, rateMany, stateOf, suspects } from './record.ts'

declare('memory', test as never, auditStoreCases, onMemory)
declare('postgres', withPostgres, auditStoreCases, onPostgres)

withPostgres('postgres: a lost state is found also where every rating is excluded', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 2)
  await rateMany(record, 1, 3)
  await record.sql('update post_rate.ratings set excluded_rated_at = rated_at')
  await foldAll(record)
  t.deepEqual(await suspects(record), [])
  await record.sql('delete from post_rate.post_stats where post_id = 1')
  t.deepEqual(await suspects(record), [{ postId: 1, version: null, expected: [0, 0, 0, 0, 0, 0] }])
})

withPostgres('postgres: wrong figures are found and repaired, and readers see it at the window’s end', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 6)
  for (const postId of [1, 2, 3, 4]) await rateMany(record, postId, 3)
  await foldAll(record)
  await rateMany(record, 1, 2, 'unfolded')
  await record.sql(`update post_rate.post_stats set counts = '{9,0,0,0,0,0}' where post_id = 1`)
  await record.sql(
    `update post_rate.post_stats set displayed_counts = '{7,0,0,0,0,0}', displayed_average = 0, step_at = null where post_id = 2`,
  )
  await record.sql(`delete from post_rate.post_stats where post_id = 3`)
  await record.sql(`update post_rate.post_stats set counts = '{0,0,0,0,0,1}' where post_id = 5`)
  const found = await suspects(record)
  const drift = await record.auditStore.compareOnly([1, 2, 3, 4, 5, 6])
  t.deepEqual(
    found,
    drift.map(({ postId, version, expected }) => ({ postId, version, expected })),
  )
  t.deepEqual(
    drift.map(({ postId, expected, found }) => [postId, expected, found?.counts ?? null]),
    [
      [1, [0, 0, 0, 3, 0, 0], [9, 0, 0, 0, 0, 0]],
      [2, [0, 0, 0, 3, 0, 0], [0, 0, 0, 3, 0, 0]],
      [3, [0, 0, 0, 3, 0, 0], null],
      [5, [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]],
    ],
  )
  t.is((await record.auditStore.compareOnly([1, 3, 4])).length, 2)
  const before = await stateOf(record, 1)
  t.is((await record.auditStore.repair(found, repairCounts)).length, 4)
  t.deepEqual(await suspects(record), [])
  const after = await stateOf(record, 1)
  t.like(after, { version: 4, counts: [0, 0, 0, 3, 0, 0], stepAt: before?.windowEnd, windowEnd: before?.windowEnd })
  t.deepEqual(after?.displayed, before?.displayed)
  t.is((await stateOf(record, 2))?.stepAt, (await stateOf(record, 2))?.windowEnd)
  // A state that was lost comes back at once: nothing was displayed.
  t.deepEqual((await stateOf(record, 3))?.displayed.counts, [0, 0, 0, 3, 0, 0])
  await foldAll(record)
  t.deepEqual((await stateOf(record, 1))?.counts, [0, 0, 0, 5, 0, 0])
})

withPostgres(
  'postgres: a displayed average that is not that of its counts is found, unless the guard holds it',
  async (t) => {
    const record = await onPostgres(t, { settings: { display: 'freeze', windowSeconds: 1 } })
    await addPosts(record, 5)
    for (const postId of [1, 2, 3, 4]) await rateMany(record, postId, 3)
    await eventually(async () => {
      await foldAll(record)
      return (await record.stateStore.range(0, 10)).every(({ stepAt }) => stepAt === null)
    })
    const wrong = `displayed_average = 1.2345, rank = round(
    (c.prior_weight::numeric * c.prior_mean::numeric + 1.2345 * displayed_count) / (c.prior_weight::numeric + displayed_count), 12)`
    const guard = '{"armed":true,"gap":-1.7655,"since":0,"memory":{"level":10}}'
    await record.sql(`update post_rate.post_stats set ${wrong} from post_rate.settings c where post_id = 1`)
    await record.sql(
      `update post_rate.post_stats set ${wrong}, guard = '${guard}' from post_rate.settings c where post_id = 2`,
    )
    await record.sql(`update post_rate.post_stats set displayed_average = null,
    rank = (c.prior_weight * c.prior_mean) / (c.prior_weight + 3) from post_rate.settings c where post_id = 3`)
    await record.sql(`update post_rate.post_stats set displayed_average = 4.5 where post_id = 5`)
    t.deepEqual(
      (await suspects(record)).map(({ postId }) => postId),
      [1, 3, 5],
    )
    await record.auditStore.repair(await suspects(record), repairCounts)
    t.deepEqual(await suspects(record), [])
    const repaired = await stateOf(record, 1)
    t.like(
      repaired,
      { stepAt: repaired?.windowEnd, displayed: { average: 1.2345 } },
      'readers see it at the end of the window',
    )
    t.is((await stateOf(record, 5))?.displayed.average, null)
  },
)

withPostgres('postgres: ratings that bypassed the triggers are found', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 1)
  await record.sql(`alter table post_rate.ratings disable trigger user`)
  await record.sql(`insert into post_rate.ratings (post_id, user_id, score) values (1, 'hidden', 5)`)
  await record.sql(`alter table post_rate.ratings enable trigger user`)
  t.like((await suspects(record))[0], { postId: 1, expected: [0, 0, 0, 0, 0, 1] })
  await record.auditStore.repair(await suspects(record), repairCounts)
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: repairing while ratings and folds go on is exact', async (t) => {
  const record = await onPostgres(t)
  const other = record.another()
  const posts = await addPosts(record, 4)
  let busy = true
  const rating = async () => {
    for (let round = 0; round < 60; round++)
      await record.ratingStore.rate(
        posts.flatMap((postId) =>
          Array.from({ length: 5 }, (_, n) => ({
            postId,
            userId: `u${(round * 3 + n) % 40}`,
            score: ((round + n) % 6) as Score,
          })),
        ),
      )
    busy = false
  }
  const folding = async () => {
    while (busy) await foldAll(other, { index: 0, count: 1 }, 7)
  }
  let repaired = 0
  const wrongly: number[] = []
  const spoiling = async () => {
    while (busy) {
      // Damage that no fold brought about; its lock is held for an instant, as a person with psql would.
      await record.sql('update post_rate.post_stats set counts[1] = counts[1] + 3 where post_id = 2')
      const anew = posts.map((postId) => ({ postId, version: null, expected: emptyHistogram }))
      for (const found of [await suspects(record), anew])
        for (const { postId } of await record.auditStore.repair(found, repairCounts))
          if (postId === 2) repaired++
          else wrongly.push(postId)
    }
  }
  await Promise.all([rating(), folding(), spoiling()])
  t.true(repaired > 0)
  t.deepEqual(wrongly, [], 'posts that were right were taken for wrong')
  t.deepEqual(await suspects(record), [])
  await foldAll(record)
  t.deepEqual(await suspects(record), [])
  const truth = await record.sql<{ post_id: string; n: number; sum: number }>(
    'select post_id, count(*)::int as n, sum(score)::int as sum from post_rate.ratings group by 1 order by 1',
  )
  for (const { post_id, n, sum } of truth) {
    const counts = (await stateOf(record, Number(post_id)))?.counts ?? [0, 0, 0, 0, 0, 0]
    t.is(countOf(counts), n)
    t.is(sumOf(counts), sum)
  }
})
