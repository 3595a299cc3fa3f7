import test from 'ava'
import { windowEndAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { type PostStats, withinPresent } from '../../packages/post-rate/src/domain/post-stats.ts'
import { showStats } from '../../packages/post-rate/src/domain/shown-stats.ts'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { contextOf, created, foldInto, noon, Ratings, settingsOf, windowMs } from './rating-events.ts'

const hourMs = 3_600_000
const end = windowEndAt(1, noon, 300)
const start = end - windowMs

/** A post that was rated twice while the clock was an hour ahead: one rating is shown, one waits. */
function ahead(): PostStats {
  const ratings = new Ratings()
  const events = [ratings.change('a', 5, noon + hourMs), ratings.change('b', 0, noon + hourMs + 1_000)]
  return foldInto(
    created(),
    events.flatMap((event) => event ?? []),
  ).at(-1)?.stats as PostStats
}

test('what was dated into the future comes back into the present window, one version up', (t) => {
  const stats = ahead()
  const present = withinPresent(stats, noon, contextOf())
  t.like(present, { version: stats.version + 1, counts: stats.counts, windowEnd: end, stepAt: end })
  t.like(present.displayed, { counts: stats.displayed.counts, average: 5, asOf: start })
  t.is(withinPresent(present, noon, contextOf()), present)
})

test('a state of the present, or a few seconds ahead of it, stays what it is', (t) => {
  const stats = ahead()
  for (const now of [noon + hourMs, noon + hourMs - 4_000]) t.is(withinPresent(stats, now, contextOf()), stats)
})

test('a fold takes neither an event nor the watermark for later than the present', (t) => {
  const event = { kind: 'rating', postId: 1, userId: 'c', score: 3, previousScore: null } as const
  const dated = { ...event, ratedAt: noon + hourMs, previousRatedAt: null, at: noon + hourMs }
  const context = { ...contextOf(), watermark: noon + hourMs }
  const folded = foldBatch({ states: [ahead()], events: [{ id: '1', event: dated }], context, now: noon })
  t.deepEqual(
    folded.map(({ eventId, change }) => [eventId, change.kind, change.stats.windowEnd]),
    [
      [null, 'display', end],
      ['1', 'rating', end],
    ],
  )
  const later = foldBatch({ states: [folded[1]?.change.stats as PostStats], events: [], context, now: end })
  t.like(later.at(-1)?.change.stats.displayed, { counts: [1, 0, 0, 1, 0, 1], asOf: end })
})

test('readers promise nothing beyond the present window, and nothing by a watermark from the future', (t) => {
  const pending = ahead()
  const settled: PostStats = { ...pending, stepAt: null }
  for (const stats of [pending, settled])
    t.like(showStats(stats, settingsOf(), { now: noon, watermark: null }), { nextUpdateAt: iso(end), asOf: iso(start) })
  const quiet = withinPresent(settled, noon - windowMs, contextOf())
  t.is(showStats(quiet, settingsOf(), { now: noon, watermark: noon + hourMs }).nextUpdateAt, iso(start))
  t.is(showStats(quiet, settingsOf(), { now: noon, watermark: noon }).nextUpdateAt, iso(end))
})

function iso(time: number): string {
  return new Date(time).toISOString()
}
