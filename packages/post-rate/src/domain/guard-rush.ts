import type { Displayed, GuardState } from './display-policy.ts'
import { type Arrivals, anchoredAt, type Before, type GuardConstants, normalAt, rushAt } from './guard-arrivals.ts'
import { type Bounds, boundsAround, gapAt, narrower, widened } from './guard-margin.ts'
import { arrivalsOf, boundsOf, guardState, memoryOf } from './guard-memory.ts'
import { averageOf, countOf, type Histogram, sumOf } from './histogram.ts'

/** A rush of ratings, and the bounds that hold the average meanwhile. */
export interface Rush {
  arrivals: Arrivals
  bounds: Bounds
  since: number
  inside: number | undefined
  early: number | undefined
  rankedCount: number
  rankedAverage: number
}

/** What the length of a rush depends on. */
export interface Pace {
  windowMs: number
  starPerDay: number
  constants: GuardConstants
}

/** One step: the last window and what it brought. Times are milliseconds since the epoch. */
export interface Step {
  begin: number
  end: number
  arrived: number
  /** What was shown before. */
  before: Before
}

/** The rush of an armed state; null where there is none. */
export function rushOf(guard: GuardState | null): Rush | null {
  if (!guard?.armed) return null
  const memory = memoryOf(guard)
  const [arrivals, bounds] = [arrivalsOf(memory), boundsOf(memory)]
  if (arrivals === null || bounds === null) return null
  const { inside, early, rankedCount = 0, rankedAverage = 0 } = memory
  return { arrivals, bounds, since: guard.since, inside, early, rankedCount, rankedAverage }
}

/** The state of a post that was not armed; or the rush, if one has begun. */
export function watch(
  was: GuardState | null,
  arrivals: Arrivals,
  { arrived, before, end }: Step,
  { constants, starPerDay }: Pace,
): GuardState | Rush {
  const memory = memoryOf(was)
  const since = was?.since ?? 0
  // A rush soon after another one must not begin with a wider margin.
  const recent = end - since < 1_000 * constants.rememberSeconds ? boundsOf(memory) : null
  const rush = arrived === 0 ? null : rushAt(arrivals, end, constants)
  if (rush === null || before.count < constants.leastCount)
    return guardState({ armed: false, gap: 0, since }, arrivals, recent, {})
  const known = rush === 'day' ? { average: arrivals.dayAverage, count: arrivals.dayCount } : arrivals
  const early = known.count < constants.leastCount
  const anchor = early ? before : known
  const around = boundsAround(anchor, end, constants)
  const bounds =
    recent === null ? around : narrower(widened(recent, end, starPerDay, constants), around, anchor.average)
  return {
    ...{ arrivals, bounds, since: end, inside: undefined, early: early ? end : undefined },
    ...{ rankedCount: before.count, rankedAverage: before.average },
  }
}

/**
 * A rush that goes on. Ratings that agree with those before make its margin narrower, and at last they are normal. The bounds of an
 * early rush, to a post that had no average before, follow the average until it leaves them.
 */
export function goOn(
  rush: Rush,
  arrivals: Arrivals,
  { before, begin, arrived }: Step,
  { constants, starPerDay }: Pace,
): Rush {
  const { bounds, inside, early, since, rankedCount } = rush
  if (arrived === 0 || inside === undefined) return { ...rush, arrivals }
  if (early !== undefined) {
    const over = begin - early >= 1_000 * constants.narrowSeconds
    const around = boundsAround(before, begin, constants)
    return { ...rush, arrivals, bounds: around, early: over ? undefined : early }
  }
  if (begin - inside >= 1_000 * constants.agreedSeconds) {
    const perDay = ((before.count - rankedCount) * 86_400_000) / (begin - since)
    return { ...rush, arrivals: normalAt(arrivals, perDay) }
  }
  if (begin - Math.max(inside, bounds.from) < 1_000 * constants.narrowSeconds) return { ...rush, arrivals }
  const around = boundsAround(before, begin, constants)
  return {
    ...rush,
    arrivals,
    bounds: narrower(widened(bounds, begin, starPerDay, constants), around, before.average),
  }
}

/** The state at a moment of a rush, with these counts. It is over when the true average is inside and no bucket is overfull. */
export function hold(rush: Rush, counts: Histogram, time: number, { starPerDay, constants }: Pace): GuardState {
  const { arrivals, bounds, since, rankedCount, rankedAverage } = rush
  const gap = gapAt(bounds, meanOf(counts), time, starPerDay, constants)
  if (gap !== 0) return guardState({ armed: true, gap, since }, arrivals, bounds, { rankedCount, rankedAverage })
  if (rushAt(arrivals, time, constants) === null) {
    const now = { average: averageOf(counts) ?? 0, count: countOf(counts) }
    return guardState({ armed: false, gap, since: time }, anchoredAt(arrivals, now), bounds, {})
  }
  const { inside = time, early } = rush
  return guardState({ armed: true, gap, since }, arrivals, bounds, { inside, rankedCount, rankedAverage, early })
}

/** The state at `end` after so many windows in which nothing happened, each of which might have been stepped by itself. */
export function beSilent({ guard, counts }: Displayed, end: number, windows: number, pace: Pace): GuardState | null {
  const timeOf = (window: number) => end - (windows - window) * pace.windowMs
  const arrivals = arrivalsOf(memoryOf(guard))
  if (guard !== null && arrivals !== null && memoryOf(guard).released) {
    const now = { average: averageOf(counts) ?? 0, count: countOf(counts) }
    const first = guard.armed ? stepReleased(guard, arrivals, now, timeOf(1), pace.constants) : guard
    return stepReleased(first, arrivals, now, end, pace.constants)
  }
  const rush = rushOf(guard)
  if (rush === null) return guard
  const at =
    firstWindow(windows, (window) => isOver(rush, counts, timeOf(window), pace)) ??
    firstWindow(windows, (window) => isInside(rush, counts, timeOf(window), pace))
  return hold(rush, counts, at === null ? end : timeOf(at), pace)
}

/** Whether a rush to which nothing more comes is over by a moment; once it is, it stays so. */
export function isOver(rush: Rush, counts: Histogram, time: number, pace: Pace): boolean {
  return isInside(rush, counts, time, pace) && rushAt(rush.arrivals, time, pace.constants) === null
}

/** The first window from 1 to `windows` for which something holds that holds for all later ones; null where there is none. */
export function firstWindow(windows: number, holds: (window: number) => boolean): number | null {
  if (!holds(windows)) return null
  let [below, at] = [0, windows]
  while (at - below > 1) {
    const middle = Math.floor((below + at) / 2)
    if (holds(middle)) at = middle
    else below = middle
  }
  return at
}

/** The state of a post whose average an administrator let go. What is shown then is what a later rush is held to. */
export function stepReleased(
  was: GuardState,
  arrivals: Arrivals,
  shown: Before,
  time: number,
  constants: GuardConstants,
): GuardState {
  const since = was.armed ? time : was.since
  const now = anchoredAt(arrivals, shown)
  const stays = rushAt(now, time, constants) !== null && time - since < 1_000 * constants.releaseSeconds
  return guardState({ armed: false, gap: 0, since }, now, null, stays ? { released: 1 } : {})
}

export function meanOf(counts: Histogram): number {
  return sumOf(counts) / countOf(counts)
}

function isInside({ bounds }: Rush, counts: Histogram, time: number, { starPerDay, constants }: Pace): boolean {
  return gapAt(bounds, meanOf(counts), time, starPerDay, constants) === 0
}
