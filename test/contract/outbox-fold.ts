import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import type { FoldBatch } from '../../packages/post-rate/src/ports/outbox.ts'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { rateOne } from './rating-store.ts'
import {
  addPosts,
  type Cases,
  countsOf,
  foldAll,
  publishAll,
  rateMany,
  stateOf,
  suspects,
  wholeShard,
} from './record.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** What every fold does, whoever folds. */
export const foldCases: Cases = {
  'a folded change says what changed and carries the state after it': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateOne(record, { postId: 1, userId: 'u', score: 2 })
    const { ratedAt } = await rateOne(record, { postId: 1, userId: 'u', score: 5 })
    t.deepEqual(await record.outbox.unpublished(wholeShard, 10), [])
    t.is(await foldAll(record), 2)
    const { source } = await record.settingsStore.load()
    const [first, second] = await publishAll(record)
    t.like(first, {
      schema: 1,
      kind: 'rating',
      source,
      postId: 1,
      userId: 'u',
      score: 2,
      previousScore: null,
      version: 1,
    })
    t.like(second, { kind: 'rating', score: 5, previousScore: 2, ratedAt, version: 2, activity: 1, deleted: undefined })
    t.deepEqual(second?.counts, [0, 0, 0, 0, 0, 1])
    // The first rating shows at once; the change waits for the window's end.
    t.like(second?.displayed, { count: 1, sum: 2, average: 2, activity: 1, guard: null })
    t.is(second?.displayed.stepAt, second?.displayed.nextUpdateAt)
    t.regex(first?.eventId ?? '', uuid)
    t.not(first?.eventId, second?.eventId)
    const { states } = await record.recordReader.read([], [1])
    t.like(states[0], { postId: 1, version: 2, activity: 1, deleted: false })
    t.is(new Date(states[0]?.windowEnd ?? 0).toISOString(), second?.displayed.nextUpdateAt as string)
  },

  'an account that withdraws and rates again arrives once, folded together or one by one': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    const turns = [3, null, 4, null, 3, 5] as const
    for (const [postId, atOnce] of [
      [1, false],
      [2, true],
    ] as const) {
      for (const score of turns) {
        if (score === null) await record.ratingStore.withdraw([{ postId, userId: 'u' }])
        else await rateOne(record, { postId, userId: 'u', score })
        await record.wait(2)
        if (atOnce) await foldAll(record)
      }
      await rateOne(record, { postId, userId: 'v', score: 1 })
      await foldAll(record)
      t.is((await stateOf(record, postId))?.activity, 2)
    }
    t.deepEqual(await countsOf(record, [1, 2]), [
      [0, 1, 0, 0, 0, 1],
      [0, 1, 0, 0, 0, 1],
    ])
  },

  'a fold takes the oldest first, at most its limit, and says whether it is done': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateMany(record, 1, 25)
    const reports = []
    for (let n = 0; n < 4; n++) reports.push(await record.outbox.fold(wholeShard, 10, foldBatch))
    t.deepEqual(
      reports.map(({ events, drained }) => [events, drained]),
      [
        [10, false],
        [10, false],
        [5, true],
        [0, true],
      ],
    )
    const published = await publishAll(record)
    t.deepEqual(
      published.map(({ version }) => version),
      Array.from({ length: 25 }, (_, n) => n + 1),
    )
    t.deepEqual(
      published.map(({ userId }) => userId),
      Array.from({ length: 25 }, (_, n) => `user-${n}`),
    )
  },

  'each shard folds and publishes its own posts': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 5)
    for (const postId of [1, 2, 3, 4, 5]) await rateOne(record, { postId, userId: 'u', score: 3 })
    const [even, odd] = [
      { index: 0, count: 2 },
      { index: 1, count: 2 },
    ]
    t.is(await foldAll(record, odd), 3)
    t.deepEqual(await publishAll(record, even), [])
    t.deepEqual(
      (await publishAll(record, odd)).map(({ postId }) => postId),
      [1, 3, 5],
    )
    t.is(await foldAll(record, even), 2)
    t.is((await publishAll(record, even)).length, 2)
    t.deepEqual(await record.outbox.backlog(), { rows: 0, oldestSeconds: 0, folded: 5 })
  },

  'a fold reports the changes that are given out afterwards, word for word': async (t, create) => {
    const record = await create(t, { settings: { windowSeconds: 1 } })
    await addPosts(record, 3)
    await rateMany(record, 1, 3)
    await rateOne(record, { postId: 2, userId: 'u', score: 4 })
    const reports = [await record.outbox.fold(wholeShard, 100, foldBatch)]
    await rateMany(record, 1, 3, 'later')
    await record.postStore.delete(2)
    reports.push(await record.outbox.fold(wholeShard, 100, foldBatch))
    await record.wait(1_100)
    reports.push(await record.outbox.fold(wholeShard, 100, foldBatch))
    const given = await record.outbox.unpublished(wholeShard, 100)
    const byId = (changes: typeof given) => [...changes].sort((a, b) => (a.id < b.id ? -1 : 1))
    t.deepEqual(byId(reports.flatMap(({ changes }) => changes)), byId(given))
    t.true(given.some(({ message }) => message.kind === 'display'))
    t.deepEqual(
      reports.map(({ events, steps, changes }) => events + steps - changes.length),
      [0, 0, 0],
    )
    t.deepEqual((await record.outbox.fold(wholeShard, 100, foldBatch)).changes, [])
  },

  "a window's end is stepped once, without a rating to cause it": async (t, create) => {
    const record = await create(t, { settings: { windowSeconds: 1 } })
    await addPosts(record, 2)
    await rateOne(record, { postId: 1, userId: 'a', score: 1 })
    await foldAll(record)
    const { score } = await rateOne(record, { postId: 1, userId: 'b', score: 3 })
    t.is(score, 3)
    await foldAll(record)
    await publishAll(record)
    await record.wait(1_100)
    const report = await record.outbox.fold(wholeShard, 100, foldBatch)
    // The window may have ended before the second rating was folded; then there is nothing left to step.
    if (report.steps === 1) {
      const [change] = await publishAll(record)
      t.like(change, { kind: 'display', postId: 1, userId: undefined, score: undefined, previousScore: undefined })
      t.like(change?.displayed, { count: 2, average: 2, stepAt: null })
      t.deepEqual(change?.displayed.histogram, change?.counts)
    }
    await record.wait(1_100)
    t.like(await record.outbox.fold(wholeShard, 100, foldBatch), { events: 0, steps: 0 })
    const { states } = await record.recordReader.read([], [1, 2])
    t.deepEqual(states.find(({ postId }) => postId === 1)?.displayed.counts, [0, 1, 0, 1, 0, 0])
    t.is(states.find(({ postId }) => postId === 2)?.version, 0)
    t.deepEqual(await publishAll(record), [])
  },

  'a fold that throws leaves nothing half-written': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    await rateMany(record, 1, 4)
    await rateMany(record, 2, 4)
    await foldAll(record)
    await rateMany(record, 3, 4)
    const before = await record.recordReader.read([], [1, 2, 3])
    const waiting = await record.outbox.unpublished(wholeShard, 100)
    const failing: FoldBatch = (batch) => {
      foldBatch(batch)
      throw new Error('out of order')
    }
    await t.throwsAsync(record.outbox.fold(wholeShard, 100, failing), { message: 'out of order' })
    t.deepEqual(await record.recordReader.read([], [1, 2, 3]), before)
    t.deepEqual(await record.outbox.unpublished(wholeShard, 100), waiting)
    t.is(await foldAll(record), 4)
    t.deepEqual((await countsOf(record, [3]))[0], [0, 0, 0, 4, 0, 0])
  },

  'two relays fold 2,000 events at once, each exactly once': async (t, create) => {
    const record = await create(t)
    const other = record.another()
    const posts = await addPosts(record, 50)
    for (let batch = 0; batch < 4; batch++)
      await record.ratingStore.rate(
        Array.from({ length: 500 }, (_, n) => ({
          postId: posts[n % posts.length] as number,
          userId: `u${batch}-${n}`,
          score: ((n + batch) % 6) as Score,
        })),
      )
    const folded = await Promise.all([foldAll(record, wholeShard, 70), foldAll(other, wholeShard, 90)])
    t.is(folded[0] + folded[1], 2_000)
    const changes = await publishAll(record)
    t.is(changes.length, 2_000)
    t.is(new Set(changes.map(({ eventId }) => eventId)).size, 2_000)
    const versions = changes.filter(({ postId }) => postId === 7).map(({ version }) => version)
    t.deepEqual(
      versions.sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, n) => n + 1),
    )
    t.deepEqual(await suspects(record), [])
    t.is((await record.auditStore.next(0)).posts, 50)
  },

  'the watermark rises with folds, also of nothing, and only once everything is folded': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    t.is((await record.recordReader.read([], [1])).watermark, null)
    await rateMany(record, 1, 10)
    const first = await record.outbox.fold(wholeShard, 4, foldBatch)
    t.false(first.drained)
    t.is((await record.recordReader.read([], [1])).watermark, null)
    await foldAll(record)
    const { watermark } = await record.recordReader.read([], [1])
    t.true(Number.isInteger(watermark))
    await record.wait(1_050)
    const idle = await record.outbox.fold(wholeShard, 4, foldBatch)
    t.true(idle.drained && idle.events === 0)
    const later = (await record.recordReader.read([], [1])).watermark ?? 0
    t.true(later >= (watermark ?? 0) + 1_000)
    t.is(idle.watermark, later)
  },

  'versions rise above the floor': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateMany(record, 1, 2)
    await foldAll(record)
    await record.stateStore.raiseFloor(2 ** 40)
    await rateMany(record, 1, 2, 'later')
    await foldAll(record)
    t.deepEqual(
      (await publishAll(record)).map(({ version }) => version),
      [1, 2, 2 ** 40 + 1, 2 ** 40 + 2],
    )
  },
}
