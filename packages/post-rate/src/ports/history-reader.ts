import type { HistoryBucket, HistoryUnit, Span } from '../domain/rating-history.ts'

export interface HistoryWanted {
  postId: number
  unit: HistoryUnit
  /** Later ratings are left out; inclusive, to the millisecond. Milliseconds since the epoch. */
  asOf: number
  /** Excluded ratings of these times are counted: they were excluded after `asOf`. */
  counted: readonly Span[]
  /** Ratings of these times are excluded: they were restored after `asOf`. */
  excluded: readonly Span[]
}

/** Counts a post's ratings over time, from the ratings themselves. */
export interface HistoryReader {
  /**
   * Every bucket that has a rating, ordered by start; empty for a post that is not known. Costs what the post's ratings cost to
   * read. Rejects with `UNAVAILABLE`.
   */
  buckets(wanted: HistoryWanted): Promise<HistoryBucket[]>
}
