/** The median of some runs, with the least and the greatest of them. */
export interface Spread {
  median: number
  least: number
  greatest: number
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('Nothing was measured')
  return { median: quantile(values, 0.5), least: Math.min(...values), greatest: Math.max(...values) }
}

/** By linear interpolation between the closest ranks. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] as number
  const above = sorted[Math.ceil(at)] as number
  return below + (above - below) * (at - Math.floor(at))
}
