import type { Bench } from './bench.ts'
import type { Spread } from './statistics.ts'

/** A row of the table: what is measured, how, and what it must reach. */
export interface Row {
  /** P1, P2… */
  id: string
  title: string
  run(bench: Bench): Promise<Finding[]>
}

/** One line of the table. */
export interface Finding {
  /** The row's id, with a letter where it has several lines. */
  id: string
  title: string
  /** What it is held against; null for a figure that stands by itself. */
  peer: string | null
  /** The judged figure: a ratio to the peer, or a figure by itself. */
  result: Spread
  /** Unit of `result`: `×` for a ratio. */
  unit: '×' | 'ms' | '%' | 'MB'
  bound: { atLeast: number } | { atMost: number } | null
  /** What was measured on both sides, as people read it: `31,200/s against 12,100/s`. */
  measured: string
  /** Ratios to the same peer of what a host would write by hand instead. */
  alternatives?: { counters?: Spread; aggregates?: Spread }
}

export function reaches({ result, bound }: Finding): boolean {
  if (bound === null) return true
  return 'atLeast' in bound ? result.median >= bound.atLeast : result.median <= bound.atMost
}
