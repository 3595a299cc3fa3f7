import { emptyHistogram, type Histogram, moveRating } from '../../domain/histogram.ts'
import type { Period } from '../../domain/recent-figure.ts'
import type {
  Arrivals,
  ArrivalsWanted,
  LatestRating,
  OwnScoresWanted,
  RecordRead,
  RecordReader,
} from '../../ports/record-reader.ts'
import { countedScore, type MemoryRecord } from './memory-record.ts'

/** Own scores and states of a {@link MemoryRecord}. */
export class MemoryRecordReader implements RecordReader {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async read(scores: readonly OwnScoresWanted[], states: readonly number[], deployment = false): Promise<RecordRead> {
    const asked = states.length > 0 || deployment
    return {
      scores: scores.map(({ userId, postIds }) => {
        const own = postIds.flatMap((id) => this.#record.ratingOf(id, userId) ?? [])
        return new Map(own.map(({ postId, score }) => [postId, score]))
      }),
      states: [...new Set(states)].flatMap((id) => this.#record.stateOf(id) ?? []),
      watermark: asked ? this.#record.watermark() : null,
      deployment: deployment ? this.#record.deployment : null,
    }
  }

  async unrated(ids: readonly number[]): Promise<number[]> {
    return [...new Set(ids)].filter((id) => {
      const stats = this.#record.stateOf(id)
      return stats === undefined || stats.version === 0 || stats.deleted
    })
  }

  async ratedWithin(periods: readonly Period[]): Promise<Map<number, Histogram>> {
    const found = new Map<number, Histogram>()
    for (const rating of this.#record.ratings.values()) {
      const period = periods.find(({ postId }) => postId === rating.postId)
      const score = countedScore(rating)
      if (period === undefined || score === null || rating.ratedAt < period.from || rating.ratedAt > period.to) continue
      found.set(rating.postId, moveRating(found.get(rating.postId) ?? emptyHistogram, null, score))
    }
    return found
  }

  async arrivals({ postId, from, to, stepMs }: ArrivalsWanted): Promise<Arrivals[]> {
    const found = new Map<number, Histogram>()
    for (const rating of this.#record.ratings.values()) {
      if (rating.postId !== postId || rating.ratedAt < from || rating.ratedAt >= to) continue
      const start = Math.floor(rating.ratedAt / stepMs) * stepMs
      found.set(start, moveRating(found.get(start) ?? emptyHistogram, null, rating.score))
    }
    return [...found].map(([start, counts]) => ({ start, counts })).sort((a, b) => a.start - b.start)
  }

  async latest(postId: number, limit: number, among: number): Promise<LatestRating[] | null> {
    const ratings = [...this.#record.ratings.values()].filter((rating) => rating.postId === postId)
    if (ratings.length > among) return null
    return ratings
      .sort((a, b) => b.ratedAt - a.ratedAt || (a.userId < b.userId ? -1 : 1))
      .slice(0, limit)
      .map(({ excludedRatedAt, established: _, ...rating }) => ({
        ...rating,
        excluded: excludedRatedAt === rating.ratedAt,
      }))
  }
}
