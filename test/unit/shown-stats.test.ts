import test from 'ava'
import { windowEndAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { figuresOf, showStats } from '../../packages/post-rate/src/domain/shown-stats.ts'
import { contextOf, created, foldInto, noon, Ratings, settingsOf, stepTo, windowMs } from './rating-events.ts'

const end = windowEndAt(1, noon, 300)
const settings = settingsOf()
const rated =
  foldInto(
    created(),
    [new Ratings().change('a', 4, noon)].flatMap((event) => event ?? []),
  ).at(-1)?.stats ?? created()

test('a post without ratings promises nothing', (t) => {
  t.deepEqual(showStats(created(), settings, { now: noon, watermark: noon }), {
    count: 0,
    average: null,
    histogram: [0, 0, 0, 0, 0, 0],
    asOf: iso(noon - 1),
    nextUpdateAt: null,
    guard: null,
  })
})

test('within the window its end is promised, whatever is known', (t) => {
  for (const watermark of [null, noon - 1_000_000, noon])
    t.is(showStats(rated, settings, { now: noon + 1, watermark }).nextUpdateAt, iso(end))
  t.like(showStats(rated, settings, { now: noon, watermark: null }), { count: 1, average: 4, asOf: iso(noon) })
})

test('a quiet post is promised the current window where the copy is complete up to its start', (t) => {
  const now = end + 2 * windowMs + 10
  const [start, next] = [end + 2 * windowMs, end + 3 * windowMs]
  t.is(showStats(rated, settings, { now, watermark: now }).nextUpdateAt, iso(next))
  t.is(showStats(rated, settings, { now, watermark: start }).nextUpdateAt, iso(next))
  // Behind it a change may be on its way: due now.
  t.is(showStats(rated, settings, { now, watermark: start - 1 }).nextUpdateAt, iso(start))
  t.is(showStats(rated, settings, { now, watermark: null }).nextUpdateAt, iso(start))
  const since = start + 5
  t.is(showStats(rated, { ...settings, since }, { now, watermark: start }).nextUpdateAt, iso(since))
  t.is(showStats(rated, { ...settings, since }, { now, watermark: since }).nextUpdateAt, iso(next))
})

test('a step that is due is promised as due, however late it is', (t) => {
  const ratings = new Ratings()
  const events = [ratings.change('a', 4, noon), ratings.change('b', 0, noon + 1)].flatMap((event) => event ?? [])
  const waiting = foldInto(created(), events).at(-1)?.stats ?? created()
  t.is(showStats(waiting, settings, { now: end + 5 * windowMs, watermark: end + 5 * windowMs }).nextUpdateAt, iso(end))
  const stepped = stepTo(waiting, end)
  t.is(showStats(stepped, settings, { now: end + 1, watermark: null }).nextUpdateAt, iso(end + windowMs))
})

test('the policy live promises nothing, but keeps a window that is left over', (t) => {
  const live = settingsOf({ display: 'live' })
  t.is(showStats(rated, live, { now: noon + 1, watermark: noon }).nextUpdateAt, iso(end))
  t.is(showStats(rated, live, { now: end, watermark: end }).nextUpdateAt, null)
  const context = contextOf({ settings: live })
  const shown = foldInto(
    created(),
    [new Ratings().change('a', 4, noon)].flatMap((event) => event ?? []),
    context,
  )
  t.is(showStats(shown.at(-1)?.stats ?? rated, live, { now: noon, watermark: noon }).nextUpdateAt, null)
})

test('a guard speaks only while there is a gap', (t) => {
  const guard = { armed: true, gap: 0.123456, since: noon, memory: { rate: 1 } }
  const damped = { ...rated, displayed: { ...rated.displayed, guard } }
  t.deepEqual(showStats(damped, settings, { now: noon, watermark: null }).guard, {
    state: 'damped',
    gap: 0.1235,
    since: iso(noon),
  })
  for (const gap of [0, 0.00004, -0.00004]) {
    const shown = { ...rated, displayed: { ...rated.displayed, guard: { ...guard, gap } } }
    t.is(showStats(shown, settings, { now: noon, watermark: null }).guard, null)
  }
})

test('below the least count a post says why it has no average', (t) => {
  const time = { now: noon, watermark: null }
  const few = showStats(rated, { ...settings, minCount: 2 }, time)
  t.like(few, { count: 1, average: null, guard: null, withheld: { reason: 'few-ratings', minCount: 2 } })
  t.is(showStats(rated, { ...settings, minCount: 1 }, time).average, 4)
  t.false('withheld' in showStats(rated, { ...settings, minCount: 1 }, time))
  t.false('withheld' in showStats(created(), { ...settings, minCount: 9 }, time))
})

test('figures follow from the histogram', (t) => {
  t.deepEqual(figuresOf([1, 0, 0, 0, 1, 1]), { count: 3, sum: 9, average: 3, histogram: [1, 0, 0, 0, 1, 1] })
  t.is(figuresOf([2, 1, 0, 0, 0, 0]).average, 0.3333)
  t.is(figuresOf([1, 0, 0, 0, 0, 2]).average, 3.3333)
  t.is(figuresOf([0, 0, 0, 0, 0, 0]).average, null)
})

function iso(time: number): string {
  return new Date(time).toISOString()
}
