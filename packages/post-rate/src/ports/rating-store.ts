import type { DatedRating, Rating, RatingReceipt } from '../domain/rating.ts'

/**
 * The result of one rating of a batch: `undefined` where the post does not exist, an error where this row alone could not be stored,
 * `'locked'` where another transaction holds the row or its post. Then nothing was stored, and the caller tries again.
 */
export type RateOutcome = RatingReceipt | Error | 'locked' | undefined

/** The result of one withdrawal: false where the post does not exist, true also where there was no rating, the others as above. */
export type WithdrawOutcome = boolean | Error | 'locked'

/** Whose rating of which post. */
export type RatingKey = Pick<Rating, 'postId' | 'userId'>

export interface ImportOutcome {
  /** Ratings that were new or newer than the stored one. */
  changed: number
  /** Ratings not newer than what is stored. */
  unchanged: number
  /** Indexes of the batch whose post does not exist. */
  unknownPosts: number[]
  /** Indexes of the batch that were not stored, since another transaction holds the row or its post. Default: none. */
  locked?: number[]
  /** Ratings of the batch that a rule of the host's rejected, by index, with the reason. Default: none. */
  rejected?: { n: number; reason: string }[]
  /** Posts made because they were missing. */
  postsCreated: number
}

export interface ExportOptions {
  /** Leaves out the ratings that do not count. */
  countedOnly?: boolean | undefined
}

export interface EraseOptions {
  /** Only counts; nothing is withdrawn. */
  dryRun?: boolean | undefined
  /** Called after each step: posts looked at, ratings withdrawn. */
  onProgress?: ((progress: { posts: number; erased: number }) => void) | undefined
  /** Stops between two steps; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/**
 * The ratings themselves: the record on which everything else is computed. Every change is recorded for the relay in
 * the same commit. All methods reject with `UNAVAILABLE` when the store cannot be reached; a write that was rejected so
 * may or may not have been stored, and repeating it is safe.
 */
export interface RatingStore {
  /**
   * Stores a batch in which no (post, user) occurs twice; durable when it resolves. A bad row never fails its neighbours, and a
   * locked one does not delay them. Idempotent: the same score again changes nothing, also not the standing that is stored.
   */
  rate(ratings: readonly Rating[]): Promise<RateOutcome[]>
  /** Withdraws a batch in which no (post, user) occurs twice; durable when it resolves. Idempotent. Waits for no row. */
  withdraw(ratings: readonly RatingKey[]): Promise<WithdrawOutcome[]>
  /**
   * Withdraws every rating of a user and resolves to how many there were. Along the posts in short steps, each durable by
   * itself. Idempotent; a rating that is stored meanwhile may remain. Rejects with `OVERLOADED` where another transaction
   * holds some of the ratings, after all the others have been withdrawn.
   */
  erase(userId: string, options?: EraseOptions): Promise<number>
  /**
   * Stores dated ratings where they are newer than what is stored, excluded ones as excluded. No (post, user) may occur
   * twice. Idempotent. A locked row does not delay the others.
   * `createPosts`: missing posts are made under the ids of the ratings.
   */
  import(ratings: readonly DatedRating[], options: { createPosts: boolean }): Promise<ImportOutcome>
  /**
   * Every rating as of one moment, ordered by post and user, streamed in bounded memory. `excluded` and `established` are set on each;
   * `countedOnly` leaves out the excluded ones.
   */
  export(options?: ExportOptions): AsyncIterable<DatedRating>
}
