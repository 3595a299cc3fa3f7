import test from 'ava'
import fc from 'fast-check'
import { type Displayed, displayPolicies, type GuardState } from '../../packages/post-rate/src/domain/display-policy.ts'
import { guardPending, releaseGuard, stepGuard, windowsToSettle } from '../../packages/post-rate/src/domain/guard.ts'
import { averageOf, countOf, type Histogram } from '../../packages/post-rate/src/domain/histogram.ts'
import { rankOf } from '../../packages/post-rate/src/domain/ranking.ts'

const settings = { windowSeconds: 300, starTakesHours: 4.2 }
const start = Date.UTC(2026, 0, 1)
/** Stars per window of a post with many ratings. */
const speed = 300 / (3_600 * 4.2)

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
const lengths = fc.constantFrom(4, 60, 300, 3_600)

test('a spike moves the average at a limited speed, and a quiet post shows the true one', (t) => {
  let shown = rated([10, 10, 20, 40, 60, 60])
  const before = shown.average as number
  for (let n = 1; n <= 24; n++) {
    shown = next(shown, n <= 6 ? only(0, 33) : only(0, 0))
    t.true(shown.guard?.armed)
    t.true(Math.abs((shown.average as number) - before) <= n * speed + 0.0001)
    t.deepEqual([...shown.counts], [...plus([10, 10, 20, 40, 60, 60], only(0, 33 * Math.min(n, 6)))])
  }
  t.is(shown.guard?.since, start + 300_000)
  const quiet = next(rated([10, 10, 20, 40, 60, 60]), [1, 0, 0, 0, 0, 1])
  t.is(quiet.average, averageOf(quiet.counts))
})

test('a post with fewer than ten ratings is not guarded', (t) => {
  const shown = next(rated([0, 0, 0, 0, 0, 9]), only(0, 100))
  t.is(shown.average, averageOf(shown.counts))
  t.true(next(rated([0, 0, 0, 0, 0, 10]), only(0, 100)).guard?.armed)
})

test('withdrawals and ratings that are no news arm nothing', (t) => {
  const shown = rated([50, 0, 0, 0, 0, 50])
  const gone = stepGuard(shown, { counts: only(0, 50), activity: shown.activity }, shown.asOf + 300_000, settings)
  t.is(gone.average, 0)
  t.false(gone.guard?.armed ?? false)
})

test('it never moves faster than its speed while armed, and shows the true average otherwise', (t) => {
  check(
    fc.property(histograms, fc.array(arrivals, { maxLength: 40 }), lengths, (before, list, windowSeconds) => {
      let shown = rated(before)
      for (const come of list) {
        const now = next(shown, come, windowSeconds)
        if (now.guard?.armed && shown.average !== null) {
          const size = (shown.guard?.armed ? shown.guard.memory[2] : countOf(shown.counts)) as number
          const limit = (windowSeconds / (3_600 * 4.2)) * Math.max(1, Math.sqrt(30 / size))
          t.true(Math.abs((now.average as number) - shown.average) <= limit + 0.000_1)
        } else t.is(now.average, averageOf(now.counts))
        if (now.average !== null) t.true(now.average >= 0 && now.average <= 5)
        shown = now
      }
    }),
  )
  t.pass()
})

test('no arrivals raise the rank of an armed post above what it was when it was armed', (t) => {
  const prior = { weight: 10, mean: 2.5 }
  check(
    fc.property(histograms, fc.array(arrivals, { maxLength: 40 }), lengths, (before, list, windowSeconds) => {
      let [shown, highest] = [rated(before), '']
      for (const come of list) {
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

test('a release ends after a day, also while arrivals stay unusual', (t) => {
  let shown = next(rated([10, 10, 20, 40, 70, 50]), only(0, 33))
  shown = { ...shown, guard: releaseGuard(shown.guard) }
  const armedAgain = () => shown.guard?.armed === true && (shown.guard.memory[2] ?? 0) > 0
  let windows = 0
  for (; !armedAgain() && windows < 1_000; windows++) {
    const [rate = 0, level = 0] = shown.guard?.memory ?? []
    const kept = Math.max(5, 3 * Math.sqrt(rate)) + 1.5 + rate + 1.5 * Math.sqrt(rate) - level
    shown = next(shown, only(3, Math.max(0, Math.ceil(kept))))
  }
  t.true(windows >= 288 && windows <= 292, `${windows} windows of five minutes`)
})

test('it arrives within gap divided by speed, whatever came before', (t) => {
  check(
    fc.property(histograms, fc.array(arrivals, { maxLength: 20 }), lengths, (before, list, windowSeconds) => {
      let shown = list.reduce((now, come) => next(now, come, windowSeconds), rated(before))
      const gap = Math.abs(shown.guard?.gap ?? 0)
      const most = Math.ceil(gap / (windowSeconds / (3_600 * 4.2))) + 1
      const told = windowsToSettle(shown, { windowSeconds, starTakesHours: 4.2 })
      t.true(told <= Math.max(1, most))
      for (let n = 0; n < told; n++) shown = next(shown, only(0, 0), windowSeconds)
      t.is(shown.average, averageOf(shown.counts))
      t.false(guardPending(shown, shown))
    }),
  )
  t.pass()
})

test('silent windows in one leap are what they are one by one', (t) => {
  const silences = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3_000 }))
  check(
    fc.property(
      histograms,
      fc.array(arrivals, { maxLength: 8 }),
      lengths,
      silences,
      (before, list, seconds, silent) => {
        const shown = list.reduce((now, come) => next(now, come, seconds), rated(before))
        let slow = shown
        for (let n = 0; n < silent; n++) slow = next(slow, only(0, 0), seconds)
        const leap = stepGuard(shown, shown, shown.asOf + silent * seconds * 1_000, withWindow(seconds))
        t.is(leap.average, slow.average)
        t.is(leap.guard?.armed ?? false, slow.guard?.armed ?? false)
        // While the average moves it is exact to the bit; a settled post's normal rate fades by one power.
        if (silent <= windowsToSettle(shown, withWindow(seconds))) t.deepEqual(leap, slow)
        const [a, b] = [leap, slow].map(({ guard }) => guard?.memory ?? [0, 0, 0]) as [number[], number[]]
        for (const [n, value] of a.entries()) t.true(Math.abs(value - (b[n] as number)) <= 1e-5, `${a} ${b}`)
      },
    ),
  )
  t.pass()
})

test('a raid is held back after any silence as if every silent window had been stepped', (t) => {
  check(
    fc.property(
      histograms,
      fc.array(arrivals, { maxLength: 8 }),
      fc.boolean(),
      lengths,
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3_000 })),
      arrivals,
      (before, list, released, seconds, silent, come) => {
        const busy = list.reduce((now, some) => next(now, some, seconds), rated(before))
        const guard = released ? (releaseGuard(busy.guard) ?? busy.guard) : busy.guard
        // What is not settled is stepped, and the silence begins after it.
        let shown: Displayed = { ...busy, guard }
        while (guardPending(shown, shown)) shown = next(shown, only(0, 0), seconds)
        let slow = shown
        for (let n = 0; n < silent; n++) slow = next(slow, only(0, 0), seconds)
        const raided = next(slow, come, seconds)
        const live = { counts: plus(shown.counts, come), activity: shown.activity + countOf(come) }
        const once = stepGuard(shown, live, raided.asOf, withWindow(seconds))
        t.is(once.average, raided.average)
        t.is(once.guard?.armed ?? false, raided.guard?.armed ?? false)
        t.is(once.guard?.memory[2] ?? 0, raided.guard?.memory[2] ?? 0)
        if (once.guard?.armed) t.is(once.guard.since, raided.guard?.since ?? 0)
      },
    ),
  )
  t.pass()
})

test('the order of the ratings within a window makes no difference', (t) => {
  check(
    fc.property(histograms, arrivals, arrivals, (before, one, other) => {
      const shown = rated(before)
      t.deepEqual(next(shown, plus(one, other)), next(shown, plus(other, one)))
    }),
  )
  t.pass()
})

test('windows of another length keep the same guard', (t) => {
  const perMinute = fc.array(fc.nat(6), { minLength: 60, maxLength: 180 })
  check(
    fc.property(perMinute, (list) => {
      const minutes = list.slice(0, list.length - (list.length % 15))
      const rates = [60, 300, 900].map((seconds) => {
        const shown = inWindows(rated([10, 10, 20, 40, 60, 60]), minutes, 3, seconds)
        return shown.guard?.memory[0] ?? 0
      })
      t.true(Math.max(...rates) - Math.min(...rates) <= 0.02 + 0.05 * Math.max(...rates), rates.join(' '))
    }),
  )
  const attack = Array.from({ length: 120 }, (_, minute) => (minute < 30 ? 7 : 0))
  const gaps = [60, 300, 900].map((seconds) => {
    const shown = inWindows(rated([10, 10, 20, 40, 60, 60]), attack, 0, seconds)
    return (averageOf([10, 10, 20, 40, 60, 60]) as number) - (shown.average as number)
  })
  for (const gap of gaps) t.true(Math.abs(gap - 2 / 4.2) < 0.05, gaps.join(' '))
})

test('what is remembered stays within 100 bytes', (t) => {
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
        t.true(JSON.stringify(shown.guard).length <= 100, JSON.stringify(shown.guard))
      }
    }),
  )
  t.pass()
})

test('a post that is rated normally is never guarded, and its rate is learned', (t) => {
  let shown = rated([5, 5, 10, 30, 30, 20])
  let armed = 0
  for (let n = 0; n < 2_000; n++) {
    shown = next(shown, only(n % 6, n % 2 === 0 ? 3 : 2))
    if (n > 300 && shown.guard?.armed) armed++
  }
  t.is(armed, 0)
  const rate = shown.guard?.memory[0] as number
  t.true(rate > 2.4 && rate < 2.6, String(rate))
})

test('a flood teaches no more than its allowance', (t) => {
  let shown = rated([0, 0, 0, 0, 50, 50])
  for (let n = 0; n < 12; n++) shown = next(shown, only(0, 1_000))
  t.true((shown.guard?.memory[0] as number) < 0.05, String(shown.guard?.memory))
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
  // Arrivals are normal again for long enough: the next flood arms it again.
  for (let n = 0; n < 100; n++) shown = next(shown, only(0, 0))
  t.true(next(shown, only(5, 100)).guard?.armed)
})

test('a state of an unknown guard counts as a fresh one', (t) => {
  const shown = { ...rated([0, 0, 0, 0, 50, 50]), guard: { armed: false, gap: 0, since: 0, memory: [] } }
  t.true(next(shown, only(0, 100)).guard?.armed)
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

function check(property: fc.IRawProperty<never> | unknown): void {
  fc.assert(property as fc.IRawProperty<unknown>, { numRuns: Number(process.env.RUNS ?? 200) })
}

function rated(counts: Histogram): Displayed {
  return { counts, average: averageOf(counts), asOf: start, activity: countOf(counts), guard: null }
}

function next(shown: Displayed, come: Histogram, windowSeconds = 300): Displayed {
  const live = { counts: plus(shown.counts, come), activity: shown.activity + countOf(come) }
  return stepGuard(shown, live, shown.asOf + windowSeconds * 1_000, withWindow(windowSeconds))
}

/** Ratings of one score, given by the minute. */
function inWindows(before: Displayed, minutes: readonly number[], score: number, windowSeconds: number): Displayed {
  let shown = before
  for (let from = 0; from < minutes.length; from += windowSeconds / 60) {
    const come = minutes.slice(from, from + windowSeconds / 60).reduce((sum, n) => sum + n, 0)
    shown = next(shown, only(score, come), windowSeconds)
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
