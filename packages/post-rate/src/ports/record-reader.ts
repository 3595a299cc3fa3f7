import type { Histogram } from '../domain/histogram.ts'
import type { PostStats } from '../domain/post-stats.ts'
import type { DatedRating } from '../domain/rating.ts'
import type { Period } from '../domain/recent-figure.ts'
import type { DeploymentRow } from './settings-store.ts'

/** The scores that one reader wants to know as their own. */
export interface OwnScoresWanted {
  userId: string
  postIds: readonly number[]
}

export interface RecordRead {
  /** One map per entry of `scores`, in its order: post id to score. Posts without a rating are absent. */
  scores: Map<number, number>[]
  /** The states of `states` that exist. */
  states: PostStats[]
  /** How far the states are complete, milliseconds since the epoch; null where no state was asked for. */
  watermark: number | null
  /** Null unless it was asked for. */
  deployment: DeploymentRow | null
}

/** Ratings that were given from `from`, inclusive, to `to`, exclusive, counted in steps of `stepMs`. Milliseconds. */
export interface ArrivalsWanted {
  postId: number
  from: number
  to: number
  stepMs: number
}

/** The ratings of one step. */
export interface Arrivals {
  /** Milliseconds since the epoch, a multiple of the step. */
  start: number
  counts: Histogram
}

/** A rating as it stands. */
export interface LatestRating extends DatedRating {
  /** Kept and not counted. */
  excluded: boolean
}

/** What readers need from the record itself, in one round trip however many of them ask. */
export interface RecordReader {
  /** A consistent read: never from a copy. Rejects with `UNAVAILABLE`. */
  read(scores: readonly OwnScoresWanted[], states: readonly number[], deployment?: boolean): Promise<RecordRead>
  /** Those of these posts that the record does not know, that nobody has rated, or that were deleted. */
  unrated(ids: readonly number[]): Promise<number[]>
  /** The standing, counted ratings that were given within each period, one a post; posts without any are absent. */
  ratedWithin(periods: readonly Period[]): Promise<Map<number, Histogram>>
  /** The standing ratings of a period by time, excluded ones too; steps without any are absent. In order. Rejects with `UNAVAILABLE`. */
  arrivals(wanted: ArrivalsWanted): Promise<Arrivals[]>
  /**
   * The newest standing ratings of a post, excluded ones too, newest first; empty for a post that is not known. Null where
   * the post has more ratings than `among`: of no post are more looked through. Rejects with `UNAVAILABLE`.
   */
  latest(postId: number, limit: number, among: number): Promise<LatestRating[] | null>
}
