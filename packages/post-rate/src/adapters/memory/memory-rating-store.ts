import { lastGivenId } from '../../domain/ids.ts'
import type { DatedRating, Rating } from '../../domain/rating.ts'
import type {
  EraseOptions,
  ExportOptions,
  ImportOutcome,
  RateOutcome,
  RatingKey,
  RatingStore,
} from '../../ports/rating-store.ts'
import { countedScore, type MemoryRecord } from './memory-record.ts'

/** Ratings in a {@link MemoryRecord}. */
export class MemoryRatingStore implements RatingStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async rate(ratings: readonly Rating[]): Promise<RateOutcome[]> {
    return ratings.map((rating) => this.#rate(rating))
  }

  async withdraw(ratings: readonly RatingKey[]): Promise<boolean[]> {
    return ratings.map(({ postId, userId }) => {
      this.#record.withdraw(postId, userId)
      return this.#record.knows(postId)
    })
  }

  async erase(userId: string, { dryRun = false, onProgress, signal }: EraseOptions = {}): Promise<number> {
    signal?.throwIfAborted()
    const ofUser = (rating: { userId: string }) => rating.userId === userId
    const erased = dryRun
      ? [...this.#record.ratings.values()].filter(ofUser).length
      : this.#record.removeRatings(ofUser)
    onProgress?.({ posts: this.#record.posts.size, erased })
    return erased
  }

  async import(ratings: readonly DatedRating[], { createPosts }: { createPosts: boolean }): Promise<ImportOutcome> {
    const outcome: ImportOutcome = { changed: 0, unchanged: 0, unknownPosts: [], postsCreated: 0 }
    for (const [n, rating] of ratings.entries()) {
      const { postId, userId, ratedAt } = rating
      if (createPosts && postId <= lastGivenId && !this.#record.knows(postId)) {
        const text = { title: `Post ${postId}`, content: 'Imported with its ratings.', createdBy: 'import' }
        this.#record.addPost(text, postId)
        outcome.postsCreated++
      }
      const old = this.#record.ratingOf(postId, userId)
      if (!this.#record.knows(postId)) outcome.unknownPosts.push(n)
      else if (old !== undefined && old.ratedAt >= ratedAt) outcome.unchanged++
      else {
        this.#record.writeRating({ ...rating, excludedRatedAt: rating.excluded ? ratedAt : null })
        outcome.changed++
      }
    }
    return outcome
  }

  async *export({ countedOnly = false }: ExportOptions = {}): AsyncIterable<DatedRating> {
    const sorted = [...this.#record.ratings.values()].sort(
      (a, b) => a.postId - b.postId || (a.userId < b.userId ? -1 : 1),
    )
    for (const rating of sorted) {
      const { postId, userId, score, ratedAt, established = null } = rating
      const excluded = countedScore(rating) === null
      if (!(excluded && countedOnly)) yield { postId, userId, score, ratedAt, excluded, established }
    }
  }

  #rate(rating: Rating): RateOutcome {
    const { postId, userId, score, established } = rating
    if (!this.#record.knows(postId)) return undefined
    const old = this.#record.ratingOf(postId, userId)
    const changed = old?.score !== score
    const ratedAt = changed ? Math.max(this.#record.clock.now(), old?.ratedAt ?? 0) : old.ratedAt
    if (changed) this.#record.writeRating({ postId, userId, score, ratedAt, established: established ?? null })
    return {
      postId,
      userId,
      score,
      previousScore: old?.score ?? null,
      changed,
      ratedAt: new Date(ratedAt).toISOString(),
    }
  }
}
