import { checkUserId } from '../domain/ids.ts'
import type { EraseOptions } from '../ports/rating-store.ts'
import type { UserExclusionStore } from '../ports/user-exclusion-store.ts'
import { type AuditDecisions, type DecisionNote, deciderOf } from './audit-decisions.ts'
import type { RatePost } from './rate-post.ts'

export interface EraseRequest extends EraseOptions, DecisionNote {}

/** Withdraws everything a user rated, and removes the user from the excluded ones. The audit entry does not name the user. */
export class EraseUser {
  readonly #ratings: RatePost
  readonly #exclusions: UserExclusionStore
  readonly #audit: AuditDecisions

  constructor(ratings: RatePost, exclusions: UserExclusionStore, audit: AuditDecisions) {
    this.#ratings = ratings
    this.#exclusions = exclusions
    this.#audit = audit
  }

  async erase(userId: unknown, { by, reason, ...options }: EraseRequest): Promise<number> {
    const user = checkUserId(userId)
    if (options.dryRun) return this.#ratings.erase(user, options)
    const work = async () => {
      const erased = await this.#ratings.erase(user, options)
      await this.#exclusions.forget(user)
      return erased
    }
    return this.#audit.during({ action: 'users erase', ...deciderOf({ by, reason }) }, work, (ratings) => ({ ratings }))
  }
}
