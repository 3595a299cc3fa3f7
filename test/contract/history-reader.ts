import type { ExecutionContext } from 'ava'
import type { DatedRating, Score } from '../../packages/post-rate/src/domain/rating.ts'
import type { HistoryWanted } from '../../packages/post-rate/src/ports/history-reader.ts'
import { rateOne } from './rating-store.ts'
import { addPosts, type Cases, type CreateRecord, foldAll } from './record.ts'

const hour = 3_600_000
const day = 24 * hour
/** Midnight UTC, three days ago and more. */
const midnight = Math.floor(Date.now() / day) * day - 3 * day
const note = { by: 'ada', reason: 'a raid' }

/** What every HistoryReader does. */
export const historyReaderCases: Cases = {
  'a bucket begins at its first millisecond, UTC, and has what counts by score': async (t, create) => {
    const { read } = await rated(t, create, {
      last: [5, midnight - 1],
      first: [0, midnight],
      end: [3, midnight + day - 1],
      next: [3, midnight + day],
      again: [3, midnight + day + hour],
    })
    t.deepEqual(await read({ unit: 'day' }), {
      [midnight - day]: ['000001', '000000'],
      [midnight]: ['100100', '000000'],
      [midnight + day]: ['000200', '000000'],
    })
    t.deepEqual(await read({ unit: 'hour' }), {
      [midnight - hour]: ['000001', '000000'],
      [midnight]: ['100000', '000000'],
      [midnight + day - hour]: ['000100', '000000'],
      [midnight + day]: ['000100', '000000'],
      [midnight + day + hour]: ['000100', '000000'],
    })
  },

  'dates before 1970 have buckets, too': async (t, create) => {
    const { read } = await rated(t, create, { early: [1, -1], first: [2, 0] })
    t.deepEqual(await read({ unit: 'day' }), { [-day]: ['010000', '000000'], 0: ['001000', '000000'] })
  },

  'nothing newer than its moment, to the millisecond; another post has its own': async (t, create) => {
    const { record, read } = await rated(t, create, { a: [1, midnight], b: [2, midnight + 1] })
    await record.ratingStore.import([{ postId: 2, userId: 'a', score: 5, ratedAt: midnight }], { createPosts: false })
    t.deepEqual(await read({ asOf: midnight - 1 }), {})
    t.deepEqual(await read({ asOf: midnight }), { [midnight]: ['010000', '000000'] })
    t.deepEqual(await read({ asOf: midnight + 1 }), { [midnight]: ['011000', '000000'] })
    t.deepEqual(await read({ postId: 2 }), { [midnight]: ['000001', '000000'] })
    t.deepEqual(await read({ postId: 99 }), {})
  },

  'a rating counts from the moment at which its receipt says it was given': async (t, create) => {
    const { record, read } = await rated(t, create, {})
    const { ratedAt } = await rateOne(record, { postId: 1, userId: 'a', score: 4 })
    const at = Date.parse(ratedAt)
    t.deepEqual(Object.values(await read({ asOf: at })), [['000010', '000000']])
    t.deepEqual(await read({ asOf: at - 1 }), {})
  },

  'a rating that was changed is where it was changed, one that was withdrawn is nowhere': async (t, create) => {
    const { record, read } = await rated(t, create, { a: [1, midnight], b: [2, midnight], c: [3, midnight] })
    await record.ratingStore.import([{ postId: 1, userId: 'a', score: 5, ratedAt: midnight + day }], {
      createPosts: false,
    })
    await record.ratingStore.withdraw([{ postId: 1, userId: 'b' }])
    t.deepEqual(await read({}), { [midnight]: ['000100', '000000'], [midnight + day]: ['000001', '000000'] })
  },

  'excluded ratings stand apart until they are restored or given anew': async (t, create) => {
    const { record, read } = await rated(t, create, { a: [0, midnight], b: [0, midnight + hour], c: [4, midnight] })
    const period = { postId: 1, from: midnight, to: midnight + 2 * hour }
    await record.moderationStore.exclude(period, note)
    await foldAll(record)
    t.deepEqual(await read({}), { [midnight]: ['000000', '200010'] })
    await record.ratingStore.import([{ postId: 1, userId: 'c', score: 5, ratedAt: midnight + day }], {
      createPosts: false,
    })
    t.deepEqual(await read({}), { [midnight]: ['000000', '200000'], [midnight + day]: ['000001', '000000'] })
    await record.moderationStore.restore(period, note)
    t.deepEqual(await read({}), { [midnight]: ['200000', '000000'], [midnight + day]: ['000001', '000000'] })
  },

  'what was excluded or restored after its moment is as it was before': async (t, create) => {
    const { record, read } = await rated(t, create, {
      a: [0, midnight],
      b: [1, midnight + hour],
      c: [2, midnight + day],
    })
    await record.moderationStore.exclude({ postId: 1, from: midnight, to: midnight + day }, note)
    const now = Object.values(await read({}))
    t.deepEqual(now, [
      ['000000', '110000'],
      ['001000', '000000'],
    ])
    // The end of a span is not in it.
    const counted = [
      { from: midnight, to: midnight + hour },
      { from: midnight + 2 * hour, to: midnight + 9 * day },
    ]
    t.deepEqual(Object.values(await read({ counted })), [
      ['100000', '010000'],
      ['001000', '000000'],
    ])
    const excluded = [{ from: midnight, to: midnight + day + 1 }]
    t.deepEqual(Object.values(await read({ excluded })), [
      ['000000', '110000'],
      ['000000', '001000'],
    ])
  },
}

async function rated(t: ExecutionContext<unknown>, create: CreateRecord, given: Record<string, [Score, number]>) {
  const record = await create(t)
  await addPosts(record, 2)
  const ratings = Object.entries(given).map(
    ([userId, [score, ratedAt]]): DatedRating => ({ postId: 1, userId, score, ratedAt }),
  )
  if (ratings.length > 0) await record.ratingStore.import(ratings, { createPosts: false })
  const everything = { postId: 1, unit: 'day', asOf: Date.now() + day, counted: [], excluded: [] } as const
  /** By start: counts and excluded ones, a digit a score. */
  const read = async (wanted: Partial<HistoryWanted>): Promise<Record<number, string[]>> => {
    const buckets = await record.historyReader.buckets({ ...everything, ...wanted })
    t.deepEqual(
      buckets,
      [...buckets].sort((a, b) => a.start - b.start),
    )
    return Object.fromEntries(
      buckets.map(({ start, counts, excluded }) => [start, [counts.join(''), excluded.join('')]]),
    )
  }
  return { record, read }
}
