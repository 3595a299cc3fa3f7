import type { Before, GuardConstants } from './guard-arrivals.ts'

const dayMs = 86_400_000

/** The bounds of a held average at the moment `from`; they widen from then on. Stars, with seven decimals. */
export interface Bounds {
  low: number
  high: number
  from: number
}

/** The margin of error around an average. */
export function boundsAround({ average, count }: Before, from: number, constants: GuardConstants): Bounds {
  const margin = (constants.marginDeviations * constants.ratingDeviation) / Math.sqrt(count)
  return { low: stars(average - margin), high: stars(average + margin), from }
}

/** The bounds at a later moment. */
export function widened({ low, high, from }: Bounds, time: number, speed: number, constants: GuardConstants): Bounds {
  const by = widening(time - from, speed, constants)
  return { low: low - by, high: high + by, from: time }
}

/** The narrower of two bounds of one moment, with an average of that moment inside. */
export function narrower(one: Bounds, other: Bounds, average: number): Bounds {
  const low = Math.min(average, Math.max(one.low, other.low))
  const high = Math.max(average, Math.min(one.high, other.high))
  return { low: stars(low), high: stars(high), from: other.from }
}

/** Shown minus true average where the true one is held within the bounds at a moment, in whole ten-millionths of a star. */
export function gapAt(bounds: Bounds, mean: number, time: number, speed: number, constants: GuardConstants): number {
  const by = widening(time - bounds.from, speed, constants)
  const shown = Math.min(bounds.high + by, Math.max(bounds.low - by, mean))
  return stars(shown - mean) || 0
}

/** Stars by which the bounds have widened: a fifth of the speed while people have time to decide, then all of it. */
function widening(ms: number, speed: number, { patienceSeconds, patientShare }: GuardConstants): number {
  const passed = Math.max(0, ms)
  const slow = Math.min(passed, 1_000 * patienceSeconds)
  return (speed * (passed - slow + patientShare * slow)) / dayMs
}

/** After so many days at most any average is inside. */
export function longestWideningMs(speed: number, { patienceSeconds }: GuardConstants): number {
  return 1_000 * patienceSeconds + (5 * dayMs) / speed
}

function stars(value: number): number {
  return Math.round(value * 1e7) / 1e7
}
