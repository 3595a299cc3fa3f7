import { type PostStats, raiseVersion } from '../../domain/post-stats.ts'
import type { StateStore } from '../../ports/state-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** The states of a {@link MemoryRecord}. */
export class MemoryStateStore implements StateStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async range(after: number, limit: number): Promise<PostStats[]> {
    return this.#record
      .allStates()
      .filter(({ postId }) => postId > after)
      .slice(0, limit)
  }

  async changedWithin(seconds: number): Promise<{ pages: AsyncIterable<PostStats[]>; watermark: number | null }> {
    const since = this.#record.clock.now() - seconds * 1000
    return { pages: this.#changedAfter(since), watermark: this.#record.watermark() }
  }

  async *#changedAfter(since: number): AsyncIterable<PostStats[]> {
    const changed = [...this.#record.states.values()].filter(({ changedAt }) => changedAt > since)
    if (changed.length > 0) yield changed.map(({ stats }) => stats)
  }

  async raise(ids: readonly number[], above = 0): Promise<PostStats[]> {
    return [...new Set(ids)].flatMap((id) => {
      const stats = this.#record.stateOf(id)
      if (stats === undefined) return []
      const raised = raiseVersion(stats, Math.max(above, this.#record.deployment.versionFloor))
      this.#record.writeState(raised)
      return [raised]
    })
  }

  async moved(): Promise<boolean> {
    return this.#record.physical.now !== this.#record.physical.known
  }

  async raiseFloor(floor: number): Promise<void> {
    const { deployment, physical } = this.#record
    this.#record.deployment = { ...deployment, versionFloor: Math.max(deployment.versionFloor, floor) }
    physical.known = physical.now
  }
}
