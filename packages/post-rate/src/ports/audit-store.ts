import type { Histogram } from '../domain/histogram.ts'
import type { FoldContext, PostStats, StatsChange } from '../domain/post-stats.ts'

/** A post whose state is not what its ratings and unfolded changes add up to, as it was found. */
export interface Suspect {
  postId: number
  /** Of the state that was found; null where there was none. */
  version: number | null
  /** What the state's counts should be. */
  expected: Histogram
}

export interface CountsDrift extends Suspect {
  /** Null where the post has no state. */
  found: PostStats | null
}

/** Posts that follow each other by their ids. */
export interface PostRange {
  /** Exclusive. */
  after: number
  /** Inclusive; null to the end. */
  last: number | null
  /** How many there are. */
  posts: number
}

/** Compares states with the ratings they were made from, and repairs them, without stopping anybody. */
export interface AuditStore {
  /** The next posts above `after`, as many as one comparison should have. */
  next(after: number): Promise<PostRange>
  /** Compares a range in one snapshot and without locks. */
  compare(range: PostRange): Promise<Suspect[]>
  /** The same for single posts. */
  compareOnly(ids: readonly number[]): Promise<CountsDrift[]>
  /**
   * Stores under their locks what `repair` makes of these posts, where they differ; resolves to the states that it
   * changed. Exact while ratings, relays and other rebuilds go on: a suspect whose version is not the one that was found
   * is compared anew. A failure leaves some of them repaired.
   */
  repair(
    suspects: readonly Suspect[],
    repair: (stats: PostStats, counts: Histogram, now: number, context: FoldContext) => StatsChange[],
  ): Promise<PostStats[]>
  /** How many posts there are to compare, roughly: for progress. */
  estimate(): Promise<number>
}
