import { invalidInput, PostRateError } from '../errors.ts'
import { checkPostId, checkUserId } from './ids.ts'

export type Score = 0 | 1 | 2 | 3 | 4 | 5

export const highestScore = 5

/** What a user says of a post. One rating per user and post; the latest wins. */
export interface Rating {
  postId: number
  userId: string
  score: Score
  /**
   * Standing of the rater as the host tells it: whether the account is established; null or absent: unknown. It is stored with the
   * rating and never changes a figure.
   */
  established?: boolean | null
}

/** What moderation calls the three values of `established`: false, true and null. */
export const standings = ['new', 'established', 'unknown'] as const
export type Standing = (typeof standings)[number]

/** A rating with the time at which it was last changed, in milliseconds since the epoch. */
export interface DatedRating extends Rating {
  ratedAt: number
  /** The rating is stored and does not count, as after `moderation.exclude`. Absent: it counts. */
  excluded?: boolean
}

/** What became of a rating. `previousScore` is null for a first rating; `ratedAt` is an ISO 8601 time of the database's clock. */
export interface RatingReceipt extends Pick<Rating, 'postId' | 'userId' | 'score'> {
  previousScore: Score | null
  /** False when the same score was there already: nothing was written and `ratedAt` is as it was. */
  changed: boolean
  ratedAt: string
}

/** An integer 0-5. `5.0` is `5` in JSON and passes; numeric strings do not. */
export function isScore(value: unknown): value is Score {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= highestScore
}

/**
 * Validates a rating from an untrusted caller and drops everything else it carried.
 * @throws PostRateError INVALID_INPUT with one problem per bad field
 */
export function checkRating(input: {
  postId?: unknown
  userId?: unknown
  score?: unknown
  established?: unknown
}): Rating {
  const problems = [
    () => checkPostId(input.postId),
    () => checkUserId(input.userId),
    () => checkScore(input.score),
    () => checkEstablished(input.established),
  ].flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      return (error as PostRateError).problems
    }
  })
  if (problems.length > 0) {
    const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ')
    throw new PostRateError('INVALID_INPUT', message, { problems })
  }
  // -0 is an integer in range; `| 0` stores it as 0.
  const rating: Rating = {
    postId: input.postId as number,
    userId: input.userId as string,
    score: ((input.score as number) | 0) as Score,
  }
  const established = checkEstablished(input.established)
  return established === null ? rating : { ...rating, established }
}

/** Null is unknown. @throws PostRateError INVALID_INPUT */
export function checkEstablished(value: unknown): boolean | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value
  throw invalidInput('established', 'must be true, false or absent')
}

/** The standing that a stored value of `established` stands for. */
export function standingOf(established: boolean | null | undefined): Standing {
  if (established === undefined || established === null) return 'unknown'
  return established ? 'established' : 'new'
}

/** @throws PostRateError INVALID_INPUT */
export function checkScore(value: unknown): Score {
  if (isScore(value)) return value
  throw invalidInput('score', `must be an integer from 0 to ${highestScore}`)
}
