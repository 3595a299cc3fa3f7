import type { DatedRating, Rating, RatingReceipt, Score } from '../../packages/post-rate/src/domain/rating.ts'
import { addPosts, type Cases, countsOf, drained, foldAll, publishAll } from './record.ts'

const day = 86_400_000

/** What every RatingStore does. */
export const ratingStoreCases: Cases = {
  'a rating is stored, replaced, and repeated without effect': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    const first = await rateOne(record, { postId: 1, userId: 'u1', score: 0 })
    t.like(first, { postId: 1, userId: 'u1', score: 0, previousScore: null, changed: true })
    t.regex(first.ratedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    t.true(Math.abs(Date.parse(first.ratedAt) - Date.now()) < 60_000)
    await record.wait(5)
    t.like(await rateOne(record, { postId: 1, userId: 'u1', score: 0 }), {
      previousScore: 0,
      changed: false,
      ratedAt: first.ratedAt,
    })
    const changed = await rateOne(record, { postId: 1, userId: 'u1', score: 5 })
    t.like(changed, { score: 5, previousScore: 0, changed: true })
    t.true(changed.ratedAt > first.ratedAt)
    t.like(await rateOne(record, { postId: 2, userId: 'u1', score: 5 }), { previousScore: null, changed: true })
    t.deepEqual(await drained(record), [
      [1, 'u1', null, 0],
      [1, 'u1', 0, 5],
      [2, 'u1', null, 5],
    ])
    t.deepEqual(await countsOf(record, [1, 2]), [
      [0, 0, 0, 0, 0, 1],
      [0, 0, 0, 0, 0, 1],
    ])
  },

  'the standing of a rater is stored, says nothing in the answer, and changes no figure': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const rate = (userId: string, score: Score, established?: boolean | null) =>
      rateOne(record, { postId: 1, userId, score, ...(established === undefined ? {} : { established }) })
    t.false('established' in (await rate('told', 1, true)))
    await rate('new', 2, false)
    await rate('unknown', 3)
    await rate('null', 3, null)
    // The same score again is no change, whatever the standing.
    t.like(await rate('new', 2, true), { changed: false })
    t.like(await rate('told', 5), { changed: true })
    t.like(await rate('unknown', 4, false), { changed: true })
    const many: Rating[] = [
      { postId: 1, userId: 'batch a', score: 0, established: true },
      { postId: 1, userId: 'batch b', score: 0 },
      { postId: 1, userId: 'batch c', score: 0, established: false },
    ]
    t.true((await record.ratingStore.rate(many)).every((outcome) => !('established' in (outcome as RatingReceipt))))
    const lines = [
      { ...dated(1, 'import', 1, Date.now() - day), established: false },
      { ...dated(1, 'told', 0, Date.now() + 1_000), excluded: true },
    ]
    t.like(await record.ratingStore.import(lines, { createPosts: false }), { changed: 2 })
    const standing: Record<string, unknown> = {}
    for await (const { userId, established } of record.ratingStore.export()) standing[userId] = established
    t.deepEqual(standing, {
      ...{ told: true, new: false, unknown: false, null: null, import: false },
      ...{ 'batch a': true, 'batch b': null, 'batch c': false },
    })
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[3, 1, 1, 1, 1, 0]])
  },

  'every row of a batch gets its own answer, in order': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    await rateOne(record, { postId: 3, userId: 'u', score: 3 })
    const outcomes = await record.ratingStore.rate([
      { postId: 3, userId: 'u', score: 3 },
      { postId: 99, userId: 'u', score: 1 },
      { postId: 1, userId: 'z', score: 1 },
      { postId: 1, userId: 'a', score: 2 },
      { postId: Number.MAX_SAFE_INTEGER, userId: 'u', score: 1 },
      { postId: 3, userId: 'v', score: 0 },
    ])
    t.deepEqual(
      outcomes.map((outcome) => outcome && answer(outcome)),
      [[3, 'u', 3, false], undefined, [1, 'z', null, true], [1, 'a', null, true], undefined, [3, 'v', null, true]],
    )
    t.deepEqual(await record.ratingStore.rate([]), [])
  },

  'user ids are any text: case, braces, quotes, emoji and 255 characters': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const users = [
      'Ann',
      'ann',
      'ann ',
      '{a,b}',
      '"',
      "'); drop table ratings; --",
      '\\',
      'null',
      '👩‍🚀',
      '𝒳'.repeat(255),
      'a:b*',
    ]
    const outcomes = await record.ratingStore.rate(users.map((userId) => ({ postId: 1, userId, score: 4 })))
    t.true(outcomes.every((outcome) => (outcome as RatingReceipt).changed))
    const { scores } = await record.recordReader.read(
      users.map((userId) => ({ userId, postIds: [1] })),
      [],
    )
    t.true(scores.every((own) => own.get(1) === 4))
    t.deepEqual((await drained(record)).map(([, userId]) => userId).sort(), [...users].sort())
  },

  'withdrawing takes a rating back, and is true for any post that exists': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateOne(record, { postId: 1, userId: 'u', score: 4 })
    t.deepEqual(await record.ratingStore.withdraw([{ postId: 1, userId: 'u' }]), [true])
    t.deepEqual(await record.ratingStore.withdraw([{ postId: 1, userId: 'u' }]), [true])
    t.deepEqual(await record.ratingStore.withdraw([{ postId: 1, userId: 'nobody' }]), [true])
    t.deepEqual(await record.ratingStore.withdraw([{ postId: 2, userId: 'u' }]), [false])
    t.deepEqual(await drained(record), [
      [1, 'u', null, 4],
      [1, 'u', 4, null],
    ])
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, 0]])
  },

  'erasing a user withdraws everything of that user alone': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    for (const postId of [1, 2, 3]) await rateOne(record, { postId, userId: 'u', score: 1 })
    await rateOne(record, { postId: 2, userId: 'v', score: 2 })
    t.is(await record.ratingStore.erase('u', { dryRun: true }), 3)
    t.is(await record.ratingStore.erase('u'), 3)
    t.is(await record.ratingStore.erase('u'), 0)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1, 2, 3]), [
      [0, 0, 0, 0, 0, 0],
      [0, 0, 1, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ])
    t.deepEqual(await exported(record), [[2, 'v', 2]])
  },

  'erasing says how far it is, and does not begin for somebody who has gone': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    for (const postId of [1, 2]) await rateOne(record, { postId, userId: 'u', score: 1 })
    const signal = AbortSignal.abort(new Error('gone'))
    await t.throwsAsync(record.ratingStore.erase('u', { signal }), { message: 'gone' })
    const told: unknown[] = []
    t.is(await record.ratingStore.erase('u', { onProgress: (progress) => told.push(progress) }), 2)
    t.deepEqual(told, [{ posts: 2, erased: 2 }])
  },

  'an import stores what is newer and is idempotent': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    const base = Date.now() - 10 * day
    const lines = [dated(1, 'a', 3, base), dated(1, 'b', 4, base), dated(77, 'a', 5, base), dated(2, 'a', 0, base)]
    const options = { createPosts: false }
    t.deepEqual(await record.ratingStore.import(lines, options), {
      changed: 3,
      unchanged: 0,
      unknownPosts: [2],
      postsCreated: 0,
    })
    t.deepEqual(await record.ratingStore.import(lines, options), {
      changed: 0,
      unchanged: 3,
      unknownPosts: [2],
      postsCreated: 0,
    })
    const next = [dated(1, 'a', 1, base - 1), dated(1, 'b', 2, base + 1), dated(2, 'a', 0, base + 1)]
    t.like(await record.ratingStore.import(next, options), { changed: 2, unchanged: 1 })
    t.deepEqual(await exported(record), [
      [1, 'a', 3],
      [1, 'b', 2],
      [2, 'a', 0],
    ])
    // A newer date with the same score is noted, and is no event.
    t.deepEqual(await drained(record), [
      [1, 'a', null, 3],
      [1, 'b', null, 4],
      [1, 'b', 4, 2],
      [2, 'a', null, 0],
    ])
    t.like(await rateOne(record, { postId: 1, userId: 'a', score: 3 }), {
      changed: false,
      ratedAt: new Date(base).toISOString(),
    })
  },

  'an import creates missing posts under their ids, and later posts do not collide': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const lines = [1, 5, 3, 5].map((postId, n) => dated(postId, `u${n}`, 3, Date.now() - day))
    t.deepEqual(await record.ratingStore.import(lines, { createPosts: true }), {
      changed: 4,
      unchanged: 0,
      unknownPosts: [],
      postsCreated: 2,
    })
    t.like(await record.ratingStore.import(lines, { createPosts: true }), { postsCreated: 0, unchanged: 4 })
    const { id } = await record.postStore.create({ title: 'New', content: 'Text.', createdBy: 'author' })
    t.is(id, 6)
    t.is((await record.postStore.find([1, 3, 5, 6])).length, 4)
  },

  'dates of an import survive to the millisecond, from year 1 on': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const times = [-62_135_596_800_000, -1, 0, 1, 951_782_400_123, Date.UTC(2024, 1, 29, 23, 59, 59, 999)]
    const lines = times.map((ratedAt, n) => dated(1, `u${n}`, 2, ratedAt))
    t.like(await record.ratingStore.import(lines, { createPosts: false }), { changed: times.length })
    const stored: number[] = []
    for await (const rating of record.ratingStore.export()) stored.push(rating.ratedAt)
    t.deepEqual(stored, times)
  },

  'an excluded rating is exported and imported as excluded, and never counts': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const at = Date.now() - day
    const lines = [dated(1, 'a', 5, at), { ...dated(1, 'b', 0, at), excluded: true }]
    t.like(await record.ratingStore.import(lines, { createPosts: false }), { changed: 2 })
    t.like(await record.ratingStore.import(lines, { createPosts: false }), { changed: 0, unchanged: 2 })
    const all: DatedRating[] = []
    for await (const rating of record.ratingStore.export()) all.push(rating)
    t.deepEqual(
      all.map(({ userId, score, ratedAt, excluded }) => [userId, score, ratedAt, excluded]),
      [
        ['a', 5, at, false],
        ['b', 0, at, true],
      ],
    )
    const counted: string[] = []
    for await (const rating of record.ratingStore.export({ countedOnly: true })) counted.push(rating.userId)
    t.deepEqual(counted, ['a'])
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, 1]])

    // A newer record decides anew, in both directions, and a withdrawal of an excluded rating changes no figure.
    const newer = [{ ...dated(1, 'a', 5, at + 1), excluded: true }, dated(1, 'b', 0, at + 1)]
    t.like(await record.ratingStore.import(newer, { createPosts: false }), { changed: 2 })
    await record.ratingStore.withdraw([{ postId: 1, userId: 'a' }])
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[1, 0, 0, 0, 0, 0]])
  },

  'an export may be left early, and gives everything in order otherwise': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    const ratings = [3, 1, 2].flatMap((postId) =>
      ['c', 'a', 'b'].map((userId) => ({ postId, userId, score: 1 as Score })),
    )
    await record.ratingStore.rate(ratings)
    for await (const rating of record.ratingStore.export()) {
      t.like(rating, { postId: 1, userId: 'a', score: 1 })
      break
    }
    t.deepEqual(
      (await exported(record)).map(([postId, userId]) => `${postId}${userId}`),
      ['1a', '1b', '1c', '2a', '2b', '2c', '3a', '3b', '3c'],
    )
  },

  'no bad row fails its neighbours': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const bad: Record<string, Rating> = {
      'an unknown post': { postId: 99, userId: 'bad', score: 1 },
      'a user id with NUL': { postId: 1, userId: 'b\0d', score: 1 },
      'a score of 6': { postId: 1, userId: 'bad', score: 6 as Score },
      'a score of 70000': { postId: 1, userId: 'bad', score: 70_000 as Score },
      'half a score': { postId: 1, userId: 'bad', score: 2.5 as Score },
      'an empty user id': { postId: 1, userId: '', score: 1 },
    }
    for (const [n, [name, row]] of Object.entries(bad).entries()) {
      const batch: Rating[] = Array.from({ length: 99 }, (_, i) => ({ postId: 1, userId: `u${n}-${i}`, score: 3 }))
      batch.splice(17 * n, 0, row)
      const outcomes = await record.ratingStore.rate(batch)
      const answered = outcomes.filter((outcome) => outcome !== undefined && !(outcome instanceof Error))
      t.is(answered.length, 99, name)
      if (name === 'an unknown post') t.is(outcomes[17 * n], undefined)
      else t.true(outcomes[17 * n] instanceof Error, name)
      t.deepEqual(
        (await drained(record)).map(([, userId]) => userId).sort(),
        answered.map((receipt) => (receipt as RatingReceipt).userId).sort(),
        name,
      )
    }
  },

  'two clients that rate for one user at once: one chain of scores, 300 times': async (t, create) => {
    const record = await create(t)
    const other = record.another()
    await addPosts(record, 1)
    const rounds = 300
    for (let round = 0; round < rounds; round++) {
      const userId = `u${round}`
      const equal = round % 2 === 0
      const [a, b] = (await Promise.all([
        rateOne(record, { postId: 1, userId, score: 4 }),
        rateOne(other, { postId: 1, userId, score: equal ? 4 : 1 }),
      ])) as [RatingReceipt, RatingReceipt]
      const [first, second] = a.previousScore === null ? [a, b] : [b, a]
      t.like(first, { previousScore: null, changed: true })
      t.like(second, { previousScore: first.score, changed: !equal })
      if (equal) t.is(second.ratedAt, first.ratedAt)
    }
    await foldAll(record)
    const last = new Map<string | undefined, number | null | undefined>()
    for (const change of await publishAll(record)) {
      if (change.kind !== 'rating') continue
      if ((last.get(change.userId) ?? null) !== change.previousScore) t.fail(`broken chain of ${change.userId}`)
      last.set(change.userId, change.score)
    }
    t.is(last.size, rounds)
    const counts = [0, 0, 0, 0, 0, 0]
    for (const [, , score] of await exported(record)) counts[score as Score] = (counts[score as Score] ?? 0) + 1
    t.deepEqual(await countsOf(record, [1]), [counts])
  },

  "without posts of one's own any post can be rated": async (t, create) => {
    const record = await create(t, { posts: 'external' })
    t.like(await rateOne(record, { postId: 42, userId: 'u', score: 4 }), { changed: true, previousScore: null })
    t.like(await rateOne(record, { postId: 42, userId: 'u', score: 4 }), { changed: false, previousScore: 4 })
    t.deepEqual(await record.ratingStore.withdraw([{ postId: 43, userId: 'u' }]), [true])
    const lines = [dated(44, 'u', 2, Date.now() - day)]
    t.like(await record.ratingStore.import(lines, { createPosts: true }), { changed: 1, postsCreated: 0 })
    await foldAll(record)
    t.deepEqual(await countsOf(record, [42, 43, 44]), [[0, 0, 0, 0, 1, 0], [], [0, 0, 1, 0, 0, 0]])
  },
}

/** What memory cannot show, with the reason. */
export const notOnMemory = {
  'no bad row fails its neighbours': 'memory has no column types, no checks and no statement that a row could fail',
}

type Rater = { ratingStore: { rate(ratings: Rating[]): Promise<unknown[]> } }

export async function rateOne({ ratingStore }: Rater, rating: Rating): Promise<RatingReceipt> {
  const [outcome] = await ratingStore.rate([rating])
  if (outcome instanceof Error) throw outcome
  if (outcome === undefined) throw new Error(`There is no post ${rating.postId}`)
  return outcome as RatingReceipt
}

export async function exported({
  ratingStore,
}: {
  ratingStore: { export(): AsyncIterable<DatedRating> }
}): Promise<unknown[][]> {
  const ratings: unknown[][] = []
  for await (const { postId, userId, score } of ratingStore.export()) ratings.push([postId, userId, score])
  return ratings
}

function dated(postId: number, userId: string, score: Score, ratedAt: number): DatedRating {
  return { postId, userId, score, ratedAt }
}

function answer(outcome: unknown): unknown[] {
  const { postId, userId, previousScore, changed } = outcome as RatingReceipt
  return [postId, userId, previousScore, changed]
}
