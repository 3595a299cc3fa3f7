import type { ExecutionContext } from 'ava'
import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import type { RatingChange } from '../../packages/post-rate/src/domain/rating-change.ts'
import { rateOne } from './rating-store.ts'
import { addPosts, type Cases, drained, foldAll, publishAll, stateOf, suspects, told } from './record.ts'

/** What becomes of a post that is deleted. */
export const deletionCases: Cases = {
  'a deleted post takes its ratings along and leaves a tombstone; one that comes back goes on from there': async (
    t,
    create,
  ) => {
    const record = await create(t)
    await addPosts(record, 2)
    await rateOne(record, { postId: 1, userId: 'u', score: 4 })
    await rateOne(record, { postId: 2, userId: 'u', score: 4 })
    await drained(record)
    t.true(await record.postStore.delete(1))
    t.false(await record.postStore.delete(1))
    await foldAll(record)
    const changes = await publishAll(record)
    isTombstone(t, changes, [
      ['deleted', 1],
      [1, 'u', 4, null],
    ])
    t.is(Math.max(...changes.map(({ version }) => version)), 3)
    t.like(await stateOf(record, 1), { version: 3, deleted: true, counts: [0, 0, 0, 0, 0, 0] })
    const rating = { postId: 1, userId: 'v', score: 1 as Score, ratedAt: Date.now() }
    t.is((await record.ratingStore.import([rating], { createPosts: true })).postsCreated, 1)
    await foldAll(record)
    t.like(await stateOf(record, 1), { version: 5, deleted: false, counts: [0, 1, 0, 0, 0, 0] })
    t.like((await stateOf(record, 1))?.displayed, { average: 1 })
  },

  'a post that comes back before its deletion was folded is alive': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateOne(record, { postId: 1, userId: 'u', score: 4 })
    await record.postStore.delete(1)
    const rating = { postId: 1, userId: 'v', score: 1 as Score, ratedAt: Date.now() }
    await record.ratingStore.import([rating], { createPosts: true })
    await record.ratingStore.withdraw([{ postId: 1, userId: 'v' }])
    await foldAll(record)
    const changes = await publishAll(record)
    t.deepEqual(changes.slice(3).map(told), [
      ['display', 1],
      [1, 'v', null, 1],
      [1, 'v', 1, null],
    ])
    t.true(changes.slice(3).every(({ deleted }) => deleted === undefined))
    t.like(await stateOf(record, 1), { version: 6, deleted: false, counts: [0, 0, 0, 0, 0, 0] })
  },

  "a post of the host's own is buried with its ratings, however often": async (t, create) => {
    const record = await create(t, { posts: 'external' })
    for (const userId of ['a', 'b', 'c']) await rateOne(record, { postId: 7, userId, score: 4 })
    await foldAll(record)
    await publishAll(record)
    await record.outbox.bury(7)
    await foldAll(record)
    const changes = await publishAll(record)
    isTombstone(t, changes, [
      ['deleted', 7],
      [7, 'a', 4, null],
      [7, 'b', 4, null],
      [7, 'c', 4, null],
    ])
    t.like(await stateOf(record, 7), { deleted: true, counts: [0, 0, 0, 0, 0, 0], windowEnd: null, stepAt: null })
    t.is((await stateOf(record, 7))?.displayed.average, null)
    await record.outbox.bury(7)
    await record.outbox.bury(8)
    await foldAll(record)
    t.like(await stateOf(record, 7), { deleted: true, counts: [0, 0, 0, 0, 0, 0] })
    t.deepEqual(await suspects(record), [])
  },
}

/** The deletion and the withdrawals that it caused, in any order; from the deletion on nothing is displayed any more. */
function isTombstone(t: ExecutionContext<unknown>, changes: RatingChange[], expected: unknown[][]): void {
  const key = (row: unknown[]) => JSON.stringify(row)
  t.deepEqual(changes.map(told).map(key).sort(), expected.map(key).sort())
  const from = changes.findIndex(({ kind }) => kind === 'deleted')
  for (const change of changes.slice(from)) {
    t.true(change.deleted)
    t.like(change.displayed, { count: 0, average: null, nextUpdateAt: null, stepAt: null })
  }
}
