import test from 'ava'
import fc from 'fast-check'
import { type Displayed, displayPolicies, type GuardState } from '../../packages/post-rate/src/domain/display-policy.ts'
import { guardPending, releaseGuard, stepGuard, windowsToSettle } from '../../packages/post-rate/src/domain/guard.ts'
import { averageOf, countOf, type Histogram } from '../../packages/post-rate/src/domain/histogram.ts'
import { rankOf } from '../../packages/post-rate/src/domain/ranking.ts'

const settings = { windowSeconds: 300, starPerDay: 0.1 }
const start = Date.UTC(2026, 0, 1)
const dayMs = 86_400_000
const perDay = 288

const histograms = fc.tuple(...Array.from({ length: 6 }, () => fc.nat(400))) as unknown as fc.Arbitrary<Histogram>
/** Ratings of a window, by score. */
const arrivals = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Histogram>([0, 0, 0, 0, 0, 0]) },
  {
    weight: 2,
    arbitrary: fc.tuple(...Array.from({ length: 6 }, () => fc.nat(3))) as unknown as fc.Arbitrary<Histogram>,
  },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(500)).map(([score, n]) => only(score, n)) },
)
/** What arrives, and how many silent windows come before it. */
const stories = fc.array(fc.tuple(fc.oneof(fc.constant(0), fc.nat(900)), arrivals), { maxLength: 12 })
const lengths = fc.constantFrom(4, 60, 300, 3_600)
const calm: Histogram = [10, 10, 20, 40, 60, 60]

test('while zeros rush in, the average stays within the margin of error, which widens by a tenth of a star a day', (t) => {
  let shown = rated(calm)
  const before = shown.average as number
  const margin = 2.2 / Math.sqrt(200)
  for (let window = 1; window <= 8 * perDay; window++) {
    const come = only(0, window <= 6 ? 33 : 0)
    if (window <= 6 || guardPending(shown, shown)) shown = next(shown, come)
    const days = (window - 1) / perDay
    const widened = 0.1 * (days < 4 ? days / 5 : days - 3.2)
    near(t, shown.average as number, before - margin - widened, 0.000_1)
    t.is(countOf(shown.counts), 200 + 33 * Math.min(6, window))
    near(t, shown.guard?.gap as number, (shown.average as number) - (averageOf(shown.counts) as number), 0.000_11)
    t.is(shown.guard?.since, start + 300_000)
  }
  const quiet = next(rated(calm), [1, 0, 0, 0, 0, 1])
  t.is(quiet.average, averageOf(quiet.counts))
  t.false(quiet.guard?.armed)
})

test('a slow raid overfills the bucket of a day, and is held to what was shown before it', (t) => {
  let shown = rated([0, 0, 0, 0, 100, 100])
  for (let window = 1; window <= perDay; window++) shown = next(shown, only(0, window % 3 === 0 ? 1 : 0))
  t.true(shown.guard?.armed)
  t.true((shown.average as number) > 4.5 - 2.2 / Math.sqrt(200) - 0.05, String(shown.average))
  t.true((averageOf(shown.counts) as number) < 3.2)
})

test('twice the usual ratings a day are not held, five times as many are after some days', (t) => {
  const after = (perWindow: number, days: number) => {
    let shown = rated([0, 0, 0, 0, 100, 100])
    for (let window = 1; window <= 5 * perDay; window++) shown = next(shown, only(4, window % 144 === 0 ? 1 : 0))
    for (let window = 1; window <= days * perDay; window++)
      shown = next(shown, only(0, window % perWindow === 0 ? 1 : 0))
    return shown.guard?.armed
  }
  t.false(after(72, 14))
  t.true(after(28, 6))
})

test('a post with fewer than five ratings before the rush is not held', (t) => {
  const shown = next(rated([0, 0, 0, 0, 0, 4]), only(0, 100))
  t.is(shown.average, averageOf(shown.counts))
  t.true(next(rated([0, 0, 0, 0, 0, 5]), only(0, 100)).guard?.armed)
})

test('the bounds of a new post follow its average, and a raid is held to them', (t) => {
  let shown = rated([1, 0, 0, 0, 0, 1])
  for (let window = 1; window <= 100; window++) {
    shown = next(shown, only(window < 5 ? 3 : 4, 10))
    t.is(shown.average, averageOf(shown.counts))
    t.is(shown.guard?.armed, window > 1)
    if ([2, 10, 60, 100].includes(window)) {
      const before = shown.average as number
      const raided = [1, 2, 3].reduce((now) => next(now, only(0, 500)), shown)
      near(t, raided.average as number, before - 2.2 / Math.sqrt(10 * window), 0.2)
    }
  }
})

test('withdrawals and ratings that are no news arm nothing', (t) => {
  const shown = rated([50, 0, 0, 0, 0, 50])
  const gone = stepGuard(shown, { counts: only(0, 50), activity: shown.activity }, shown.asOf + 300_000, settings)
  t.is(gone.average, 0)
  t.is(gone.guard, null)
})

test('the margin is taken anew after six hours of agreement, and only becomes narrower', (t) => {
  let shown = rated(calm)
  const before = shown.average as number
  for (let hour = 0; hour < 12; hour++)
    for (let window = 0; window < 12; window++) shown = next(shown, [1, 1, 2, 4, 6, 6])
  t.true(shown.guard?.armed)
  t.is(shown.average, averageOf(shown.counts))
  const raided = next(shown, only(0, 3_000))
  // Twelve hours brought 2,880 ratings; in the second six hours there were 1,440 of them, so the margin is that of 1,660 at most.
  t.true((raided.average as number) > before - 2.2 / Math.sqrt(1_400) - 0.02, String(raided.average))

  // In the pauses of a raid the true average stays inside: the bounds must not follow it.
  let slid = rated(calm)
  for (let pause = 0; pause < 12; pause++) {
    slid = next(slid, only(1, 12))
    for (let window = 1; window < 80; window++) slid = next(slid, only(1, window % 40 === 0 ? 1 : 0))
  }
  const days = (slid.asOf - start) / dayMs
  t.true(before - (slid.average as number) < 2.2 / Math.sqrt(200) + 0.02 * days + 0.001, String(slid.average))
  t.true(before - (averageOf(slid.counts) as number) > 0.7)
})

test('a crowd that agrees for three days is normal from then on', (t) => {
  let shown = rated(calm)
  let armed = 0
  for (let window = 1; window <= 6 * perDay; window++) {
    shown = next(shown, [0, 0, window % 2, 1, 1, 1])
    if (shown.guard?.armed) armed++
    t.is(shown.average, averageOf(shown.counts))
  }
  t.true(armed > 0 && armed <= 3 * perDay + 20, String(armed))
  t.false(shown.guard?.armed)
})

test('a new rush within three days keeps the margin of the one before', (t) => {
  const fallenAfter = (pause: number) => {
    const [before, first] = [rated(calm), next(rated(calm), only(0, 8))]
    t.true(first.guard?.armed)
    const quiet = stepGuard(first, first, first.asOf + pause * dayMs, settings)
    t.false(quiet.guard?.armed)
    return (before.average as number) - (next(quiet, only(0, 60)).average as number)
  }
  near(t, fallenAfter(2), 2.2 / Math.sqrt(200) + 2 * 0.02, 0.001)
  near(t, fallenAfter(4), 3.55 - (averageOf(plus(calm, only(0, 8))) as number) + 2.2 / Math.sqrt(208), 0.001)
})

test('the average is within bounds that follow from one anchor, and the true one otherwise', (t) => {
  check(
    fc.property(histograms, stories, lengths, (before, list, windowSeconds) => {
      let shown = rated(before)
      for (const come of list) {
        const now = tell(shown, come, windowSeconds)
        const { armed = false, gap = 0, memory = {} } = now.guard ?? {}
        const mean = averageOf(now.counts)
        if (gap === 0) t.is(now.average, mean)
        else {
          const days = (now.asOf - (memory.from as number)) / dayMs
          const widened = 0.1 * (days < 4 ? days / 5 : days - 3.2)
          const bound = gap > 0 ? (memory.low as number) - widened : (memory.high as number) + widened
          near(t, now.average as number, Math.min(5, Math.max(0, bound)), 0.000_1)
          t.is(Math.sign((now.average as number) - (mean as number)), Math.sign(gap))
        }
        t.true(armed || gap === 0)
        if (now.average !== null) t.true(now.average >= 0 && now.average <= 5)
        shown = now
      }
    }),
  )
})

test('no arrivals raise the rank of an armed post above what it was when it was armed', (t) => {
  const prior = { weight: 10, mean: 2.5 }
  check(
    fc.property(histograms, stories, lengths, (before, list, windowSeconds) => {
      let [shown, highest] = [rated(before), '']
      for (const [, come] of list) {
        const now = next(shown, come, windowSeconds)
        if (now.guard?.armed && !shown.guard?.armed) highest = rankOf(shown, prior)
        if (now.guard?.armed) t.true(rankOf(now, prior) <= highest, `${rankOf(now, prior)} is above ${highest}`)
        else t.is(rankOf(now, prior), rankOf({ ...now, guard: null }, prior))
        shown = now
      }
    }),
  )
  const victim = rated([0, 0, 0, 0, 6, 6])
  const raided = next(victim, only(0, 400))
  t.true(raided.guard?.armed)
  t.true(rankOf(raided, prior) <= rankOf(victim, prior), 'zeros do not raise the rank of their victim')
  const own = rated([0, 0, 0, 0, 0, 10])
  t.is(rankOf(next(own, only(5, 200)), prior), rankOf(own, prior), 'neither do fives for an own post')
})

test('silent windows in one leap are exactly what they are one by one', (t) => {
  const silences = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3_000 }))
  check(
    fc.property(
      histograms,
      stories,
      fc.boolean(),
      lengths,
      silences,
      arrivals,
      (before, list, release, seconds, silent, come) => {
        const busy = list.reduce((now, part) => tell(now, part, seconds), rated(before))
        const guard = release ? (releaseGuard(busy.guard) ?? busy.guard) : busy.guard
        const shown = { ...busy, guard }
        let slow: Displayed = shown
        for (let n = 0; n < silent; n++) slow = next(slow, only(0, 0), seconds)
        t.deepEqual(stepGuard(shown, shown, slow.asOf, withWindow(seconds)), slow)
        // A raid after it finds what it would have found.
        const raided = next(slow, come, seconds)
        const live = { counts: plus(shown.counts, come), activity: shown.activity + countOf(come) }
        t.deepEqual(stepGuard(shown, live, raided.asOf, withWindow(seconds)), raided)
      },
    ),
    100,
  )
})

test('a rush is over when it is said to be, and a calm post has nothing to do', (t) => {
  check(
    fc.property(histograms, stories, lengths, (before, list, seconds) => {
      const shown = list.reduce((now, part) => tell(now, part, seconds), rated(before))
      const told = windowsToSettle(shown, withWindow(seconds))
      const at = (windows: number) =>
        stepGuard(shown, shown, shown.asOf + windows * seconds * 1_000, withWindow(seconds))
      t.false(guardPending(at(told), at(told)))
      t.is(at(told).average, averageOf(shown.counts))
      if (told > 1) t.true(guardPending(at(told - 1), at(told - 1)))
    }),
  )
})

test('the order of the ratings within a window makes no difference', (t) => {
  check(
    fc.property(histograms, arrivals, arrivals, (before, one, other) => {
      const shown = rated(before)
      t.deepEqual(next(shown, plus(one, other)), next(shown, plus(other, one)))
    }),
  )
})

test('windows of another length keep the same guard', (t) => {
  // Half an hour of zeros, and 12 zeros an hour for a day.
  const sudden = Array.from({ length: 300 }, (_, minute) => (minute < 30 ? 7 : 0))
  const slow = Array.from({ length: 1_440 }, (_, minute) => (minute % 5 === 0 ? 1 : 0))
  for (const raid of [sudden, slow]) {
    const shown = [1, 60, 300, 900, 3_600].map((seconds) => inWindows(rated(calm), raid, 0, seconds))
    for (const one of shown) {
      t.true(one.guard?.armed)
      near(t, one.average as number, shown[2]?.average as number, 0.03)
    }
  }
  const usual = Array.from({ length: 4 * 1_440 }, (_, minute) => (minute % 10 === 0 ? 1 : 0))
  for (const seconds of [60, 300, 900, 3_600]) {
    const { armed, memory } = inWindows(rated([0, 0, 1, 2, 3, 2]), usual, 4, seconds).guard as GuardState
    t.false(armed)
    near(t, memory.rate as number, 0.5, 0.05)
    near(t, memory.dayRate as number, 144, 10)
  }
})

test('what is remembered stays within 450 bytes', (t) => {
  const huge = fc.array(
    fc.oneof(
      arrivals,
      fc.nat(2_000_000).map((n) => only(n % 6, n)),
    ),
    { minLength: 1, maxLength: 12 },
  )
  check(
    fc.property(histograms, huge, lengths, (before, list, seconds) => {
      let shown = rated(before)
      for (const come of list) {
        shown = next(shown, come, seconds)
        t.true(JSON.stringify(shown.guard).length <= 450, JSON.stringify(shown.guard))
      }
    }),
  )
})

test('a post that is rated normally is never armed, and its rates are learned', (t) => {
  let shown = rated([0, 0, 1, 2, 3, 2])
  let armed = 0
  for (let n = 0; n < 20 * perDay; n++) {
    shown = next(shown, only((n / 12) % 6, n % 12 === 0 ? 1 : 0))
    if (shown.guard?.armed) armed++
  }
  t.is(armed, 0)
  near(t, shown.guard?.memory.rate as number, 1 / 12, 0.005)
  near(t, shown.guard?.memory.dayRate as number, 24, 0.5)
})

test('a flood teaches no more than its allowance', (t) => {
  let shown = rated([0, 0, 0, 0, 50, 50])
  for (let n = 0; n < 12; n++) shown = next(shown, only(0, 1_000))
  const { rate, dayRate } = shown.guard?.memory ?? {}
  t.true((rate as number) < 0.3 && (dayRate as number) < 200, `${rate} ${dayRate}`)
  let old = rated([0, 0, 0, 0, 50, 50])
  for (let n = 0; n < 5 * perDay; n++) old = next(old, only(4, n % 96 === 0 ? 1 : 0))
  for (let n = 0; n < perDay; n++) old = next(old, only(0, 100))
  t.true((old.guard?.memory.dayRate as number) < 5, JSON.stringify(old.guard))
})

test('an average that was let go is the true one at the next end, and stays so while the flood lasts', (t) => {
  let shown = next(rated([0, 0, 0, 0, 50, 50]), only(0, 100))
  const released = releaseGuard(shown.guard) as GuardState
  t.like(released, { armed: true, gap: shown.guard?.gap, since: shown.guard?.since })
  t.is(releaseGuard(released), null)
  t.is(releaseGuard(null), null)
  shown = { ...shown, guard: released }
  t.true(guardPending(shown, shown))
  for (let n = 0; n < 5; n++) {
    shown = next(shown, only(0, 100))
    t.is(shown.average, averageOf(shown.counts))
    t.false(shown.guard?.armed)
  }
  // What was let go is what the next rush is held to, once arrivals have been normal.
  for (let n = 0; n < 4 * perDay; n++) shown = next(shown, only(0, 0))
  const accepted = shown.average as number
  shown = next(shown, only(5, 1_000))
  t.true(shown.guard?.armed)
  near(t, shown.average as number, accepted + 2.2 / Math.sqrt(700), 0.001)
})

test('a release ends after a day, also while arrivals stay unusual', (t) => {
  let shown = next(rated([10, 10, 20, 40, 70, 50]), only(0, 33))
  shown = { ...shown, guard: releaseGuard(shown.guard) }
  let windows = 0
  for (; (windows === 0 || !shown.guard?.armed) && windows < 1_000; windows++) {
    shown = next(shown, only(0, 10))
    if (!shown.guard?.armed) t.is(shown.average, averageOf(shown.counts))
  }
  t.true(windows >= 288 && windows <= 292, `${windows} windows of five minutes`)
})

test('a state of an earlier version begins calm, with the rate that it had learned', (t) => {
  for (const memory of [[], [0.5, 2, 0], [0.5, 20, 30, 4.2]] as never[])
    for (const armed of [false, true]) {
      const shown = { ...rated([0, 0, 0, 0, 50, 50]), guard: { armed, gap: 0, since: 0, memory } }
      t.like(next(shown, only(0, 0)), { average: 4.5, guard: null })
      const usual = next(shown, only(4, 1))
      t.false(usual.guard?.armed)
      t.is((usual.guard?.memory.dayRate as number) > 50, (memory as number[]).length > 0)
      t.true(next(shown, only(0, 100)).guard?.armed)
    }
})

test('arrivals that leave the histogram as it was are looked at all the same', (t) => {
  const shown = rated([10, 0, 0, 0, 0, 10])
  t.false(guardPending(shown, shown))
  t.true(guardPending(shown, { counts: shown.counts, activity: shown.activity + 2 }))
})

test('freeze takes a gap that another policy left to its end', (t) => {
  const damped = next(rated([0, 0, 0, 0, 50, 50]), only(0, 100))
  t.true(displayPolicies.freeze.pending(damped, damped))
  const open = displayPolicies.freeze.step(damped, damped, damped.asOf + 1, settings)
  t.is(open.average, averageOf(damped.counts))
  t.false(displayPolicies.freeze.pending(open, open))
})

function check(property: unknown, runs = 200): void {
  fc.assert(property as fc.IRawProperty<unknown>, { numRuns: Number(process.env.RUNS ?? runs) })
}

function near(t: { true(value: boolean, message: string): unknown }, a: number, b: number, by: number): void {
  t.true(Math.abs(a - b) <= by, `${a} and ${b}`)
}

function rated(counts: Histogram): Displayed {
  return { counts, average: averageOf(counts), asOf: start, activity: countOf(counts), guard: null }
}

/** What arrives after some silent windows. */
function tell(shown: Displayed, [silent, come]: [number, Histogram], windowSeconds: number): Displayed {
  const quiet = stepGuard(shown, shown, shown.asOf + silent * windowSeconds * 1_000, withWindow(windowSeconds))
  return next(silent === 0 ? shown : quiet, come, windowSeconds)
}

function next(shown: Displayed, come: Histogram, windowSeconds = 300): Displayed {
  const live = { counts: plus(shown.counts, come), activity: shown.activity + countOf(come) }
  return stepGuard(shown, live, shown.asOf + windowSeconds * 1_000, withWindow(windowSeconds))
}

/** Ratings of one score, given by the minute. */
function inWindows(before: Displayed, minutes: readonly number[], score: number, windowSeconds: number): Displayed {
  let shown = before
  let given = 0
  for (let to = windowSeconds / 60; to <= minutes.length; to += windowSeconds / 60) {
    const upTo = minutes.slice(0, Math.floor(to + 1e-9)).reduce((sum, n) => sum + n, 0)
    shown = next(shown, only(score, upTo - given), windowSeconds)
    given = upTo
  }
  return shown
}

function withWindow(windowSeconds: number) {
  return { ...settings, windowSeconds }
}

function only(score: number, n: number): Histogram {
  return [0, 1, 2, 3, 4, 5].map((one) => (one === score ? n : 0)) as unknown as Histogram
}

function plus(a: Histogram, b: Histogram): Histogram {
  return a.map((n, score) => n + (b[score] as number)) as unknown as Histogram
}
