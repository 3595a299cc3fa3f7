import type { PostStats } from '../domain/post-stats.ts'

export interface ChangedStates {
  pages: AsyncIterable<PostStats[]>
  watermark: number | null
  seen: string
}

/** The record of the states (`post_stats`), as the reconciler and the inspectors read it. */
export interface StateStore {
  /** Ordered by post id, ids above `after`; never-rated posts included. With `watermark`: how far they are complete. */
  range(after: number, limit: number): Promise<PostStats[]>
  /**
   * States changed in the last `seconds`, page by page as they are asked for, and the watermark that was reached before
   * they were read. However much changed, no page is large. `seen`, as an earlier call gave it: without the changes that
   * were committed before that call, so that what it looks back on is not read again; tombstones apart, behind which an
   * older copy may arrive.
   */
  changedWithin(seconds: number, seen?: string | null): Promise<ChangedStates>
  /** Raises the version of each post, by one or to above `above`, so that copies which differ are replaced. */
  raise(ids: readonly number[], above?: number): Promise<PostStats[]>
  /** True when the physical database is not the one that the version floor was set for: versions may have gone back. */
  moved(): Promise<boolean>
  /** Raises the floor to at least `floor` and notes the physical database it holds for. Never lowers it. */
  raiseFloor(floor: number): Promise<void>
}
