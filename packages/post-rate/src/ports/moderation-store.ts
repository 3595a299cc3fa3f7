import type { Histogram } from '../domain/histogram.ts'
import type { Standing } from '../domain/rating.ts'

/** A period of a post's ratings by the time at which each was last changed, milliseconds since the epoch. */
export interface Period {
  postId: number
  /** Inclusive. */
  from: number
  /** Exclusive. What is rated after the exclusion was made counts, also where this lies later. */
  to: number
  /** Only ratings of raters of this standing; all of them when left out or null. */
  standing?: Standing | null | undefined
}

/** A line of the audit log. Times are ISO 8601. */
export interface Exclusion {
  id: number
  postId: number
  from: string
  to: string
  /** Only ratings of raters of this standing; null: all of them. */
  standing: Standing | null
  reason: string
  by: string
  at: string
  /** A quarantine: when its ratings count again, unless somebody decides before. Null for an exclusion that somebody made. */
  releaseAt: string | null
  /** Ratings that it took out of the statistics; those that another exclusion had taken out before are not among them. */
  excluded: number
  /** Null while it is active. */
  restoredAt: string | null
  restoredBy: string | null
  restoreReason: string | null
  /** Ratings that its end brought back; those that another active exclusion covers, or whose user is excluded, are not among them. */
  restored: number
}

/** What an action would do. */
export interface ModerationPlan {
  /** Everything that counts now. */
  counted: Histogram
  /** What would be taken out, or come back. */
  moving: Histogram
}

/** Who acts and why. */
export interface ModerationNote {
  by: string
  reason: string
}

export interface ModerationOptions {
  /** Called after each batch with the ratings moved so far. */
  onProgress?: ((moved: number) => void) | undefined
  /** Stops between two batches; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

export interface ModerationOutcome {
  exclusion: Exclusion
  /** Ratings that this call moved. */
  moved: number
}

/**
 * Takes periods of ratings out of the statistics and brings them back. Ratings and the log change together, in batches
 * of bounded size; what was cut short is finished by repeating it. Every moved rating is recorded for the relay in the
 * same commit, like any change.
 */
export interface ModerationStore {
  /** Changes nothing. Null where the post is not known. */
  plan(period: Period, action: 'exclude' | 'restore'): Promise<ModerationPlan | null>
  /** Idempotent: one active exclusion a period. Null where the period has no ratings. */
  exclude(period: Period, note: ModerationNote, options?: ModerationOptions): Promise<ModerationOutcome | null>
  /** Ends the exclusion of exactly this period. Idempotent. Null where there never was one. */
  restore(period: Period, note: ModerationNote, options?: ModerationOptions): Promise<ModerationOutcome | null>
  /** Every exclusion, of one post or of all, active or ended; newest first. */
  list(postId: number | null): Promise<Exclusion[]>
}
