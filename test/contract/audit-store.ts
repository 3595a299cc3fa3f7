import { emptyHistogram } from '../../packages/post-rate/src/domain/histogram.ts'
import { repairCounts } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { PostRange } from '../../packages/post-rate/src/ports/audit-store.ts'
import { addPosts, type Cases, drained, foldAll, rateMany, stateOf, suspects } from './record.ts'

/** What every AuditStore does. */
export const auditStoreCases: Cases = {
  'nothing differs, whether changes are folded or not': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 4)
    t.deepEqual(await record.auditStore.next(0), { after: 0, last: null, posts: 4 })
    t.deepEqual(await suspects(record), [])
    await rateMany(record, 1, 3)
    await rateMany(record, 2, 2)
    t.deepEqual(await suspects(record), [])
    await foldAll(record)
    await record.ratingStore.withdraw([{ postId: 1, userId: 'user-0' }])
    await record.postStore.delete(2)
    t.deepEqual(await suspects(record), [])
    await foldAll(record)
    t.deepEqual(await suspects(record), [])
    t.is((await record.auditStore.next(0)).posts, 3)
    t.is(await record.auditStore.estimate(), 4)
  },

  'ranges follow each other to the end': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 4_001)
    const ranges = []
    for (let after: number | null = 0; after !== null; ) {
      const range: PostRange = await record.auditStore.next(after)
      ranges.push([range.after, range.last, range.posts])
      after = range.last
    }
    t.deepEqual(ranges, [
      [0, 2_000, 2_000],
      [2_000, 4_000, 2_000],
      [4_000, null, 1],
    ])
  },

  'a post that is right is not repaired, however often one asks': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    await rateMany(record, 1, 2)
    await foldAll(record)
    await rateMany(record, 1, 2, 'unfolded')
    const before = await stateOf(record, 1)
    const unknown = [1, 2].map((postId) => ({ postId, version: null, expected: emptyHistogram }))
    t.deepEqual(await record.auditStore.repair(unknown, repairCounts), [])
    t.deepEqual(await stateOf(record, 1), before)
    t.is(await foldAll(record), 2)
    t.deepEqual((await stateOf(record, 1))?.counts, [0, 0, 0, 4, 0, 0])
  },

  'a post that nobody knows adds up to nothing': async (t, create) => {
    const record = await create(t)
    t.deepEqual(await record.auditStore.compareOnly([5]), [])
    const suspect = { postId: 5, version: null, expected: emptyHistogram }
    t.deepEqual(await record.auditStore.repair([suspect], repairCounts), [])
    t.deepEqual(await suspects(record), [])
    t.deepEqual(await drained(record), [])
    t.deepEqual((await stateOf(record, 5))?.counts ?? emptyHistogram, emptyHistogram)
  },
}
