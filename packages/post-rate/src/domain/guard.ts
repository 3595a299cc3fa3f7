import type { Displayed, GuardState, Live } from './display-policy.ts'
import { averageOf, countOf, type Histogram, roundAverage, sameHistogram, sumOf } from './histogram.ts'

/**
 * The spike guard: while far more ratings arrive than this post normally gets, the shown average moves towards the true
 * one at a limited speed; otherwise it is the true one. It deletes nothing, judges nobody, and always arrives.
 *
 * Arrivals fall into a leaky bucket (a one-sided CUSUM, Page 1954) that leaks as fast as the post is normally rated, with
 * room for chance. A bucket that is filled above its threshold arms the guard. The normal rate is learned from what
 * leaks, so a flood teaches no more than the leak. All constants are per reference period: windows of another length
 * keep the same guard.
 */
export const referenceSeconds = 300

/** Chosen on half of the worlds of `post-rate simulate`, and measured on the other half. */
export const guardConstants = {
  /** Ratings per reference period that are normal: the rate, so many standard deviations of it, and so many more. */
  deviations: 1.5,
  slack: 0.5,
  /** Ratings beyond that which arm the guard: so many standard deviations of the rate, and never fewer than these. */
  thresholdDeviations: 3,
  leastThreshold: 5,
  /** How long the normal rate remembers. */
  memorySeconds: 24 * 3_600,
  /** Below it every rating moves a post, and nothing can be called its normal average. */
  leastCount: 10,
  /** A post with fewer ratings than this moves faster, as one over their square root. */
  slowFrom: 30,
  /** A release ends after this time, also while arrivals stay unusual: otherwise a few accounts could keep the guard off. */
  releaseSeconds: 24 * 3_600,
}
export type GuardConstants = typeof guardConstants

/** In the place of the size: an administrator let the average go, until arrivals are normal again. */
const letGo = -1
/** The gap is kept in whole ten-millionths of a star, so that many small steps make exactly one large one. */
const perStar = 1e7

/** What of the deployment's settings the guard depends on. */
export interface GuardSettings {
  windowSeconds: number
  /** Hours in which the shown average of a guarded post moves by one star at most. */
  starTakesHours: number
}

/** The normal rate in ratings per reference period, and the bucket's level in ratings. */
interface Arrivals {
  rate: number
  level: number
}

const calm: GuardState = { armed: false, gap: 0, since: 0, memory: [0, 0, 0] }

/** What is shown from `asOf` on. Windows in which nothing happened are caught up with; the arrivals are of the last one. */
export function stepGuard(
  previous: Displayed,
  live: Live,
  asOf: number,
  settings: GuardSettings,
  constants: GuardConstants = guardConstants,
): Displayed {
  const { counts, activity } = live
  const before = countOf(previous.counts)
  const open = { counts, average: averageOf(counts), asOf, activity, guard: null }
  if (before === 0 || open.average === null) return open

  const was = previous.guard ?? calm
  const [rate = 0, level = 0, sizeBefore = 0] = was.memory
  const windows = Math.max(1, Math.round((asOf - previous.asOf) / (1_000 * settings.windowSeconds)))
  const share = settings.windowSeconds / referenceSeconds
  const silent = beSilent({ rate, level }, windows - 1, share, was.gap !== 0, constants)
  const arrivals = pass(silent, Math.max(0, activity - previous.activity), share, constants)
  const unusual = arrivals.level > threshold(silent.rate, constants)
  // A settled post is not stepped while nothing comes: its average has stayed, and what it was armed for may be over.
  const settled = was.gap === 0
  const rested = settled && windows > 1 && silent.level <= threshold(silent.rate, constants)
  const [wasArmed, size] = rested ? [false, 0] : [was.armed, sizeBefore]

  let [armed, gap, held] = [false, 0, 0]
  // Of a post that was just released, `since` is still when it was armed.
  const expired = !was.armed && asOf - was.since >= 1_000 * constants.releaseSeconds
  if (size === letGo) held = unusual && !expired ? letGo : 0
  else if (wasArmed || (unusual && before >= constants.leastCount)) {
    held = wasArmed ? size : before
    const apart = Math.round((meanOf(previous.counts) + was.gap - meanOf(counts)) * perStar)
    const limit = (settled ? 1 : windows) * speed(held, settings, constants)
    armed = unusual || Math.abs(apart) > limit
    gap = Math.abs(apart) > limit ? (apart - Math.sign(apart) * limit) / perStar : 0
    if (!armed) held = 0
  }
  const atArming = wasArmed ? was.memory.slice(3) : [previous.average ?? 0]
  const guard = {
    armed,
    gap,
    since: armed === was.armed && armed === wasArmed ? was.since : asOf,
    memory: [arrivals.rate, arrivals.level, held, ...(armed ? atArming : [])],
  }
  const nothing = !armed && guard.memory.every((figure) => figure === 0)
  return { ...open, average: shownAverage(counts, gap), guard: nothing ? null : guard }
}

/**
 * What a post is ranked by: while it is armed, the count that it had then, and never a higher average than then. So a crowd can
 * neither raise the post by its number nor put it past another one.
 */
export function rankedFigures({ counts, average, guard }: Displayed): { count: number; average: number } {
  const [, , count = 0, highest] = guard?.memory ?? []
  // States of earlier versions keep no average, and no exact count.
  if (highest === undefined) return { count: countOf(counts), average: average ?? 0 }
  return { count, average: Math.min(average ?? 0, highest) }
}

/** Whether the next window's end would change what is shown, or has arrivals to look at. */
export function guardPending(displayed: Displayed, live: Live): boolean {
  const { guard } = displayed
  if (guard !== null && (guard.gap !== 0 || (guard.armed && isLetGo(guard)))) return true
  return live.activity !== displayed.activity || !sameHistogram(displayed.counts, live.counts)
}

/** How many windows without any rating it takes until nothing is pending; at least 1. */
export function windowsToSettle({ guard }: Displayed, settings: GuardSettings): number {
  if (guard === null || isLetGo(guard)) return 1
  const apart = Math.round(Math.abs(guard.gap) * perStar)
  return Math.max(1, Math.ceil(apart / speed(guard.memory[2] ?? 0, settings, guardConstants)))
}

/**
 * Lets a guarded average go: the next window's end shows the true one, and the guard stays aside until arrivals are
 * normal again. Null where there is nothing to let go.
 */
export function releaseGuard(guard: GuardState | null): GuardState | null {
  if (!guard?.armed || isLetGo(guard)) return null
  const [rate = 0, level = 0] = guard.memory
  return { ...guard, memory: [rate, level, letGo] }
}

export function isLetGo({ memory }: GuardState): boolean {
  return memory[2] === letGo
}

/** One window: what arrives falls into the bucket, what is normal leaks out and is learned from. */
function pass({ rate, level }: Arrivals, arrived: number, share: number, constants: GuardConstants): Arrivals {
  const filled = level + arrived
  const leaked = Math.min(filled, share * allowance(rate, constants))
  return {
    rate: rounded(rate + (leaked / share - rate) * learning(share, constants), 1e8),
    // An overflowing bucket forgets, so that a long flood is over some time after its end.
    level: rounded(Math.min(filled - leaked, 4 * threshold(rate, constants)), 1e6),
  }
}

/** Windows without arrivals. Each is stepped by itself only while that makes a difference: in all, the bucket's level bounds the work. */
function beSilent(
  arrivals: Arrivals,
  windows: number,
  share: number,
  moving: boolean,
  constants: GuardConstants,
): Arrivals {
  let [now, left] = [arrivals, windows]
  for (; left > 0 && (moving || now.level > 0); left--) now = pass(now, 0, share, constants)
  return left === 0 ? now : { rate: rounded(now.rate * (1 - learning(share, constants)) ** left, 1e8), level: 0 }
}

function allowance(rate: number, { deviations, slack }: GuardConstants): number {
  return rate + deviations * Math.sqrt(rate) + slack
}

function threshold(rate: number, { leastThreshold, thresholdDeviations }: GuardConstants): number {
  return Math.max(leastThreshold, thresholdDeviations * Math.sqrt(rate))
}

function learning(share: number, { memorySeconds }: GuardConstants): number {
  return Math.min(1, (share * referenceSeconds) / memorySeconds)
}

/** Ten-millionths of a star per window. */
function speed(size: number, { windowSeconds, starTakesHours }: GuardSettings, { slowFrom }: GuardConstants): number {
  const stars = windowSeconds / (3_600 * starTakesHours)
  return Math.max(1, Math.round(perStar * stars * Math.max(1, Math.sqrt(slowFrom / Math.max(1, size)))))
}

function shownAverage(counts: Histogram, gap: number): number | null {
  if (gap === 0) return averageOf(counts)
  return roundAverage(Math.min(5, Math.max(0, meanOf(counts) + gap)))
}

function meanOf(counts: Histogram): number {
  return sumOf(counts) / countOf(counts)
}

function rounded(value: number, scale: number): number {
  return Math.round(value * scale) / scale
}
