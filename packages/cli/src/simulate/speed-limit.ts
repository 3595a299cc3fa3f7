import type { Displayed, Histogram, Live } from 'post-rate'

/**
 * The guard of earlier versions, to compare with: one bucket of 300 s, and while more arrives than is normal the shown average moves
 * by a star in 4.2 hours at most. Windows of 300 s, each stepped.
 */
export function speedLimit(previous: Displayed, live: Live, asOf: number): Displayed {
  const { armed = false, gap = 0, memory = {} } = previous.guard ?? {}
  const { size = 0 } = memory
  const { rate, level, unusual } = pour(previous, live)
  const before = countOf(previous.counts)
  const arms = armed || (unusual && before >= 10)
  const held = armed ? size : before
  const mean = meanOf(live.counts)
  const apart = before === 0 ? 0 : meanOf(previous.counts) + gap - mean
  const limit = (Math.max(1, Math.sqrt(30 / Math.max(1, held))) * 300) / (3_600 * 4.2)
  const far = arms && Math.abs(apart) > limit
  const left = far ? apart - Math.sign(apart) * limit : 0
  const guard = { armed: far || (arms && unusual), gap: left, since: 0, memory: { rate, level, size: held } }
  return { counts: live.counts, average: mean + left, asOf, activity: live.activity, guard }
}

/** The old average stays while that bucket is overfull; then the new one is shown. */
export function hold(previous: Displayed, live: Live, asOf: number): Displayed {
  const { rate, level, unusual } = pour(previous, live)
  const before = countOf(previous.counts)
  const mean = meanOf(live.counts)
  const armed = unusual && before >= 10
  const average = armed ? (previous.average ?? mean) : mean
  const guard = { armed, gap: average - mean, since: 0, memory: { rate, level } }
  return { counts: live.counts, average, asOf, activity: live.activity, guard }
}

function pour({ guard, activity }: Displayed, live: Live): { rate: number; level: number; unusual: boolean } {
  const { rate = 0, level = 0 } = guard?.memory ?? {}
  const filled = level + live.activity - activity
  const leaked = Math.min(filled, rate + 1.5 * Math.sqrt(rate) + 0.5)
  const threshold = Math.max(5, 3 * Math.sqrt(rate))
  const left = Math.min(filled - leaked, 4 * threshold)
  return { rate: rate + (leaked - rate) / 288, level: left, unusual: left > threshold }
}

export function meanOf(counts: Histogram): number {
  return sumOf(counts) / countOf(counts)
}

export function countOf(counts: Histogram): number {
  return counts[0] + counts[1] + counts[2] + counts[3] + counts[4] + counts[5]
}

export function sumOf(counts: Histogram): number {
  return counts[1] + 2 * counts[2] + 3 * counts[3] + 4 * counts[4] + 5 * counts[5]
}
