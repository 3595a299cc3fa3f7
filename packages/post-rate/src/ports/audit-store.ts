import type { Histogram } from '../domain/histogram.ts'
import type { FoldContext, PostStats, StatsChange } from '../domain/post-stats.ts'

/** A post whose state is not what its ratings and unfolded changes add up to. `found` is null where it has no state. */
export interface CountsDrift {
  postId: number
  expected: Histogram
  found: PostStats | null
}

export interface AuditedRange {
  drift: CountsDrift[]
  /** Posts compared. */
  checked: number
  /** The last post id of the range; null when there is none above. */
  last: number | null
}

/** Compares states with the ratings they were made from, and repairs them, without stopping anybody. */
export interface AuditStore {
  /** Compares up to `limit` posts with ids above `after`, in one snapshot and without locks. */
  compare(after: number, limit: number): Promise<AuditedRange>
  /** The same for single posts. */
  compareOnly(ids: readonly number[]): Promise<AuditedRange>
  /**
   * Recomputes one post under its lock and stores what `repair` makes of it, when that differs. Exact while ratings,
   * relays and other rebuilds go on. Resolves to null where nothing differed.
   */
  repair(
    postId: number,
    repair: (stats: PostStats, counts: Histogram, now: number, context: FoldContext) => StatsChange[],
  ): Promise<PostStats | null>
  /** How many posts there are to compare, roughly: for progress. */
  estimate(): Promise<number>
}
