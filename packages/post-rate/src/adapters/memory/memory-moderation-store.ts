import { emptyHistogram, moveRating } from '../../domain/histogram.ts'
import { type Standing, standingOf } from '../../domain/rating.ts'
import type {
  Exclusion,
  ModerationNote,
  ModerationOptions,
  ModerationOutcome,
  ModerationPlan,
  ModerationStore,
  Period,
} from '../../ports/moderation-store.ts'
import { countedScore, type MemoryRating, type MemoryRecord } from './memory-record.ts'

/** Moderation of a {@link MemoryRecord}. */
export class MemoryModerationStore implements ModerationStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async plan(period: Period, action: 'exclude' | 'restore'): Promise<ModerationPlan | null> {
    const ratings = this.#ratings(period.postId)
    if (ratings.length === 0 && !this.#record.stateOf(period.postId)) return null
    const others = this.#active(period.postId).filter((exclusion) => !isOf(exclusion, period))
    const until = Math.min(period.to, this.#record.clock.now())
    const moving = ratings.filter((rating) => {
      if (rating.ratedAt < period.from || rating.ratedAt >= until || !isOfStanding(rating, period.standing))
        return false
      const counts = countedScore(rating) !== null
      return action === 'exclude' ? counts : !counts && !this.#isHeld(rating, others)
    })
    return {
      counted: ratings.reduce((counts, rating) => moveRating(counts, null, countedScore(rating)), emptyHistogram),
      moving: moving.reduce((counts, { score }) => moveRating(counts, null, score), emptyHistogram),
    }
  }

  async exclude(
    period: Period,
    { by, reason }: ModerationNote,
    { onProgress, signal }: ModerationOptions = {},
  ): Promise<ModerationOutcome | null> {
    signal?.throwIfAborted()
    const { postId, from, to, standing = null } = period
    const within = (rating: MemoryRating) =>
      rating.ratedAt >= from && rating.ratedAt < to && isOfStanding(rating, standing)
    if (!this.#ratings(postId).some(within)) return null
    const { exclusions, clock } = this.#record
    let exclusion = this.#active(postId).find((active) => active.releaseAt === null && isOf(active, period))
    if (exclusion === undefined) {
      const [start, end, at] = [from, to, clock.now()].map((time) => new Date(time).toISOString()) as [
        string,
        string,
        string,
      ]
      const ended = { releaseAt: null, restoredAt: null, restoredBy: null, restoreReason: null, restored: 0 }
      const id = exclusions.length + 1
      exclusion = { id, postId, from: start, to: end, standing, reason, by, at, excluded: 0, ...ended }
      exclusions.push(exclusion)
    }
    let moved = 0
    for (const rating of this.#ratings(postId)) {
      if (countedScore(rating) === null || !covers(exclusion, rating)) continue
      this.#record.writeRating({ ...rating, excludedRatedAt: rating.ratedAt })
      moved++
    }
    exclusion.excluded += moved
    onProgress?.(moved)
    return { exclusion: { ...exclusion }, moved }
  }

  async restore(
    period: Period,
    { by, reason }: ModerationNote,
    { onProgress, signal }: ModerationOptions = {},
  ): Promise<ModerationOutcome | null> {
    signal?.throwIfAborted()
    const exclusion = this.#record.exclusions.findLast((one) => isOf(one, period))
    if (exclusion === undefined) return null
    if (exclusion.restoredAt === null) {
      const restoredAt = new Date(this.#record.clock.now()).toISOString()
      Object.assign(exclusion, { restoredAt, restoredBy: by, restoreReason: reason })
    }
    const others = this.#active(period.postId)
    let moved = 0
    for (const rating of this.#ratings(period.postId)) {
      if (countedScore(rating) !== null || !covers(exclusion, rating)) continue
      if (this.#isHeld(rating, others)) continue
      this.#record.writeRating({ ...rating, excludedRatedAt: null })
      moved++
    }
    exclusion.restored += moved
    onProgress?.(moved)
    return { exclusion: { ...exclusion }, moved }
  }

  async list(postId: number | null): Promise<Exclusion[]> {
    const found = this.#record.exclusions.filter((exclusion) => postId === null || exclusion.postId === postId)
    return found.map((exclusion) => ({ ...exclusion, excluded: this.#excludedBy(exclusion) })).reverse()
  }

  /** What a quarantine holds is not counted one by one. */
  #excludedBy(exclusion: Exclusion): number {
    if (exclusion.releaseAt === null || exclusion.restoredAt !== null) return exclusion.excluded
    const ratings = this.#ratings(exclusion.postId)
    return ratings.filter((rating) => countedScore(rating) === null && covers(exclusion, rating)).length
  }

  #ratings(postId: number): MemoryRating[] {
    return [...this.#record.ratings.values()].filter((rating) => rating.postId === postId)
  }

  #active(postId: number): Exclusion[] {
    return activeOf(this.#record, postId)
  }

  /** Something else keeps it from counting. */
  #isHeld(rating: MemoryRating, others: readonly Exclusion[]): boolean {
    return this.#record.excludedUsers.has(rating.userId) || others.some((other) => covers(other, rating))
  }
}

/** Whether an active exclusion of a period covers a rating. */
export function coveredByActive(record: MemoryRecord, rating: MemoryRating): boolean {
  return activeOf(record, rating.postId).some((exclusion) => covers(exclusion, rating))
}

function activeOf(record: MemoryRecord, postId: number): Exclusion[] {
  return record.exclusions.filter((exclusion) => exclusion.postId === postId && exclusion.restoredAt === null)
}

function isOf({ postId, from, to, standing }: Exclusion, period: Period): boolean {
  const same = postId === period.postId && standing === (period.standing ?? null)
  return same && Date.parse(from) === period.from && Date.parse(to) === period.to
}

function isOfStanding({ established }: MemoryRating, wanted: Standing | null | undefined): boolean {
  return wanted === null || wanted === undefined || standingOf(established) === wanted
}

/** Only what had been rated when the exclusion was made, unless it is a quarantine. */
export function covers({ from, to, at, standing, releaseAt }: Exclusion, rating: MemoryRating): boolean {
  const { ratedAt } = rating
  const end = releaseAt === null ? Math.min(Date.parse(to), Date.parse(at)) : Date.parse(to)
  return ratedAt >= Date.parse(from) && ratedAt < end && isOfStanding(rating, standing)
}
