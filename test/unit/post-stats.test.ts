import test from 'ava'
import { windowEndAt } from '../../packages/post-rate/src/domain/display-window.ts'
import {
  displayIsStale,
  foldEvent,
  raiseVersion,
  repairCounts,
} from '../../packages/post-rate/src/domain/post-stats.ts'
import { contextOf, created, foldInto, noon, Ratings, settingsOf, stepTo, windowMs } from './rating-events.ts'

const end = windowEndAt(1, noon, 300)

test('a first rating shows at once, and promises the end of its window', (t) => {
  const [change, ...others] = foldInto(created(), [rated('a', 4, noon)])
  t.deepEqual(others, [])
  t.like(change, { kind: 'rating' })
  t.deepEqual(change?.stats, {
    postId: 1,
    version: 1,
    counts: [0, 0, 0, 0, 1, 0],
    activity: 1,
    displayed: { counts: [0, 0, 0, 0, 1, 0], average: 4, asOf: noon, activity: 1, guard: null },
    windowEnd: end,
    stepAt: null,
    deleted: false,
  })
})

test('further ratings wait for the window’s end, and are shown as of it', (t) => {
  const ratings = new Ratings()
  const events = [ratings.change('a', 4, noon), ratings.change('b', 0, noon + 1), ratings.change('c', 0, noon + 2)]
  const stats =
    foldInto(
      created(),
      events.flatMap((event) => event ?? []),
    ).at(-1)?.stats ?? created()
  t.like(stats, { version: 3, activity: 3, windowEnd: end, stepAt: end })
  t.like(stats.displayed, { average: 4, asOf: noon })
  t.is(stepTo(stats, end - 1), stats)
  const stepped = stepTo(stats, end)
  t.deepEqual(stepTo(stats, end + 12_345), stepped, 'in event time, however late the relay is')
  t.like(stepped, { version: 4, windowEnd: end + windowMs, stepAt: null })
  t.like(stepped.displayed, { counts: [2, 0, 0, 0, 1, 0], average: 1.3333, asOf: end, activity: 3 })
  t.is(stepTo(stepped, end + 100 * windowMs), stepped, 'a quiet post costs nothing')
})

test('a rating after a quiet time steps first what was due, each as a change of its own', (t) => {
  const ratings = new Ratings()
  const events = [ratings.change('a', 4, noon), ratings.change('b', 2, noon + 1), ratings.change('c', 0, end + 5)]
  const changes = foldInto(
    created(),
    events.flatMap((event) => event ?? []),
  )
  t.deepEqual(
    changes.map(({ kind, stats }) => [kind, stats.version, stats.displayed.average]),
    [
      ['rating', 1, 4],
      ['rating', 2, 4],
      ['display', 3, 3],
      ['rating', 4, 3],
    ],
  )
  t.like(changes.at(-1)?.stats, { windowEnd: end + windowMs, stepAt: end + windowMs })
})

test('a change that is undone within its window has nothing to step', (t) => {
  const ratings = new Ratings()
  const events = [
    ratings.change('a', 4, noon),
    ratings.change('a', 1, noon + 1),
    ratings.change('a', 4, noon + 2),
  ].flatMap((event) => event ?? [])
  t.like(foldInto(created(), events).at(-1)?.stats, { version: 3, stepAt: null, windowEnd: end })
})

test('withdrawing the last rating shows at the window’s end; then a rating shows at once again', (t) => {
  const ratings = new Ratings()
  const events = [ratings.change('a', 4, noon), ratings.change('a', null, noon + 1)].flatMap((event) => event ?? [])
  const withdrawn = foldInto(created(), events).at(-1)?.stats ?? created()
  t.like(withdrawn, { counts: [0, 0, 0, 0, 0, 0], stepAt: end, activity: 1 })
  t.is(withdrawn.displayed.average, 4)
  const empty = stepTo(withdrawn, end)
  t.like(empty, { windowEnd: null, stepAt: null })
  t.like(empty.displayed, { counts: [0, 0, 0, 0, 0, 0], average: null, asOf: end })
  const again = foldInto(empty, [ratings.change('a', 1, end + 7) ?? rated('a', 1, end + 7)]).at(-1)?.stats
  t.like(again?.displayed, { average: 1, asOf: end + 7 })
})

test('activity counts an account once in 24 hours, whatever it does', (t) => {
  const day = 86_400_000
  const ratings = new Ratings()
  const activityAfter: number[] = []
  let stats = created()
  const fold = (user: string, score: number | null, at: number, ratedAt = at) => {
    const event = ratings.change(user, score, at, ratedAt)
    stats = event ? (foldInto(stats, [event]).at(-1)?.stats ?? stats) : stats
    activityAfter.push(stats.activity)
  }
  fold('a', 4, noon)
  fold('a', 5, noon + 1)
  fold('a', 1, end + 1)
  fold('b', 3, end + 4, noon - day)
  fold('c', 3, end + 5, windowEndAt(1, end + 5, 300) - windowMs)
  fold('d', 3, end + 6, windowEndAt(1, end + 6, 300) - windowMs - 1)
  // A day after its last change, not a moment earlier.
  fold('a', 2, end + day)
  fold('c', 4, end + 5 + day)
  t.deepEqual(activityAfter, [1, 1, 1, 1, 2, 2, 2, 3])
})

test('an event older than the watermark counts at the watermark', (t) => {
  const first = foldInto(created(), [rated('a', 4, noon)]).at(-1)?.stats ?? created()
  const watermark = end + 10
  const late = { ...rated('b', 0, noon + 1) }
  const [change] = foldInto(first, [late], contextOf({ watermark }))
  t.like(change?.stats, { windowEnd: end + windowMs, stepAt: end + windowMs, counts: [1, 0, 0, 0, 1, 0] })
  t.is(change?.stats.displayed.average, 4)
  // Without it, the same event would have been shown at the end of its own window, which is over.
  t.is(foldInto(first, [late]).at(-1)?.stats.stepAt, end)
})

test('a deletion shows at once and leaves a tombstone; what follows it shows nothing', (t) => {
  const ratings = new Ratings()
  const events = ['a', 'b', 'c'].map((user, n) => ratings.change(user, n, noon + n) ?? rated(user, n, noon))
  const stats = foldInto(created(), events).at(-1)?.stats ?? created()
  const buried = foldEvent(stats, { kind: 'deleted', postId: 1, at: noon + 50 }, contextOf())
  t.is(buried.length, 1)
  t.like(buried[0], { kind: 'deleted' })
  let tombstone = buried[0]?.stats ?? stats
  t.like(tombstone, { version: 4, deleted: true, windowEnd: null, stepAt: null })
  for (const user of ['a', 'b', 'c']) {
    const event = ratings.change(user, null, noon + 60) ?? rated(user, 0, noon)
    tombstone = foldInto(tombstone, [event]).at(-1)?.stats ?? tombstone
    t.like(tombstone, { deleted: true, windowEnd: null, stepAt: null })
    t.deepEqual(tombstone.displayed.counts, [0, 0, 0, 0, 0, 0])
  }
  t.like(tombstone, { version: 7, counts: [0, 0, 0, 0, 0, 0] })
  const revived = foldInto(tombstone, [rated('z', 2, noon + 70)]).at(-1)?.stats
  t.like(revived, { version: 8, deleted: false, counts: [0, 0, 1, 0, 0, 0] })
  t.like(revived?.displayed, { average: 2, asOf: noon + 70 })
  const [back] = foldEvent(tombstone, { kind: 'created', postId: 1, at: noon + 80 }, contextOf())
  t.like(back?.stats, { version: 8, deleted: false, windowEnd: null })
})

test('versions rise by one, and above the floor', (t) => {
  const stats = foldInto(created(), [rated('a', 4, noon)], contextOf({ versionFloor: 2 ** 40 })).at(-1)?.stats
  t.is(stats?.version, 2 ** 40 + 1)
  t.is(raiseVersion(created(), 7).version, 8)
  t.is(raiseVersion({ ...created(), version: 9 }, 7).version, 10)
})

test('the policy live shows every change at once and promises nothing', (t) => {
  const ratings = new Ratings()
  const context = contextOf({ settings: settingsOf({ display: 'live' }) })
  const events = [ratings.change('a', 4, noon), ratings.change('b', 0, noon + 1), ratings.change('a', null, noon + 2)]
  const changes = foldInto(
    created(),
    events.flatMap((event) => event ?? []),
    context,
  )
  t.deepEqual(
    changes.map(({ kind, stats }) => [
      kind,
      stats.displayed.average,
      stats.displayed.asOf,
      stats.windowEnd,
      stats.stepAt,
    ]),
    [
      ['rating', 4, noon, null, null],
      ['rating', 2, noon + 1, null, null],
      ['rating', 0, noon + 2, null, null],
    ],
  )
})

test('from freeze to live: the running window is kept, then changes show at once', (t) => {
  const ratings = new Ratings()
  const previous = settingsOf()
  const context = contextOf({ settings: settingsOf({ display: 'live', effectiveAt: noon + 10, previous }) })
  const events = [ratings.change('a', 4, noon), ratings.change('b', 0, noon + 20)].flatMap((event) => event ?? [])
  const waiting = foldInto(created(), events, context).at(-1)?.stats ?? created()
  t.like(waiting, { stepAt: end, windowEnd: end })
  const stepped = stepTo(waiting, end, context)
  t.like(stepped, { windowEnd: null, stepAt: null })
  t.is(stepped.displayed.average, 2)
  const next = foldInto(stepped, [ratings.change('c', 5, end + 1) ?? rated('c', 5, end)], context).at(-1)?.stats
  t.is(next?.displayed.average, 3)
})

test('from live to freeze: at once, since nothing was promised', (t) => {
  const ratings = new Ratings()
  const previous = settingsOf({ display: 'live' })
  const context = contextOf({ settings: settingsOf({ effectiveAt: noon + 10, previous }) })
  const events = [
    ratings.change('a', 4, noon),
    ratings.change('b', 0, noon + 9),
    ratings.change('c', 0, noon + 10),
  ].flatMap((event) => event ?? [])
  const [, second, third] = foldInto(created(), events, context)
  t.like(second?.stats, { windowEnd: null })
  t.is(second?.stats.displayed.average, 2)
  t.like(third?.stats, { windowEnd: end, stepAt: end })
  t.is(third?.stats.displayed.average, 2)
})

test('a repair shows at the window’s end, or at once where nothing is displayed', (t) => {
  const stats = foldInto(created(), [rated('a', 4, noon)]).at(-1)?.stats ?? created()
  const wrong = { ...stats, counts: [9, 9, 9, 9, 9, 9] as const }
  const repaired = repairCounts(wrong, [0, 0, 1, 0, 1, 0], noon + 5, contextOf()).at(-1)?.stats ?? stats
  t.like(repaired, { version: 2, counts: [0, 0, 1, 0, 1, 0], stepAt: end })
  t.deepEqual(repaired.displayed, stats.displayed)
  const lost = repairCounts(created(), [0, 0, 1, 0, 1, 0], noon + 5, contextOf()).at(-1)?.stats
  t.like(lost?.displayed, { counts: [0, 0, 1, 0, 1, 0], average: 3, asOf: noon + 5 })
  const tombstone = { ...created(), version: 5, deleted: true, counts: [1, 0, 0, 0, 0, 0] as const }
  t.like(repairCounts(tombstone, [0, 0, 0, 0, 0, 0], noon, contextOf()).at(-1)?.stats, { deleted: true, version: 6 })
  t.like(repairCounts(tombstone, [0, 1, 0, 0, 0, 0], noon, contextOf()).at(-1)?.stats, { deleted: false })
})

test('displayed figures of a settled post that are not the live ones are stale', (t) => {
  const stats = foldInto(created(), [rated('a', 4, noon)]).at(-1)?.stats ?? created()
  t.false(displayIsStale(stats))
  // Withdrawn and given again: an arrival, and the same figures.
  t.false(displayIsStale({ ...stats, activity: stats.activity + 1 }))
  const other = { ...stats, displayed: { ...stats.displayed, counts: [1, 0, 0, 0, 0, 0] as const } }
  t.true(displayIsStale(other))
  t.false(displayIsStale({ ...other, stepAt: end }))
  t.false(displayIsStale({ ...other, deleted: true }))
  const average = { ...stats, displayed: { ...stats.displayed, average: 3.9 } }
  t.true(displayIsStale(average))
  const guard = { armed: true, gap: -0.1, since: noon, memory: { rate: 0, level: 0 } }
  t.false(displayIsStale({ ...average, displayed: { ...average.displayed, guard } }))
  const repaired = repairCounts(average, average.counts, noon + 5, contextOf()).at(-1)?.stats ?? stats
  t.like(repaired, { stepAt: end, displayed: { average: 3.9 } })
  t.is(stepTo(repaired, end).displayed.average, 4)
})

function rated(userId: string, score: number, at: number) {
  const event = new Ratings().change(userId, score, at)
  if (!event) throw new Error('no change')
  return event
}
