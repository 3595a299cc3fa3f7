import { emptyHistogram, type Histogram } from './histogram.ts'

/** Length of a bucket. Days begin at midnight UTC. */
export type HistoryUnit = 'day' | 'hour'

export const historyUnits: readonly HistoryUnit[] = ['day', 'hour']

const lengths: Record<HistoryUnit, number> = { day: 86_400_000, hour: 3_600_000 }

/** An answer has so many buckets at most. */
export const mostBuckets = 400

/** A post's standing ratings of one day or hour, each at the time at which it was last changed. */
export interface HistoryBucket {
  /** Milliseconds since the epoch. */
  start: number
  /** Ratings that count, by score. */
  counts: Histogram
  /** Ratings that are kept and do not count, by score. */
  excluded: Histogram
}

/** From inclusive, to exclusive, milliseconds since the epoch. */
export interface Span {
  from: number
  to: number
}

/** Start of the bucket in which `time` lies. */
export function bucketStart(time: number, unit: HistoryUnit): number {
  return Math.floor(time / lengths[unit]) * lengths[unit]
}

/**
 * The newest {@link mostBuckets} of the buckets that have a part in `span`, and what counts before the first of them. Buckets are
 * whole: one in which the span begins or ends is returned with all of its ratings. `buckets` are ordered by their start.
 */
export function selectBuckets(
  buckets: readonly HistoryBucket[],
  unit: HistoryUnit,
  span: Span,
): { before: Histogram; buckets: readonly HistoryBucket[] } {
  const end = lowerBound(buckets, span.to)
  const start = Math.max(lowerBound(buckets, bucketStart(span.from, unit)), end - mostBuckets)
  return { before: sumOfFirst(buckets, start), buckets: start < end ? buckets.slice(start, end) : [] }
}

/** The buckets as they are without excluded ratings; those that have no others are left out. */
export function withoutExcluded(buckets: readonly HistoryBucket[]): HistoryBucket[] {
  return buckets
    .filter(({ counts }) => counts.some((count) => count > 0))
    .map((bucket) => ({ ...bucket, excluded: emptyHistogram }))
}

/** What is left of `spans` without `removed`. */
export function subtractSpans(spans: readonly Span[], removed: readonly Span[]): Span[] {
  return removed.reduce<Span[]>(
    (left, hole) =>
      left.flatMap(({ from, to }) =>
        [
          { from, to: Math.min(to, hole.from) },
          { from: Math.max(from, hole.to), to },
        ].filter((part) => part.from < part.to),
      ),
    [...spans],
  )
}

/** Index of the first bucket that starts at `time` or later. */
function lowerBound(buckets: readonly HistoryBucket[], time: number): number {
  let [low, high] = [0, buckets.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((buckets[middle] as HistoryBucket).start < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Summed in place: a history by hour may have many thousands of buckets. */
function sumOfFirst(buckets: readonly HistoryBucket[], length: number): Histogram {
  const sum: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]
  for (let n = 0; n < length; n++) {
    const { counts } = buckets[n] as HistoryBucket
    for (const score of [0, 1, 2, 3, 4, 5] as const) sum[score] += counts[score]
  }
  return sum
}
