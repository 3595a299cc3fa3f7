import { randomUUID } from 'node:crypto'
import type { PostStats } from '../../domain/post-stats.ts'
import type { ApplyOutcome, MarkToSet, ReadOptions, StatsRead, StatsStore, StoreMark } from '../../ports/stats-store.ts'
import { encodeHash } from '../redis/stats-hash.ts'

const noMark: StoreMark = { identity: null, watermark: null, source: null }

/** The store of copies in this process's memory. It behaves as the one in Redis does, for tests and for a single process. */
export class MemoryStatsStore implements StatsStore {
  readonly keeps = true
  readonly #states = new Map<number, PostStats>()
  #mark: StoreMark = noMark
  #hold = { source: '', until: 0 }

  async read(ids: readonly number[], { known = [], onlyKnown = false }: ReadOptions = {}): Promise<StatsRead> {
    const states = new Map<number, PostStats>()
    const wanted = onlyKnown ? known.filter((stats) => this.#hasEqual(stats)).map(({ postId }) => postId) : ids
    for (const id of wanted) {
      const stats = this.#states.get(id)
      if (stats !== undefined) states.set(id, stats)
    }
    return { states, watermark: this.#mark.watermark, source: this.#mark.source }
  }

  async apply(
    states: readonly PostStats[],
    { trusted, ceiling }: { trusted: boolean; ceiling: number },
  ): Promise<ApplyOutcome[]> {
    return states.map((stats) => this.#gate(stats, trusted, ceiling))
  }

  /** What it holds of a post at this moment. */
  peek(id: number): PostStats | undefined {
    return this.#states.get(id)
  }

  async *ids(): AsyncIterable<number[]> {
    if (this.#states.size > 0) yield [...this.#states.keys()]
  }

  async remove(ids: readonly number[]): Promise<void> {
    for (const id of ids) this.#states.delete(id)
  }

  async mark(set?: MarkToSet): Promise<StoreMark> {
    if (set?.holdMs !== undefined) {
      const now = performance.now()
      const { source, until } = this.#hold
      if (source !== set.source && now < until) return { ...this.#mark, holder: source }
      this.#hold = { source: set.source, until: now + set.holdMs }
      if (this.#mark.source === null) this.#mark = { ...this.#mark, source: set.source }
      else if (this.#mark.source !== set.source)
        this.#mark = { ...this.#mark, source: `taken by ${set.source}`, watermark: null }
    }
    if (set?.watermark !== undefined) {
      const { source, watermark } = set
      this.#mark = { identity: this.#mark.identity ?? randomUUID(), watermark, source }
    }
    return set?.holdMs === undefined ? this.#mark : { ...this.#mark, holder: set.source }
  }

  /** Loses everything, as a restarted server without persistence does. */
  clear(): void {
    this.#states.clear()
    this.#mark = noMark
    this.#hold = { source: '', until: 0 }
  }

  #hasEqual(stats: PostStats): boolean {
    const stored = this.#states.get(stats.postId)
    return stored !== undefined && !stats.deleted && stats.version === stored.version && sameStats(stats, stored)
  }

  #gate(stats: PostStats, trusted: boolean, ceiling: number): ApplyOutcome {
    if (!trusted && stats.version >= ceiling) return 'unknown'
    const stored = this.#states.get(stats.postId)
    if (stored !== undefined && stored.version < ceiling) {
      if (stats.version < stored.version) return 'stale'
      if (stats.version === stored.version) return sameStats(stats, stored) ? 'same' : 'conflict'
    } else if (!trusted) {
      return 'unknown'
    }
    this.#states.set(stats.postId, stats)
    return 'written'
  }
}

function sameStats(a: PostStats, b: PostStats): boolean {
  return a.deleted === b.deleted && encodeHash(a).join() === encodeHash(b).join()
}
