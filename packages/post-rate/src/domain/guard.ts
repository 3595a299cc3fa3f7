import type { Displayed, GuardState, Live } from './display-policy.ts'
import { type GuardConstants, guardConstants, noArrivals, receive } from './guard-arrivals.ts'
import { longestWideningMs } from './guard-margin.ts'
import { arrivalsOf, memoryOf } from './guard-memory.ts'
import {
  beSilent,
  firstWindow,
  goOn,
  hold,
  isOver,
  meanOf,
  type Pace,
  rushOf,
  type Step,
  stepReleased,
  watch,
} from './guard-rush.ts'
import { averageOf, countOf, type Histogram, roundAverage, sameHistogram } from './histogram.ts'

export { type GuardConstants, guardConstants, referenceSeconds } from './guard-arrivals.ts'

/** What of the deployment's settings the guard depends on. */
export interface GuardSettings {
  windowSeconds: number
  /** Stars by which the margin of a guarded average widens in a day. */
  starPerDay: number
}

/**
 * What is shown from `asOf` on. While ratings rush in, the shown average is the true one, held within the margin of error of what it
 * was before the rush; that margin widens with time. Otherwise it is the true one. The guard deletes nothing and judges nobody.
 *
 * The shown average follows from the counts, one anchor and the time, and arrivals alone change what is remembered of them. So silent
 * windows that are left out make no difference. All arrivals since `previous` are of the last window.
 */
export function stepGuard(
  previous: Displayed,
  live: Live,
  asOf: number,
  { windowSeconds, starPerDay }: GuardSettings,
  constants: GuardConstants = guardConstants,
): Displayed {
  const { counts, activity } = live
  const count = countOf(previous.counts)
  const shown = (guard: GuardState | null): Displayed => {
    return { counts, average: shownAverage(counts, guard?.gap ?? 0), asOf, activity, guard }
  }
  if (count === 0 || countOf(counts) === 0) return shown(null)
  const arrived = Math.max(0, activity - previous.activity)
  const windowMs = 1_000 * windowSeconds
  const pace: Pace = { windowMs, starPerDay, constants }
  const silent = Math.max(1, Math.round((asOf - previous.asOf) / windowMs)) - 1
  const was = silent === 0 ? previous.guard : beSilent(previous, asOf - windowMs, silent, pace)
  let arrivals = arrivalsOf(memoryOf(was))
  if (arrived === 0 && (was === null || arrivals === null)) return shown(null)
  if (arrived === 0 && was !== null && !was.armed && !isLetGo(was)) return shown(was)
  const average = silent === 0 ? previous.average : shownAverage(previous.counts, was?.gap ?? 0)
  const begin = Math.max(previous.asOf, asOf - windowMs)
  const step: Step = { begin, end: asOf, arrived, before: { average: average ?? 0, count } }

  const rush = rushOf(was)
  const agrees = rush === null || rush.inside !== undefined
  if (arrived > 0) {
    // Earlier versions kept a list, which began with the rate.
    arrivals ??= noArrivals(begin, step.before, previous.guard?.memory[0] ?? 0, constants)
    arrivals = receive(arrivals, step, agrees, constants)
  }
  if (arrivals === null) return shown(null)
  if (was !== null && isLetGo(was)) {
    const now = { average: averageOf(counts) ?? 0, count: countOf(counts) }
    return shown(stepReleased(was, arrivals, now, asOf, constants))
  }
  const now = rush === null ? watch(was, arrivals, step, pace) : goOn(rush, arrivals, step, pace)
  return shown('bounds' in now ? hold(now, counts, asOf, pace) : now)
}

/**
 * What a post is ranked by: while it is armed, the count that it had then, and never a higher average than then. So a crowd can
 * neither raise the post by its number nor put it past another one.
 */
export function rankedFigures({ counts, average, guard }: Displayed): { count: number; average: number } {
  const { rankedCount, rankedAverage } = memoryOf(guard)
  if (rankedCount === undefined || rankedAverage === undefined) return { count: countOf(counts), average: average ?? 0 }
  return { count: rankedCount, average: Math.min(average ?? 0, rankedAverage) }
}

/** Whether the next window's end may change what is shown or ranked, or has arrivals to look at. */
export function guardPending({ guard, counts, activity }: Displayed, live: Live): boolean {
  return guard?.armed === true || live.activity !== activity || !sameHistogram(counts, live.counts)
}

/** How many windows without any rating it takes until nothing is pending; at least 1. */
export function windowsToSettle({ guard, counts, asOf }: Displayed, settings: GuardSettings): number {
  const rush = rushOf(guard)
  if (guard === null || rush === null || isLetGo(guard)) return 1
  const { windowSeconds, starPerDay } = settings
  const pace = { windowMs: 1_000 * windowSeconds, starPerDay, constants: guardConstants }
  // An overfull bucket drains in a day.
  const most = Math.ceil((longestWideningMs(starPerDay, guardConstants) + 2 * 86_400_000) / pace.windowMs)
  return firstWindow(most, (window) => isOver(rush, counts, asOf + window * pace.windowMs, pace)) ?? most
}

/**
 * Lets a guarded average go: the next window's end shows the true one, and the guard stays aside until arrivals are
 * normal again. Null where there is nothing to let go.
 */
export function releaseGuard(guard: GuardState | null): GuardState | null {
  if (!guard?.armed || isLetGo(guard)) return null
  return { ...guard, memory: { ...guard.memory, released: 1 } }
}

export function isLetGo(guard: GuardState): boolean {
  return memoryOf(guard).released === 1
}

/** How many ratings an hour the guard has learned to take for normal. */
export function normalPerHour(guard: GuardState | null): number {
  return (memoryOf(guard).dayRate ?? 0) / 24
}

function shownAverage(counts: Histogram, gap: number): number | null {
  return gap === 0 ? averageOf(counts) : roundAverage(Math.min(5, Math.max(0, meanOf(counts) + gap)))
}
