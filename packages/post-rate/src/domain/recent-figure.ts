import { type SettingsInForce, windowEndAt } from './display-window.ts'
import { averageOf, countOf, type Histogram } from './histogram.ts'
import type { PostStats } from './post-stats.ts'
import type { ReadingTime } from './shown-stats.ts'

/** What a post was rated of late, beside the figures of all time. */
export interface RecentFigure {
  /** The period: so many days up to the start of the display's window. */
  days: number
  count: number
  /** At most 4 decimals; null at count 0, and below the deployment's least count. */
  average: number | null
}

/** Ratings given from `from` to `to`, both inclusive, milliseconds since the epoch. */
export interface Period {
  postId: number
  from: number
  to: number
}

/**
 * The period of a post's recent figure: it ends where the window began, so that the figure stands still for as long as the
 * others do; with the policy `live` it ends now. It never ends after the moment up to which the state is complete: while the
 * relay is behind, later ratings would show here before the guard has seen them. A first rating, which shows at once, is in it
 * at once.
 */
export function recentPeriod(
  stats: PostStats,
  settings: SettingsInForce,
  { now, watermark }: ReadingTime,
  days: number,
): Period {
  const { postId, displayed } = stats
  const windowStart = windowEndAt(postId, now, settings.windowSeconds) - settings.windowSeconds * 1000
  const end = settings.display === 'live' ? now : windowStart
  const to = Math.max(displayed.asOf, Math.min(end, watermark ?? Number.NEGATIVE_INFINITY))
  return { postId, from: to - days * 86_400_000, to }
}

export function recentFigure(histogram: Histogram, days: number, minCount: number): RecentFigure {
  const count = countOf(histogram)
  return { days, count, average: count < minCount ? null : averageOf(histogram) }
}
