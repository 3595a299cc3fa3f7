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

/** How far the background audit is. Times are milliseconds since the epoch, by the database's clock. */
export interface AuditProgress {
  /** The last post of this pass that has been compared; 0 before the first. */
  last: number
  /** Posts that this pass has compared. */
  posts: number
  /** Posts that all passes have repaired. */
  repaired: number
  /** When a range was compared last; when a pass ended, and a post was repaired, null for never. */
  rangeAt: number
  passedAt: number | null
  repairedAt: number | null
  /** The tables are not those that were audited: they come from a restore. */
  restored: boolean
  /** Triggers did not fire for a while, and not every post has been compared since. */
  bypassed: boolean
  /** Names the tables that are there. */
  tables: string
  now: number
}

/** A range that has been compared. */
export interface AuditedRange {
  /** Its last post; null where it ended the pass. */
  last: number | null
  posts: number
  repaired: number
  /** Given where the pass compared every post of these tables at once, since they were restored or bypassed. */
  tables?: string
}

/** Compares states with the ratings they were made from, and repairs them, without stopping anybody. */
export interface AuditStore {
  /** The next posts above `after`: so many, or as many as one comparison should have. */
  next(after: number, posts?: number): Promise<PostRange>
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
  progress(): Promise<AuditProgress>
  noteProgress(range: AuditedRange): Promise<void>
  /** Notes that triggers do not fire. */
  noteBypass(): Promise<void>
}
