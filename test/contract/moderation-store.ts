import type { ExecutionContext } from 'ava'
import type { DatedRating, Score } from '../../packages/post-rate/src/domain/rating.ts'
import { rateOne } from './rating-store.ts'
import {
  addPosts,
  type Cases,
  type CreateRecord,
  countsOf,
  drained,
  foldAll,
  type RecordPorts,
  stateOf,
  suspects,
  type TestRecord,
} from './record.ts'

const hour = 3_600_000
const note = { by: 'ada', reason: 'a raid' }

/** What every ModerationStore does. */
export const moderationStoreCases: Cases = {
  'a period is excluded and restored, each once, through the outbox': async (t, create) => {
    const { record, at } = await rated(t, create)
    const period = { postId: 1, from: at(2), to: at(4) }
    const first = await record.moderationStore.exclude(period, note)
    t.is(first?.moved, 2)
    t.like(first?.exclusion, { postId: 1, by: 'ada', reason: 'a raid', excluded: 2, restoredAt: null, restored: 0 })
    t.deepEqual([first?.exclusion.from, first?.exclusion.to], [iso(at(2)), iso(at(4))])
    t.deepEqual(sorted(await drained(record)), [
      [1, 'u2', 2, null],
      [1, 'u3', 3, null],
    ])
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 0, 0, 1, 1]])
    t.deepEqual(await drift(record), [])

    t.is((await record.moderationStore.exclude(period, { by: 'bo', reason: 'again' }))?.moved, 0)
    t.is((await record.moderationStore.list(1)).length, 1)
    t.deepEqual(await drained(record), [])

    const back = await record.moderationStore.restore(period, { by: 'bo', reason: 'an error' })
    t.is(back?.moved, 2)
    t.like(back?.exclusion, { excluded: 2, restored: 2, restoredBy: 'bo', restoreReason: 'an error', by: 'ada' })
    t.is((await record.moderationStore.restore(period, note))?.moved, 0)
    t.like((await record.moderationStore.list(1))[0], { restored: 2, restoredBy: 'bo' })
    t.deepEqual(sorted(await drained(record)), [
      [1, 'u2', null, 2],
      [1, 'u3', null, 3],
    ])
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 1, 1, 1, 1]])
    t.deepEqual(await drift(record), [])
  },

  'what was rated within a period, without what is excluded': async (t, create) => {
    const { record, at } = await rated(t, create)
    const within = async (from: number, to: number) =>
      Object.fromEntries(
        await record.recordReader.ratedWithin([
          { postId: 1, from: at(from), to: at(to) },
          { postId: 2, from: 0, to: at(9) },
        ]),
      )
    t.deepEqual(await within(2, 4), { 1: [0, 0, 1, 1, 1, 0] })
    await record.moderationStore.exclude({ postId: 1, from: at(2), to: at(4) }, note)
    t.deepEqual(await within(2, 4), { 1: [0, 0, 0, 0, 1, 0] })
    await rateOne(record, { postId: 1, userId: 'u2', score: 0 })
    t.deepEqual(await within(1, 5), { 1: [0, 1, 0, 0, 1, 1] })
    t.deepEqual(await within(6, 9), {})
    t.deepEqual(await record.recordReader.ratedWithin([]), new Map())
  },

  'a period may be excluded again after it was restored; the log keeps both': async (t, create) => {
    const { record, at } = await rated(t, create)
    const period = { postId: 1, from: at(2), to: at(4) }
    await record.moderationStore.exclude(period, note)
    await record.moderationStore.restore(period, note)
    t.is((await record.moderationStore.exclude(period, { by: 'bo', reason: 'after all' }))?.moved, 2)
    const log = await record.moderationStore.list(1)
    t.deepEqual(
      log.map(({ by, restoredAt }) => [by, restoredAt === null]),
      [
        ['bo', true],
        ['ada', false],
      ],
    )
    t.is((await record.moderationStore.restore(period, note))?.moved, 2)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 1, 1, 1, 1]])
  },

  'of overlapping exclusions each brings back only what no other covers': async (t, create) => {
    const { record, at } = await rated(t, create)
    const [a, b, inner] = [
      { postId: 1, from: at(1), to: at(4) },
      { postId: 1, from: at(3), to: at(6) },
      { postId: 1, from: at(2), to: at(3) },
    ]
    t.is((await record.moderationStore.exclude(a, note))?.moved, 3)
    t.is((await record.moderationStore.exclude(b, note))?.moved, 2)
    // All of it is out already: it is noted all the same, since it holds on to its part when the others end.
    t.is((await record.moderationStore.exclude(inner, note))?.moved, 0)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, 0]])
    t.like(await record.moderationStore.plan(a, 'restore'), { moving: [0, 1, 0, 0, 0, 0] })
    t.is((await record.moderationStore.restore(a, note))?.moved, 1)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 0, 0, 0, 0]])
    t.is((await record.moderationStore.restore(b, note))?.moved, 3)
    t.is((await record.moderationStore.restore(inner, note))?.moved, 1)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 1, 1, 1, 1]])
    t.deepEqual(await drift(record), [])
  },

  'the plan says what would move, and changes nothing': async (t, create) => {
    const { record, at } = await rated(t, create)
    const period = { postId: 1, from: at(2), to: at(4) }
    const counted = [0, 1, 1, 1, 1, 1]
    t.deepEqual(plain(await record.moderationStore.plan(period, 'exclude')), { counted, moving: [0, 0, 1, 1, 0, 0] })
    t.deepEqual(plain(await record.moderationStore.plan(period, 'restore')), { counted, moving: [0, 0, 0, 0, 0, 0] })
    t.is(await record.moderationStore.plan({ ...period, postId: 77 }, 'exclude'), null)
    t.deepEqual(await record.moderationStore.list(null), [])
    t.deepEqual(await drained(record), [])
    await record.moderationStore.exclude(period, note)
    const after = { counted: [0, 1, 0, 0, 1, 1], moving: [0, 0, 1, 1, 0, 0] }
    t.deepEqual(plain(await record.moderationStore.plan(period, 'restore')), after)
    t.like(await record.moderationStore.plan(period, 'exclude'), { moving: [0, 0, 0, 0, 0, 0] })
  },

  'a period without ratings is not noted, and none of it can be restored': async (t, create) => {
    const { record, at } = await rated(t, create)
    t.is(await record.moderationStore.exclude({ postId: 2, from: at(0), to: at(9) }, note), null)
    t.is(await record.moderationStore.exclude({ postId: 1, from: at(8), to: at(9) }, note), null)
    t.is(await record.moderationStore.restore({ postId: 1, from: at(2), to: at(4) }, note), null)
    t.deepEqual(await record.moderationStore.list(null), [])
  },

  'the next rating of the same user counts, and the one before it stays out': async (t, create) => {
    const { record, at } = await rated(t, create)
    await record.moderationStore.exclude({ postId: 1, from: at(1), to: at(6) }, note)
    await drained(record)
    t.deepEqual(await ownScore(record, 'u3'), 3)
    t.like(await rateOne(record, { postId: 1, userId: 'u3', score: 3 }), { changed: false, previousScore: 3 })
    t.like(await rateOne(record, { postId: 1, userId: 'u4', score: 0 }), { changed: true, previousScore: 4 })
    t.deepEqual(await drained(record), [[1, 'u4', null, 0]])
    t.deepEqual(await countsOf(record, [1]), [[1, 0, 0, 0, 0, 0]])
    t.is((await record.moderationStore.restore({ postId: 1, from: at(1), to: at(6) }, note))?.moved, 4)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[1, 1, 1, 1, 0, 1]])
    t.deepEqual(await drift(record), [])
  },

  'a newer import counts again; an older one changes nothing': async (t, create) => {
    const { record, at } = await rated(t, create)
    const period = { postId: 1, from: at(1), to: at(6) }
    await record.moderationStore.exclude(period, note)
    await drained(record)
    const lines: DatedRating[] = [dated('u1', 1, at(1)), dated('u2', 2, at(2) + 1), dated('u3', 5, at(3) - 1)]
    t.like(await record.ratingStore.import(lines, { createPosts: false }), { changed: 1, unchanged: 2 })
    t.deepEqual(await drained(record), [[1, 'u2', null, 2]])
    t.deepEqual(await drift(record), [])
    // It is in the period, too: the same command again takes it out.
    t.is((await record.moderationStore.exclude(period, note))?.moved, 1)
    t.like((await record.moderationStore.list(1))[0], { excluded: 6 })
  },

  'withdrawing, erasing and deleting what is excluded is no change': async (t, create) => {
    const { record, at } = await rated(t, create)
    await record.moderationStore.exclude({ postId: 1, from: at(2), to: at(4) }, note)
    await drained(record)
    await record.ratingStore.withdraw([{ postId: 1, userId: 'u2' }])
    t.is(await record.ratingStore.erase('u3'), 1)
    t.deepEqual(await drained(record), [])
    t.is(await record.ratingStore.erase('u4'), 1)
    t.deepEqual(await drained(record), [[1, 'u4', 4, null]])
    await rateOne(record, { postId: 1, userId: 'u9', score: 0 })
    await record.moderationStore.exclude({ postId: 1, from: at(5), to: at(6) }, note)
    t.true(await record.postStore.delete(1))
    await foldAll(record)
    t.like(await stateOf(record, 1), { deleted: true, counts: [0, 0, 0, 0, 0, 0] })
    t.deepEqual(await drift(record), [])
    t.is((await record.moderationStore.list(1)).length, 2)
  },

  'an export has what is excluded, and importing it again leaves it excluded': async (t, create) => {
    const { record, at } = await rated(t, create)
    await record.moderationStore.exclude({ postId: 1, from: at(2), to: at(4) }, note)
    await drained(record)
    const exported: DatedRating[] = []
    for await (const rating of record.ratingStore.export()) exported.push(rating)
    t.deepEqual(
      exported.map(({ userId, score, excluded }) => [userId, score, excluded]),
      [1, 2, 3, 4, 5].map((n) => [`u${n}`, n, n === 2 || n === 3]),
    )
    t.like(await record.ratingStore.import(exported, { createPosts: false }), { changed: 0, unchanged: 5 })
    t.deepEqual(await drained(record), [])
  },

  'moderation is no activity, in whichever window the ratings were': async (t, create) => {
    const { record, at } = await rated(t, create)
    await rateOne(record, { postId: 1, userId: 'new', score: 5 })
    await record.wait(5)
    await foldAll(record)
    const activity = (await stateOf(record, 1))?.activity
    const period = { postId: 1, from: at(1), to: Date.now() + hour }
    t.is((await record.moderationStore.exclude(period, note))?.moved, 6)
    await foldAll(record)
    t.is((await record.moderationStore.restore(period, note))?.moved, 6)
    await foldAll(record)
    t.is((await stateOf(record, 1))?.activity, activity)
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 1, 1, 1, 2]])
  },
}

/** Five ratings of post 1, `u1` to `u5`, an hour apart; the score is the number. All of it is folded and published. */
async function rated(
  t: ExecutionContext<unknown>,
  create: CreateRecord,
): Promise<{ record: TestRecord; at: (n: number) => number }> {
  const record = await create(t)
  await addPosts(record, 2)
  const base = Math.floor(Date.now() / hour) * hour - 100 * hour
  const at = (n: number) => base + n * hour
  const ratings = [1, 2, 3, 4, 5].map((n) => dated(`u${n}`, n as Score, at(n)))
  await record.ratingStore.import(ratings, { createPosts: false })
  await drained(record)
  return { record, at }
}

function dated(userId: string, score: Score, ratedAt: number): DatedRating {
  return { postId: 1, userId, score, ratedAt }
}

async function ownScore(record: RecordPorts, userId: string): Promise<number | undefined> {
  return (await record.recordReader.read([{ userId, postIds: [1] }], [])).scores[0]?.get(1)
}

async function drift({ auditStore }: RecordPorts): Promise<unknown[]> {
  return suspects({ auditStore })
}

function sorted(told: unknown[][]): unknown[][] {
  return told.sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

/** Without what else a store may have read. */
function plain(plan: { counted: unknown; moving: unknown } | null) {
  return plan && { counted: plan.counted, moving: plan.moving }
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
