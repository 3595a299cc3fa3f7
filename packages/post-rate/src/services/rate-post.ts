import { checkPostId, checkUserId } from '../domain/ids.ts'
import { checkRating, type Rating, type RatingReceipt } from '../domain/rating.ts'
import { postNotFound } from '../errors.ts'
import type { PostStore } from '../ports/post-store.ts'
import type { EraseOptions, RateOutcome, RatingKey, RatingStore, WithdrawOutcome } from '../ports/rating-store.ts'
import { Batcher } from './batcher.ts'
import type { CounterSet } from './counters.ts'
import { untilFree } from './until-free.ts'

/** A rating, or a withdrawal where there is no score. */
type Change = Rating | (RatingKey & { score?: undefined })
type Outcome = RateOutcome | WithdrawOutcome | Error

/**
 * Longer than any lock that a batch holds, and short enough for a client: after that the answer is `OVERLOADED`. A row is tried again
 * every few milliseconds, and what is blocked forever costs a hundred short statements a second.
 */
const maxWaitMs = 8_000
const retryPauseMs = 10
/** Changes that may wait for rows that somebody else has locked. */
const blockedAtMost = 1_000

/** Takes ratings and withdrawals from users: validates, batches, stores; wakes the relay of this process. */
export class RatePost {
  readonly #store: RatingStore
  readonly #posts: PostStore
  readonly #counters: CounterSet
  readonly #changed: () => void
  readonly #batcher: Batcher<Change, Outcome>

  constructor(store: RatingStore, posts: PostStore, counters: CounterSet, changed: () => void, queueLimit: number) {
    this.#store = store
    this.#posts = posts
    this.#counters = counters
    this.#changed = changed
    this.#batcher = new Batcher({
      run: (changes) => this.#write(changes),
      maxBatch: 256,
      limit: queueLimit,
      // Measured, 64 callers rate 30,000 times a second; 24,000 with one lane, 28,500 with three, 25,600 with four, and 25,000 where
      // the first free lane takes all that waits.
      lanes: 2,
      spreadFrom: 32,
      // Of one user's flood a batch takes a few, so that it hardly grows, and the queue keeps room for the others.
      fairness: { ownerOf: (rating) => rating.userId, perBatch: 8, limit: Math.ceil(queueLimit / 2) },
      maxWaitMs,
      keyOf: (rating) => `${rating.postId} ${rating.userId}`,
      blocking: {
        isBlocked: (outcome) => outcome === 'locked',
        causeOf: (rating) => String(rating.postId),
        limit: Math.min(blockedAtMost, queueLimit),
        pauseMs: retryPauseMs,
      },
    })
  }

  async rate(input: {
    postId: unknown
    userId: unknown
    score: unknown
    established?: unknown
  }): Promise<RatingReceipt> {
    const rating = checkRating(input ?? {})
    await this.#checkVisible(rating.postId, rating.userId)
    const receipt = (await this.#batcher.add(rating)) as Exclude<RateOutcome, 'locked'>
    if (receipt instanceof Error) throw receipt
    if (receipt === undefined) throw postNotFound(rating.postId)
    if (receipt.changed) {
      this.#counters.rated++
      this.#changed()
    }
    return receipt
  }

  async withdraw(input: { postId: unknown; userId: unknown }): Promise<void> {
    const postId = checkPostId(input?.postId)
    const userId = checkUserId(input?.userId)
    await this.#checkVisible(postId, userId)
    const known = (await this.#batcher.add({ postId, userId })) as Exclude<WithdrawOutcome, 'locked'>
    if (known instanceof Error) throw known
    if (!known) throw postNotFound(postId)
    this.#counters.withdrawn++
    this.#changed()
  }

  /** Withdraws everything a user rated. */
  async erase(userId: unknown, { dryRun = false, onProgress, signal }: EraseOptions): Promise<number> {
    const user = checkUserId(userId)
    // An attempt that met a locked rating withdrew all the others.
    let before = 0
    let erased = 0
    const attempt = () => {
      before += erased
      erased = 0
      return this.#store.erase(user, {
        dryRun,
        onProgress: (progress) => {
          if (!dryRun) this.#changed()
          erased = progress.erased
          onProgress?.({ ...progress, erased: before + erased })
        },
        ...(signal ? { signal } : {}),
      })
    }
    return untilFree(attempt).then((last) => before + last)
  }

  /** Takes nothing more; resolves when what was taken has been answered. */
  close(): Promise<void> {
    return this.#batcher.close()
  }

  /** No two changes of a batch are about the same rating, so their order does not matter. */
  async #write(changes: readonly Change[]): Promise<Outcome[]> {
    const isRating = (change: Change): change is Rating => change.score !== undefined
    const ratings = changes.filter(isRating)
    if (ratings.length === changes.length) return this.#store.rate(ratings)
    const withdrawals = changes.filter((change) => !isRating(change))
    // One statement that fails is not the fault of those in the other.
    const rated = ratings.length > 0 ? await this.#store.rate(ratings).catch(everyOne(ratings)) : []
    const withdrawn = await this.#store.withdraw(withdrawals).catch(everyOne(withdrawals))
    return changes.map((change) => (isRating(change) ? rated : withdrawn).shift())
  }

  async #checkVisible(postId: number, userId: string): Promise<void> {
    const visible = await this.#posts.visible([postId], userId)
    if (!visible.includes(postId)) throw postNotFound(postId)
  }
}

/** The same error as the outcome of each. */
function everyOne(changes: readonly Change[]): (error: unknown) => Error[] {
  return (error) => changes.map(() => error as Error)
}
