import { isAhead, type SettingsInForce, windowEndAt } from './display-window.ts'
import { averageOf, countOf, type Histogram, roundAverage, sumOf } from './histogram.ts'
import type { PostStats } from './post-stats.ts'
import type { RecentFigure } from './recent-figure.ts'

/** The figures of a histogram. `average` is null at count 0, otherwise rounded to 4 decimals. */
export interface Figures {
  count: number
  sum: number
  average: number | null
  histogram: Histogram
}

/** What readers see. Times are ISO 8601 with milliseconds, UTC. */
export interface ShownStats {
  count: number
  average: number | null
  histogram: Histogram
  /** The moment whose figures these are. */
  asOf: string
  /** Nothing in these figures changes before it. Null where a change shows at once (count 0, policy `live`). */
  nextUpdateAt: string | null
  guard: ShownGuard | null
  /** Why a rated post has no average; left out where it has one. */
  withheld?: { reason: 'few-ratings'; minCount: number }
  /** Only where the host wants recent figures (`recentDays`), and not while the guard holds the post. */
  recent?: RecentFigure
}

/** Said of a post while its shown average is not the true one: unusually many ratings arrive, or it is on its way back. */
export interface ShownGuard {
  state: 'damped'
  /** Shown mean minus true mean, at most 4 decimals. */
  gap: number
  since: string
}

export function figuresOf(histogram: Histogram): Figures {
  return { count: countOf(histogram), sum: sumOf(histogram), average: averageOf(histogram), histogram }
}

/** What a reader must know about time to promise how long the displayed figures hold. */
export interface ReadingTime {
  /** The database's clock, milliseconds since the epoch. */
  now: number
  /** How far the copy that is read is known to be complete; null where nothing is known. */
  watermark: number | null
}

/** A post's state as readers see it. */
export function showStats(stats: PostStats, settings: SettingsInForce, time: ReadingTime): ShownStats {
  const { counts, average, guard } = stats.displayed
  const { asOf, since } = datesOf(stats, settings, time.now)
  const count = countOf(counts)
  const nextUpdateAt = nextUpdate(stats, settings, time)
  const few = count > 0 && count < settings.minCount
  const gap = guard === null ? 0 : roundAverage(guard.gap)
  return {
    count,
    average: few ? null : average,
    histogram: counts,
    asOf: new Date(asOf).toISOString(),
    nextUpdateAt: nextUpdateAt === null ? null : new Date(nextUpdateAt).toISOString(),
    guard: guard === null || gap === 0 || few ? null : { state: 'damped', gap, since: new Date(since).toISOString() },
    ...(few ? { withheld: { reason: 'few-ratings' as const, minCount: settings.minCount } } : {}),
  }
}

/** Of a state that a clock which was ahead has dated into the future, the start of the present window. */
function datesOf({ postId, displayed: { asOf, guard } }: PostStats, { windowSeconds }: SettingsInForce, now: number) {
  const since = guard?.since ?? asOf
  if (!isAhead(asOf, now)) return { asOf, since }
  const start = windowEndAt(postId, now, windowSeconds) - 1_000 * windowSeconds
  return { asOf: start, since: Math.min(since, start) }
}

/**
 * The end of the window until which the displayed figures hold. A post that has been quiet since its stored window
 * ended is promised the current one only where the copy is complete up to that window's start, and up to the moment
 * since which windows have this length; otherwise a change may still be on its way, and the answer is that moment: due now.
 * An end or a watermark that lies in the future was noted under a clock that was ahead, and promises nothing.
 */
export function nextUpdate(
  stats: PostStats,
  settings: SettingsInForce,
  { now, watermark }: ReadingTime,
): number | null {
  if (countOf(stats.displayed.counts) === 0) return null
  const length = 1_000 * settings.windowSeconds
  const end = windowEndAt(stats.postId, now, settings.windowSeconds)
  const stored = stats.stepAt ?? stats.windowEnd
  if (stored !== null && isAhead(stored, now + length)) return end
  if (stored !== null && (stats.stepAt !== null || stored > now)) return stored
  if (settings.display === 'live') return null
  const start = Math.max(end - length, settings.since ?? Number.NEGATIVE_INFINITY)
  return watermark !== null && watermark >= start && !isAhead(watermark, now) ? end : start
}
