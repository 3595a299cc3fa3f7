import { emptyHistogram } from '../../packages/post-rate/src/domain/histogram.ts'
import { repairCounts } from '../../packages/post-rate/src/domain/post-stats.ts'
import { rateMany, stateOf } from './outbox.ts'
import { addPosts, type Cases, drained, foldAll } from './record.ts'

/** What every AuditStore does. */
export const auditStoreCases: Cases = {
  'nothing differs, whether changes are folded or not': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 4)
    t.deepEqual(await record.auditStore.compare(0, 100), { drift: [], checked: 4, last: null })
    await rateMany(record, 1, 3)
    await rateMany(record, 2, 2)
    t.deepEqual((await record.auditStore.compare(0, 100)).drift, [])
    await foldAll(record)
    await record.ratingStore.withdraw(1, 'user-0')
    await record.postStore.delete(2)
    t.deepEqual((await record.auditStore.compare(0, 100)).drift, [])
    await foldAll(record)
    t.deepEqual(await record.auditStore.compare(0, 100), { drift: [], checked: 3, last: null })
    t.is(await record.auditStore.estimate(), 4)
  },

  'ranges follow each other to the end': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 5)
    const ranges = []
    for (let after: number | null = 0; after !== null; ) {
      const range: { checked: number; last: number | null } = await record.auditStore.compare(after, 2)
      ranges.push([range.checked, range.last])
      after = range.last
    }
    t.deepEqual(ranges, [
      [2, 2],
      [2, 4],
      [1, null],
    ])
  },

  'a post that is right is not repaired, however often one asks': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    await rateMany(record, 1, 2)
    await foldAll(record)
    await rateMany(record, 1, 2, 'unfolded')
    const before = await stateOf(record, 1)
    t.is(await record.auditStore.repair(1, repairCounts), null)
    t.is(await record.auditStore.repair(2, repairCounts), null)
    t.deepEqual(await stateOf(record, 1), before)
    t.is(await foldAll(record), 2)
    t.deepEqual((await stateOf(record, 1))?.counts, [0, 0, 0, 4, 0, 0])
  },

  'a post that nobody knows adds up to nothing': async (t, create) => {
    const record = await create(t)
    t.deepEqual(await record.auditStore.compareOnly([5]), { drift: [], checked: 1, last: null })
    t.is(await record.auditStore.repair(5, repairCounts), null)
    t.deepEqual((await record.auditStore.compare(0, 10)).drift, [])
    t.deepEqual(await drained(record), [])
    t.deepEqual((await stateOf(record, 5))?.counts ?? emptyHistogram, emptyHistogram)
  },
}
