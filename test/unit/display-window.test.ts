import test from 'ava'
import fc from 'fast-check'
import { settingsAt, windowEndAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { noon, settingsOf } from './rating-events.ts'

const posts = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const times = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_000_000 })
const lengths = fc.integer({ min: 1, max: 86_400 })

test('a window contains its time: the end is later, by at most the length', (t) => {
  fc.assert(
    fc.property(posts, times, lengths, (postId, time, seconds) => {
      const end = windowEndAt(postId, time, seconds)
      return end > time && end - time <= seconds * 1000 && Number.isSafeInteger(end)
    }),
  )
  t.pass()
})

test('all times of a window have the same end, and windows follow each other without a gap', (t) => {
  fc.assert(
    fc.property(posts, times, lengths, fc.double({ min: 0, max: 1, noNaN: true }), (postId, time, seconds, part) => {
      const end = windowEndAt(postId, time, seconds)
      const start = end - seconds * 1000
      const within = start + Math.floor(part * (seconds * 1000 - 1))
      return windowEndAt(postId, within, seconds) === end && windowEndAt(postId, end, seconds) === end + seconds * 1000
    }),
  )
  t.pass()
})

test('posts do not all step at the same instant', (t) => {
  const tenths = new Set<number>()
  for (let postId = 1; postId <= 100; postId++) tenths.add(Math.floor((windowEndAt(postId, noon, 300) - noon) / 30_000))
  t.is(tenths.size, 10)
})

test('a change of the settings holds per post, after the window that readers were promised', (t) => {
  const settings = settingsOf({ windowSeconds: 60, effectiveAt: noon, previous: settingsOf() })
  for (const postId of [1, 2, 77]) {
    const promised = windowEndAt(postId, noon, 300)
    t.is(settingsAt(settings, postId, noon - 1_000_000).windowSeconds, 300)
    t.is(settingsAt(settings, postId, promised - 1).windowSeconds, 300)
    t.like(settingsAt(settings, postId, promised), { windowSeconds: 60, since: promised })
  }
  t.is(settingsAt(settingsOf(), 1, noon).since, undefined)
})

test('where nothing was promised, a change of the settings holds from its moment on', (t) => {
  const settings = settingsOf({ effectiveAt: noon, previous: settingsOf({ display: 'live' }) })
  t.is(settingsAt(settings, 1, noon - 1).display, 'live')
  t.is(settingsAt(settings, 1, noon).display, 'guard')
})

test('two changes within one window keep what was promised before the first', (t) => {
  const first = settingsOf({ windowSeconds: 1, effectiveAt: noon, previous: settingsOf({ windowSeconds: 3_600 }) })
  const second = settingsOf({ display: 'live', effectiveAt: noon + 10_000, previous: first })
  const promised = windowEndAt(1, noon, 3_600)
  t.true(promised > noon + 20_000)
  t.is(settingsAt(second, 1, noon + 15_000).windowSeconds, 3_600)
  t.is(settingsAt(second, 1, promised - 1).windowSeconds, 3_600)
  t.is(settingsAt(second, 1, promised).display, 'live')
})

test('a hundred changes of the settings within one window cost no more than looking at each', (t) => {
  let settings: Parameters<typeof settingsAt>[0] = {
    ...settingsOf(),
    windowSeconds: 86_400,
    effectiveAt: 0,
    previous: null,
  }
  for (let n = 1; n <= 100; n++)
    settings = { ...settings, windowSeconds: 86_400 - n, effectiveAt: n * 1_000, previous: settings }
  t.is(settingsAt(settings, 1, 101_000).windowSeconds, 86_400)
  t.is(settingsAt(settings, 1, 10 * 86_400_000).windowSeconds, 86_300)
})
