import { emptyHistogram, moveRating } from '../../domain/histogram.ts'
import { bucketStart, type HistoryBucket, type Span } from '../../domain/rating-history.ts'
import type { HistoryReader, HistoryWanted } from '../../ports/history-reader.ts'
import { countedScore, type MemoryRecord } from './memory-record.ts'

/** Ratings over time of a {@link MemoryRecord}. */
export class MemoryHistoryReader implements HistoryReader {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async buckets({ postId, unit, asOf, counted, excluded }: HistoryWanted): Promise<HistoryBucket[]> {
    const found = new Map<number, HistoryBucket>()
    for (const rating of this.#record.ratings.values()) {
      const { score, ratedAt } = rating
      if (rating.postId !== postId || ratedAt > asOf) continue
      const out = countedScore(rating) === null ? !isWithin(counted, ratedAt) : isWithin(excluded, ratedAt)
      const start = bucketStart(ratedAt, unit)
      const bucket = found.get(start) ?? { start, counts: emptyHistogram, excluded: emptyHistogram }
      const which = out ? 'excluded' : 'counts'
      found.set(start, { ...bucket, [which]: moveRating(bucket[which], null, score) })
    }
    return [...found.values()].sort((a, b) => a.start - b.start)
  }
}

function isWithin(spans: readonly Span[], time: number): boolean {
  return spans.some(({ from, to }) => time >= from && time < to)
}
