import type { ReplayRating } from './ratings.ts'
import type { Shown } from './walk.ts'

/** The displayed and the plain average at a moment. */
export interface Point {
  /** Milliseconds since the epoch. */
  at: number
  /** Ratings before that moment, each user's latest. */
  count: number
  /** Their average, at most 4 decimals; null at count 0. */
  plain: number | null
  /** The displayed average; null where the policy shows none. */
  shown: number | null
}

export function pointsOf(
  ratings: readonly ReplayRating[],
  shown: readonly Shown[],
  moments: readonly number[],
): Point[] {
  let [count, sum, next, seen] = [0, 0, 0, -1]
  return moments.map((at) => {
    for (let rating = ratings[next]; rating !== undefined && rating.at < at; rating = ratings[++next]) {
      const replaced = rating.replaces === null ? undefined : ratings[rating.replaces]
      count += replaced === undefined ? 1 : 0
      sum += rating.score - (replaced?.score ?? 0)
    }
    while (seen + 1 < shown.length && (shown[seen + 1] as Shown).at <= at) seen++
    const plain = count === 0 ? null : Math.round((sum / count) * 10_000) / 10_000
    return { at, count, plain, shown: shown[seen]?.average ?? null }
  })
}
