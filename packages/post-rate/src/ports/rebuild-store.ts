/** How far a rebuild of all posts is, whoever works on it. */
export interface RebuildProgress {
  /** The last post of the ranges that are finished; 0 before the first. */
  last: number
  /** Posts of those ranges. */
  posts: number
  /** Posts repaired so far, also in the range at hand. */
  repaired: number
  /** Seconds of work, of all processes that took part. */
  seconds: number
}

export interface RebuildRun extends RebuildProgress {
  /** Who works on it; empty where it was left. */
  holder: string
  /** ISO 8601. */
  beganAt: string
  /** Since its holder was last heard of. */
  silentSeconds: number
}

export interface TakeRebuild {
  /** Begins anew, whatever was left. */
  restart: boolean
  /** Silence after which a holder is taken for dead. */
  deadAfterSeconds: number
  /** Silence after which nobody goes on with what was left, since its posts may have changed. */
  staleAfterSeconds: number
}

/** The one rebuild of all posts that may be under way. */
export interface RebuildStore {
  /**
   * Begins a run, or goes on with one that was left; atomically. Resolves to the run as it is now: it is the caller's
   * where `holder` says so, otherwise somebody else works on it.
   */
  take(holder: string, options: TakeRebuild): Promise<RebuildRun>
  /** Notes progress and that the holder lives. False where the run is no longer the caller's. */
  save(holder: string, progress: RebuildProgress): Promise<boolean>
  /** `finished`: forgets the run; otherwise leaves it for the next one. Idempotent. */
  leave(holder: string, finished: boolean): Promise<void>
}
