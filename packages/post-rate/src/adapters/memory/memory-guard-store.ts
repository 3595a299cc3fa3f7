import type { PostStats } from '../../domain/post-stats.ts'
import type { GuardStore } from '../../ports/guard-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** The guarded posts of a {@link MemoryRecord}. */
export class MemoryGuardStore implements GuardStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async armed(limit: number): Promise<PostStats[]> {
    return this.#armed()
      .sort((a, b) => gapOf(b) - gapOf(a) || a.postId - b.postId)
      .slice(0, limit)
  }

  async count(): Promise<number> {
    return this.#armed().length
  }

  async release(postId: number): Promise<boolean> {
    if (!this.#record.stateOf(postId)?.displayed.guard?.armed) return false
    this.#record.addEvent({ kind: 'released', postId, at: this.#record.clock.now() })
    return true
  }

  #armed(): PostStats[] {
    return this.#record.allStates().filter(({ stepAt, displayed }) => stepAt !== null && displayed.guard?.armed)
  }
}

function gapOf({ displayed }: PostStats): number {
  return Math.abs(displayed.guard?.gap ?? 0)
}
