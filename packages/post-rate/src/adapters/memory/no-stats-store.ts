import type { PostStats } from '../../domain/post-stats.ts'
import type { ApplyOutcome, StatsRead, StatsStore, StoreMark } from '../../ports/stats-store.ts'

/** Where no store is configured: it keeps nothing, so readers go to the record, and nothing is ever missing from it. */
export class NoStatsStore implements StatsStore {
  readonly keeps = false

  async read(): Promise<StatsRead> {
    return { states: new Map(), watermark: null, source: null }
  }

  async apply(states: readonly PostStats[]): Promise<ApplyOutcome[]> {
    return states.map(() => 'same')
  }

  async *ids(): AsyncIterable<number[]> {}

  async remove(): Promise<void> {}

  async mark(): Promise<StoreMark> {
    return { identity: null, watermark: null, source: null }
  }
}
