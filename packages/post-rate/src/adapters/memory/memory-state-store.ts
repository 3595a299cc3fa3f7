import { type PostStats, raiseVersion } from '../../domain/post-stats.ts'
import type { ChangedStates, StateStore } from '../../ports/state-store.ts'
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

  async changedWithin(seconds: number, seen: string | null = null): Promise<ChangedStates> {
    const { history, changes } = this.#record
    const since = this.#record.clock.now() - seconds * 1000
    const [then, before] = (seen ?? '').split('/')
    const pages = this.#changedAfter(since, then === history ? Number(before) : 0)
    return { pages, watermark: this.#record.watermark(), seen: `${history}/${changes}` }
  }

  async *#changedAfter(since: number, seen: number): AsyncIterable<PostStats[]> {
    const changed = [...this.#record.states.values()].filter(
      ({ changedAt, change, stats }) => changedAt > since && (stats.deleted || change > seen),
    )
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
