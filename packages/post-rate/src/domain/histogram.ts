/** How many ratings each score from 0 to 5 has. */
export type Histogram = readonly [number, number, number, number, number, number]

export const emptyHistogram: Histogram = [0, 0, 0, 0, 0, 0]

export function countOf(histogram: Histogram): number {
  return histogram[0] + histogram[1] + histogram[2] + histogram[3] + histogram[4] + histogram[5]
}

export function sumOf(histogram: Histogram): number {
  return histogram[1] + 2 * histogram[2] + 3 * histogram[3] + 4 * histogram[4] + 5 * histogram[5]
}

/** The mean score with at most 4 decimals, the precision in which averages leave the library; null at count 0. */
export function averageOf(histogram: Histogram): number | null {
  const count = countOf(histogram)
  return count === 0 ? null : roundAverage(sumOf(histogram) / count)
}

export function roundAverage(average: number): number {
  return Math.round(average * 10_000) / 10_000
}

export function sameHistogram(a: Histogram, b: Histogram): boolean {
  return a.every((value, score) => value === b[score])
}

/**
 * Moves one rating: out of `from` (null: it was not there), into `to` (null: it is withdrawn). What was never counted,
 * because it came in past the triggers, cannot be taken out: a rebuild counts it.
 */
export function moveRating(histogram: Histogram, from: number | null, to: number | null): Histogram {
  const next = [...histogram] as [number, number, number, number, number, number]
  if (from !== null && next[from as 0] > 0) next[from as 0]--
  if (to !== null) next[to as 0]++
  return next
}

/** Six non-negative safe integers. */
export function isHistogram(value: unknown): value is Histogram {
  return Array.isArray(value) && value.length === 6 && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}
