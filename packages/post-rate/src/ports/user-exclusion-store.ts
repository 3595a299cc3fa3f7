import type { ModerationNote } from './moderation-store.ts'

/** A user whose ratings do not count, or who is being excluded or restored. */
export interface ExcludedUser {
  id: number
  userId: string
  /** `excluding` and `restoring`: under way, or its process was killed; repeating the decision finishes it. */
  state: 'excluding' | 'excluded' | 'restoring'
  by: string
  reason: string
  /** ISO 8601. */
  at: string
}

export interface UserExclusionSteps {
  /** Called after each step with the post of each rating that it moved. */
  onMoved?: ((posts: readonly number[]) => void) | undefined
  /** Stops between two steps; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** The effect that an exclusion or a restoration would have. */
export interface UserExclusionPlan {
  /** Users whom it is about: excluded ones, or those of the given users who were excluded. */
  users: number
  /** Ratings that stop counting, or count again. */
  ratings: number
  /** Posts whose figures that changes. */
  posts: number
}

/**
 * Users whose ratings are kept and do not count, now and later. Every rating of such a user is marked as excluded in its own commit,
 * whoever stores it. Earlier ones are marked in steps along the posts, each durable by itself and recorded for the relay.
 *
 * `exclude` and `restore` are idempotent, and finish what was cut short. They reject with `OVERLOADED` where other transactions hold
 * ratings: what could be moved has been moved then, and repeating it moves the rest.
 */
export interface UserExclusionStore {
  /** Changes nothing. */
  plan(
    userIds: readonly string[],
    action: 'exclude' | 'restore',
    steps?: Pick<UserExclusionSteps, 'signal'>,
  ): Promise<UserExclusionPlan>
  /** When it resolves, no rating of these users counts, nor will one that is stored later. */
  exclude(userIds: readonly string[], note: ModerationNote, steps?: UserExclusionSteps): Promise<void>
  /**
   * When it resolves, all ratings of these users count that no active exclusion of a period covers. Users who are not excluded are
   * left out; resolves to how many of them were.
   */
  restore(userIds: readonly string[], steps?: UserExclusionSteps): Promise<number>
  /** Newest first: those with an id below `before`. */
  list(query: { limit: number; before: number }): Promise<ExcludedUser[]>
  /** Removes every mention of a user who is erased: from the excluded users, and as the subject of audit entries. Idempotent. */
  forget(userId: string): Promise<void>
}
