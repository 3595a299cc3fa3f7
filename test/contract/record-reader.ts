import type { DatedRating } from '../../packages/post-rate/src/domain/rating.ts'
import { addPosts, type Cases, foldAll, rateMany } from './record.ts'

/** What every RecordReader does. */
export const recordReaderCases: Cases = {
  'own scores of several readers, each in its place': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    await record.ratingStore.rate([
      { postId: 1, userId: 'a', score: 0 },
      { postId: 2, userId: 'a', score: 5 },
      { postId: 1, userId: 'b', score: 3 },
    ])
    const { scores, states, watermark, deployment } = await record.recordReader.read(
      [
        { userId: 'a', postIds: [1, 2, 3] },
        { userId: 'nobody', postIds: [1, 2] },
        { userId: 'b', postIds: [1, 2] },
        { userId: 'a', postIds: [2, 2] },
        { userId: 'a', postIds: [] },
      ],
      [],
    )
    t.deepEqual(
      scores.map((own) => Object.fromEntries(own)),
      [{ 1: 0, 2: 5 }, {}, { 1: 3 }, { 2: 5 }, {}],
    )
    t.deepEqual({ states, watermark, deployment }, { states: [], watermark: null, deployment: null })
  },

  'a score is there before anything is folded': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await record.ratingStore.rate([{ postId: 1, userId: 'a', score: 4 }])
    const read = await record.another().recordReader.read([{ userId: 'a', postIds: [1] }], [1])
    t.is(read.scores[0]?.get(1), 4)
    t.is(read.states[0]?.version, 0)
  },

  'states that exist, once each, with scores, watermark and deployment in one read': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    await rateMany(record, 2, 2)
    await foldAll(record)
    const read = await record.recordReader.read([{ userId: 'user-1', postIds: [2] }], [2, 99, 3, 2], true)
    t.deepEqual(read.states.map(({ postId, version }) => [postId, version]).sort(), [
      [2, 2],
      [3, 0],
    ])
    t.deepEqual([...(read.scores[0] ?? [])], [[2, 3]])
    t.true(Number.isInteger(read.watermark))
    t.deepEqual(read.deployment, await record.settingsStore.load())
    t.is((await record.recordReader.read([], [2])).deployment, null)
    t.deepEqual((await record.recordReader.read([], [], true)).deployment, read.deployment)
  },

  'posts with nothing to show: unknown, never rated, deleted': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 4)
    for (const postId of [2, 3]) await rateMany(record, postId, 1)
    await foldAll(record)
    await record.postStore.delete(3)
    await foldAll(record)
    t.deepEqual(
      (await record.recordReader.unrated([4, 1, 2, 3, 99, 4])).sort((a, b) => a - b),
      [1, 3, 4, 99],
    )
    t.deepEqual(await record.recordReader.unrated([2]), [])
    t.deepEqual(await record.recordReader.unrated([]), [])
  },

  'the newest ratings of a post, newest first, with what is excluded': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    const latest = (limit: number) => record.recordReader.latest(1, limit, 100)
    t.deepEqual(await latest(3), [])
    const at = (n: number) => Date.now() - 86_400_000 + n * 1000
    const [first, second, third, fourth] = [1, 2, 3, 4].map(at) as [number, number, number, number]
    const given: DatedRating[] = [
      { postId: 1, userId: 'b', score: 0, ratedAt: third },
      { postId: 1, userId: 'd', score: 5, ratedAt: first },
      { postId: 1, userId: 'a', score: 3, ratedAt: second },
      { postId: 1, userId: 'c', score: 2, ratedAt: fourth },
      { postId: 2, userId: 'a', score: 1, ratedAt: fourth },
    ]
    await record.ratingStore.import(given, { createPosts: false })
    await record.moderationStore.exclude({ postId: 1, from: third, to: fourth }, { by: 'ada', reason: 'a raid' })
    t.deepEqual(await latest(3), [
      { postId: 1, userId: 'c', score: 2, ratedAt: fourth, excluded: false },
      { postId: 1, userId: 'b', score: 0, ratedAt: third, excluded: true },
      { postId: 1, userId: 'a', score: 3, ratedAt: second, excluded: false },
    ])
    await record.ratingStore.rate([{ postId: 1, userId: 'b', score: 4 }])
    await record.ratingStore.withdraw([{ postId: 1, userId: 'c' }])
    t.deepEqual(
      (await latest(100))?.map(({ userId, score, excluded }) => [userId, score, excluded]),
      [
        ['b', 4, false],
        ['a', 3, false],
        ['d', 5, false],
      ],
    )
    await record.ratingStore.erase('a')
    await record.postStore.delete(2)
    t.deepEqual(
      (await latest(100))?.map(({ userId }) => userId),
      ['b', 'd'],
    )
    for (const postId of [2, 99]) t.deepEqual(await record.recordReader.latest(postId, 3, 100), [])
  },

  'the ratings of a period by time and score, excluded ones too, its begin included and its end not': async (
    t,
    create,
  ) => {
    const record = await create(t)
    await addPosts(record, 2)
    const start = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
    const given = [
      ['before', -1, 5],
      ['a', 0, 0],
      ['b', 59_999, 0],
      ['c', 60_000, 3],
      ['d', 179_999, 5],
      ['end', 180_000, 1],
    ] as const
    await record.ratingStore.import(
      given.map(([userId, ms, score]): DatedRating => ({ postId: 1, userId, score, ratedAt: start + ms })),
      { createPosts: false },
    )
    await rateMany(record, 2, 1)
    const period = { postId: 1, from: start, to: start + 180_000 }
    await record.moderationStore.exclude({ ...period, to: start + 60_000 }, { by: 'ada', reason: 'a raid' })
    const arrivals = await record.recordReader.arrivals({ ...period, stepMs: 60_000 })
    t.deepEqual(arrivals, [
      { start, counts: [2, 0, 0, 0, 0, 0] },
      { start: start + 60_000, counts: [0, 0, 0, 1, 0, 0] },
      { start: start + 120_000, counts: [0, 0, 0, 0, 0, 1] },
    ])
    t.deepEqual(await record.recordReader.arrivals({ ...period, postId: 99, stepMs: 1_000 }), [])
  },

  'ratings of one moment come in the order of their users, capitals first': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const ratedAt = Date.now() - 1000
    await record.ratingStore.import(
      ['b', 'C', 'é', 'a'].map((userId): DatedRating => ({ postId: 1, userId, score: 3, ratedAt })),
      { createPosts: false },
    )
    t.deepEqual(
      (await record.recordReader.latest(1, 4, 100))?.map(({ userId }) => userId),
      ['C', 'a', 'b', 'é'],
    )
  },

  'a post with more ratings than are looked through tells none, excluded ones among them': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    await rateMany(record, 1, 3)
    await rateMany(record, 2, 5)
    const latest = async (among: number) => (await record.recordReader.latest(1, 2, among))?.length
    t.deepEqual([await latest(2), await latest(3), await latest(4)], [undefined, 2, 2])
    await record.moderationStore.exclude(
      { postId: 1, from: 0, to: Date.now() + 60_000 },
      { by: 'ada', reason: 'a raid' },
    )
    await foldAll(record)
    t.is(await latest(2), undefined)
  },

  'nothing asked, nothing answered': async (t, create) => {
    const record = await create(t)
    t.deepEqual(await record.recordReader.read([], []), { scores: [], states: [], watermark: null, deployment: null })
  },
}
