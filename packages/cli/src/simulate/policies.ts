import {
  type Displayed,
  displayPolicies,
  type GuardConstants,
  guardConstants,
  type Histogram,
  type Live,
  stepGuard,
} from 'post-rate'

/** What is shown from one window to the next. */
export type Step = (previous: Displayed, live: Live, asOf: number) => Displayed

export const guardSettings = { windowSeconds: 300, starTakesHours: 4.2 }

/** The shipped policies and what else one could do, each as a step. */
export const policies: Readonly<Record<string, Step>> = {
  /** Read without the window: see `run`. */
  live: show,
  freeze: show,
  /** The ranking's mean in the place of the average: ten ratings of 2.5 are added. */
  'freeze+bayes': (_, live, asOf) => ({ ...show(_, live, asOf), average: bayes(live.counts) }),
  /** Without a tenth of the ratings at each end. */
  'trimmed mean': (_, live, asOf) => ({ ...show(_, live, asOf), average: trimmed(live.counts) }),
  /** The old average stays while the guard's bucket is above its threshold; then the new one is shown. */
  hold,
  /** The guard with the rate learned from capped arrivals, as it was first designed. */
  'guard (capped)': cappedGuard,
  guard: (previous, live, asOf) => displayPolicies.guard.step(previous, live, asOf, guardSettings),
}

/** The guard with other constants, or at another speed. */
function guardWith(constants: Partial<GuardConstants>, starTakesHours = guardSettings.starTakesHours): Step {
  const all = { ...guardConstants, ...constants }
  return (previous, live, asOf) => stepGuard(previous, live, asOf, { ...guardSettings, starTakesHours }, all)
}

/** Each constant of the guard changed by itself: what `--tune` compares on the worlds that are not reported. */
export const variants: Readonly<Record<string, Step>> = {
  'as shipped': guardWith({}),
  'deviations 1': guardWith({ deviations: 1 }),
  'deviations 3': guardWith({ deviations: 3 }),
  'slack 0.25': guardWith({ slack: 0.25 }),
  'slack 1': guardWith({ slack: 1 }),
  'threshold 3': guardWith({ leastThreshold: 3, thresholdDeviations: 2 }),
  'threshold 8': guardWith({ leastThreshold: 8, thresholdDeviations: 5 }),
  'memory 12 h': guardWith({ memorySeconds: 12 * 3_600 }),
  'memory 48 h': guardWith({ memorySeconds: 48 * 3_600 }),
  'least count 5': guardWith({ leastCount: 5 }),
  'least count 20': guardWith({ leastCount: 20 }),
  'slow from 60': guardWith({ slowFrom: 60 }),
  'star takes 2.1 h': guardWith({}, 2.1),
  'star takes 8.4 h': guardWith({}, 8.4),
  'star takes 24 h': guardWith({}, 24),
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

function hold(previous: Displayed, live: Live, asOf: number): Displayed {
  // A star takes a year: it does not move.
  const now = stepGuard(previous, live, asOf, { windowSeconds: 300, starTakesHours: 8_760 })
  const [rate = 0, level = 0] = now.guard?.memory ?? []
  const { leastThreshold, thresholdDeviations } = guardConstants
  if (now.guard?.armed && level > Math.max(leastThreshold, thresholdDeviations * Math.sqrt(rate))) return now
  const guard = now.guard && { ...now.guard, armed: false, gap: 0, memory: [rate, level, 0] }
  return { ...now, average: sumOf(live.counts) / countOf(live.counts), guard }
}

function cappedGuard(previous: Displayed, live: Live, asOf: number): Displayed {
  const { armed = false, gap = 0, memory = [] } = previous.guard ?? {}
  const [rate = 0, level = 0, size = 0] = memory
  const arrived = live.activity - previous.activity
  const allowed = rate + 1.5 * Math.sqrt(rate) + 0.5
  const threshold = Math.max(5, 3 * Math.sqrt(rate))
  const filled = Math.min(Math.max(0, level + arrived - allowed), 4 * threshold)
  const before = countOf(previous.counts)
  const arms = armed || (filled > threshold && before >= 10)
  const held = armed ? size : before
  const learned = rate + (Math.min(arrived, allowed) - rate) / 288
  const mean = sumOf(live.counts) / countOf(live.counts)
  const apart = before === 0 ? 0 : sumOf(previous.counts) / before + gap - mean
  const limit = Math.max(0.02, 0.11 / Math.sqrt(held))
  const far = arms && Math.abs(apart) > limit
  const left = far ? apart - Math.sign(apart) * limit : 0
  const guard = { armed: far || (arms && filled > threshold), gap: left, since: 0, memory: [learned, filled, held] }
  return { counts: live.counts, average: mean + left, asOf, activity: live.activity, guard }
}

export function countOf(counts: Histogram): number {
  return counts.reduce((sum, n) => sum + n, 0)
}

export function sumOf(counts: Histogram): number {
  return counts.reduce((sum, n, score) => sum + n * score, 0)
}
