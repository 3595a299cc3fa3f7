import type { ModerationNote } from '../../ports/moderation-store.ts'
import type {
  ExcludedUser,
  UserExclusionPlan,
  UserExclusionSteps,
  UserExclusionStore,
} from '../../ports/user-exclusion-store.ts'
import { coveredByActive } from './memory-moderation-store.ts'
import { countedScore, type MemoryRating, type MemoryRecord } from './memory-record.ts'

/** Excluded users of a {@link MemoryRecord}. */
export class MemoryUserExclusionStore implements UserExclusionStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async plan(userIds: readonly string[], action: 'exclude' | 'restore'): Promise<UserExclusionPlan> {
    const users = action === 'exclude' ? userIds : this.#known(userIds)
    const moving = this.#moving(users, action)
    return { users: users.length, ratings: moving.length, posts: new Set(postsOf(moving)).size }
  }

  async exclude(
    userIds: readonly string[],
    { by, reason }: ModerationNote,
    { onMoved, signal }: UserExclusionSteps = {},
  ): Promise<void> {
    signal?.throwIfAborted()
    const { excludedUsers, clock } = this.#record
    const moving = this.#moving(userIds, 'exclude')
    for (const userId of userIds) {
      const at = new Date(clock.now()).toISOString()
      const id = this.#record.nextExcludedUser
      if (!excludedUsers.has(userId)) excludedUsers.set(userId, { id, userId, state: 'excluded', by, reason, at })
    }
    // Storing a rating of an excluded user marks it.
    for (const rating of moving) this.#record.writeRating(rating)
    onMoved?.(postsOf(moving))
  }

  async restore(userIds: readonly string[], { onMoved, signal }: UserExclusionSteps = {}): Promise<number> {
    signal?.throwIfAborted()
    const users = this.#known(userIds)
    const moving = this.#moving(users, 'restore')
    for (const userId of users) this.#record.excludedUsers.delete(userId)
    for (const rating of moving) this.#record.writeRating({ ...rating, excludedRatedAt: null })
    onMoved?.(postsOf(moving))
    return users.length
  }

  async list({ limit, before }: { limit: number; before: number }): Promise<ExcludedUser[]> {
    const users = [...this.#record.excludedUsers.values()].filter(({ id }) => id < before)
    return users.sort((a, b) => b.id - a.id).slice(0, limit)
  }

  async forget(userId: string): Promise<void> {
    this.#record.excludedUsers.delete(userId)
    for (const entry of this.#record.auditLog) if (entry.subject === `user ${userId}`) entry.subject = null
  }

  #known(userIds: readonly string[]): string[] {
    return userIds.filter((userId) => this.#record.excludedUsers.has(userId))
  }

  #moving(userIds: readonly string[], action: 'exclude' | 'restore'): MemoryRating[] {
    const users = new Set(userIds)
    return [...this.#record.ratings.values()].filter((rating) => {
      if (!users.has(rating.userId)) return false
      const counts = countedScore(rating) !== null
      return action === 'exclude' ? counts : !counts && !coveredByActive(this.#record, rating)
    })
  }
}

function postsOf(ratings: readonly MemoryRating[]): number[] {
  return ratings.map(({ postId }) => postId)
}
