import type { GuardState } from './display-policy.ts'
import type { Arrivals } from './guard-arrivals.ts'
import type { Bounds } from './guard-margin.ts'

/**
 * The memory of the guard, by name: numbers that JSON and SQL read as they are. Of the arrivals all are there or none; the bounds
 * while the guard is armed, and some time afterwards. Times are milliseconds since the epoch.
 */
export interface Memory extends Partial<Arrivals>, Partial<Bounds> {
  /** Since when the true average has been within the bounds. */
  inside?: number
  /** What was shown when the guard was armed: the post is ranked by it. */
  rankedCount?: number
  rankedAverage?: number
  /** Since when ratings rush in to a post that had no average before. */
  early?: number
  /** 1: an administrator released the average, until arrivals are normal again. */
  released?: 1
}

/** Empty where nothing is remembered; what another guard remembered, under other names, counts for nothing. */
export function memoryOf(guard: GuardState | null): Memory {
  return (guard?.memory ?? {}) as Memory
}

export function arrivalsOf(memory: Memory): Arrivals | null {
  const { rate, level, dayRate, dayLevel, at, learned, average, count, dayAverage, dayCount } = memory
  if (rate === undefined || level === undefined || dayRate === undefined || dayLevel === undefined) return null
  if (at === undefined || learned === undefined || average === undefined || count === undefined) return null
  if (dayAverage === undefined || dayCount === undefined) return null
  return { rate, level, dayRate, dayLevel, at, learned, average, count, dayAverage, dayCount }
}

export function boundsOf({ low, high, from }: Memory): Bounds | null {
  return low === undefined || high === undefined || from === undefined ? null : { low, high, from }
}

/** A state to keep: names in one order, so that equal states are equal texts. */
export function guardState(
  state: Pick<GuardState, 'armed' | 'gap' | 'since'>,
  arrivals: Arrivals,
  bounds: Bounds | null,
  more: { [name in Exclude<keyof Memory, keyof Arrivals | keyof Bounds>]?: Memory[name] | undefined },
): GuardState {
  const { rate, level, dayRate, dayLevel, at, learned, average, count, dayAverage, dayCount } = arrivals
  const memory: Memory = { rate, level, dayRate, dayLevel, at, learned, average, count, dayAverage, dayCount }
  if (bounds !== null) {
    memory.low = bounds.low
    memory.high = bounds.high
    memory.from = bounds.from
  }
  if (more.inside !== undefined) memory.inside = more.inside
  if (more.rankedCount !== undefined) memory.rankedCount = more.rankedCount
  if (more.rankedAverage !== undefined) memory.rankedAverage = more.rankedAverage
  if (more.early !== undefined) memory.early = more.early
  if (more.released !== undefined) memory.released = more.released
  const { armed, gap, since } = state
  return { armed, gap, since, memory: memory as GuardState['memory'] }
}

const times = ['at', 'from', 'inside', 'early'] as const

/** The same state without times after `latest`, which a clock that was ahead has noted. */
export function notAfter(guard: GuardState, latest: number): GuardState {
  const memory = { ...guard.memory }
  for (const name of times) if ((memory[name] ?? latest) > latest) memory[name] = latest
  return { ...guard, since: Math.min(guard.since, latest), memory }
}
