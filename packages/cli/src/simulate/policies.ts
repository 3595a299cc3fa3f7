import {
  type Displayed,
  displayPolicies,
  type GuardConstants,
  guardConstants,
  type Histogram,
  type Live,
  stepGuard,
} from 'post-rate'
import { countOf, hold, speedLimit, sumOf } from './speed-limit.ts'

export { countOf, sumOf }

/** What is shown from one window to the next. */
export type Step = (previous: Displayed, live: Live, asOf: number) => Displayed

export const guardSettings = { windowSeconds: 300, starPerDay: 0.1 }

/** The shipped policies and what else one could do, each as a step. */
export const policies: Readonly<Record<string, Step>> = {
  /** Read without the window: see `run`. */
  live: show,
  freeze: show,
  /** The ranking's mean in the place of the average: ten ratings of 2.5 are added. */
  'freeze+bayes': (_, live, asOf) => ({ ...show(_, live, asOf), average: bayes(live.counts) }),
  /** Without a tenth of the ratings at each end. */
  'trimmed mean': (_, live, asOf) => ({ ...show(_, live, asOf), average: trimmed(live.counts) }),
  hold,
  'speed limit': speedLimit,
  guard: whenPending((previous, live, asOf) => displayPolicies.guard.step(previous, live, asOf, guardSettings)),
}

/** What the longer scenarios compare. */
export const raidPolicies: Readonly<Record<string, Step>> = {
  freeze: show,
  'speed limit': speedLimit,
  guard: policies.guard as Step,
}

/** The guard with other constants, or with a margin that widens faster or slower. */
function guardWith(constants: Partial<GuardConstants>, starPerDay = guardSettings.starPerDay): Step {
  const all = { ...guardConstants, ...constants }
  return whenPending((previous, live, asOf) => stepGuard(previous, live, asOf, { ...guardSettings, starPerDay }, all))
}

/** A post with nothing pending is not stepped, as by the relay. */
function whenPending(step: Step): Step {
  return (previous, live, asOf) =>
    displayPolicies.guard.pending(previous, live) ? step(previous, live, asOf) : previous
}

/** Each constant of the guard changed by itself: what `--tune` compares on the worlds that are not reported. */
export const variants: Readonly<Record<string, Step>> = {
  'as shipped': guardWith({}),
  'deviations 1': guardWith({ deviations: 1 }),
  'deviations 3': guardWith({ deviations: 3 }),
  'slack halved': guardWith({ slack: 0.25, daySlack: 1 }),
  'slack doubled': guardWith({ slack: 1, daySlack: 4 }),
  'threshold 3, 6': guardWith({ leastThreshold: 3, leastDayThreshold: 6, thresholdDeviations: 2 }),
  'threshold 8, 16': guardWith({ leastThreshold: 8, leastDayThreshold: 16, thresholdDeviations: 5 }),
  'share of a day 1.5 %': guardWith({ dayShare: 0.015 }),
  'share of a day 6 %': guardWith({ dayShare: 0.06 }),
  'memory halved': guardWith({ memorySeconds: 12 * 3_600, dayMemorySeconds: 7 * 86_400 }),
  'memory doubled': guardWith({ memorySeconds: 48 * 3_600, dayMemorySeconds: 28 * 86_400 }),
  'least count 3': guardWith({ leastCount: 3 }),
  'least count 10': guardWith({ leastCount: 10 }),
  'margin of 1 deviation': guardWith({ marginDeviations: 1 }),
  'margin of 3 deviations': guardWith({ marginDeviations: 3 }),
  'patience 2 days': guardWith({ patienceSeconds: 2 * 86_400 }),
  'patience 8 days': guardWith({ patienceSeconds: 8 * 86_400 }),
  'narrower after 3 h': guardWith({ narrowSeconds: 3 * 3_600 }),
  'narrower after 12 h': guardWith({ narrowSeconds: 12 * 3_600 }),
  '0.05 stars a day': guardWith({}, 0.05),
  '0.2 stars a day': guardWith({}, 0.2),
}

function show(previous: Displayed, live: Live, asOf: number): Displayed {
  return displayPolicies.freeze.step(previous, live, asOf, guardSettings)
}

function bayes(counts: Histogram): number {
  return (10 * 2.5 + sumOf(counts)) / (10 + countOf(counts))
}

function trimmed(counts: Histogram): number {
  const cut = countOf(counts) / 10
  let [below, sum] = [0, 0]
  for (const [score, n] of counts.entries()) {
    const from = Math.min(Math.max(below, cut), 9 * cut)
    const to = Math.min(Math.max(below + n, cut), 9 * cut)
    sum += score * (to - from)
    below += n
  }
  return sum / (8 * cut)
}
