import { type Histogram, sameHistogram } from '../../domain/histogram.ts'
import {
  displayIsStale,
  type FoldContext,
  newPostStats,
  type PostStats,
  type StatsChange,
} from '../../domain/post-stats.ts'
import type { AuditedRange, AuditStore, CountsDrift } from '../../ports/audit-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** Compares and repairs the states of a {@link MemoryRecord}. */
export class MemoryAuditStore implements AuditStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async compare(after: number, limit: number): Promise<AuditedRange> {
    const part = this.#record
      .allStates()
      .filter(({ postId }) => postId > after)
      .slice(0, limit)
    const last = part.length < limit ? null : (part.at(-1)?.postId ?? null)
    const rated = [...this.#record.ratings.values(), ...this.#record.outbox].map(({ postId }) => postId)
    const ids = new Set([...part.map(({ postId }) => postId), ...rated])
    const inRange = [...ids].filter((id) => id > after && (last === null || id <= last)).sort((a, b) => a - b)
    return { drift: this.#drift(inRange), checked: part.filter(({ deleted }) => !deleted).length, last }
  }

  async compareOnly(ids: readonly number[]): Promise<AuditedRange> {
    return { drift: this.#drift(ids), checked: ids.length, last: null }
  }

  async repair(
    postId: number,
    repair: (stats: PostStats, counts: Histogram, now: number, context: FoldContext) => StatsChange[],
  ): Promise<PostStats | null> {
    const { settings, versionFloor } = this.#record.deployment
    const now = this.#record.clock.now()
    const stats = this.#record.stateOf(postId) ?? newPostStats(postId, now)
    this.#record.writeState(stats)
    const expected = this.#record.expectedCounts(postId)
    if (sameHistogram(stats.counts, expected) && !displayIsStale(stats, settings)) return null
    const watermark = this.#record.watermark() ?? Number.NEGATIVE_INFINITY
    const repaired = repair(stats, expected, now, { settings, versionFloor, watermark }).at(-1)?.stats ?? stats
    this.#record.writeState(repaired)
    return repaired
  }

  async estimate(): Promise<number> {
    return this.#record.states.size
  }

  #drift(ids: readonly number[]): CountsDrift[] {
    return ids.flatMap((postId) => {
      const expected = this.#record.expectedCounts(postId)
      const found = this.#record.stateOf(postId) ?? null
      const same =
        found === null
          ? expected.every((n) => n === 0)
          : sameHistogram(found.counts, expected) && !displayIsStale(found, this.#record.deployment.settings)
      return same ? [] : [{ postId, expected, found }]
    })
  }
}
