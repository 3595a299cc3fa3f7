import type { PostStats } from '../domain/post-stats.ts'
import type { StatsHandler } from '../ports/event-bus.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { ApplyOutcome, StatsStore } from '../ports/stats-store.ts'
import type { CounterSet } from './counters.ts'
import { copyCeiling, corruptionCeiling, type Deployment } from './deployment.ts'
import { HoldStore } from './hold-store.ts'

const chunkSize = 1_000

/**
 * Brings states from the bus into the stats store. Whatever a message cannot prove by itself (a post the store does not
 * know, a version that is not possible, other figures at the same version) is read again from the record.
 */
export class ProjectStats implements StatsHandler {
  readonly #store: StatsStore
  readonly #record: RecordReader
  readonly #deployment: Deployment
  readonly #counters: CounterSet
  readonly #hold: HoldStore

  constructor(store: StatsStore, record: RecordReader, deployment: Deployment, counters: CounterSet) {
    this.#store = store
    this.#record = record
    this.#deployment = deployment
    this.#counters = counters
    this.#hold = new HoldStore(store, deployment)
  }

  async apply(states: PostStats[], heartbeat: () => Promise<void>): Promise<void> {
    if (!this.#store.keeps) return
    for (let from = 0; from < states.length; from += chunkSize) {
      await this.#applyChunk(states.slice(from, from + chunkSize))
      await heartbeat()
    }
  }

  async #applyChunk(states: PostStats[]): Promise<void> {
    await this.#hold.hold()
    const deployment = await this.#deployment.get()
    const outcomes = await this.#store.apply(states, { trusted: false, ceiling: copyCeiling(deployment) })
    this.#count(outcomes)
    const doubtful = states.filter((_, n) => outcomes[n] === 'unknown' || outcomes[n] === 'conflict')
    if (doubtful.length === 0) return
    const { states: known } = await this.#record.read(
      [],
      doubtful.map((stats) => stats.postId),
    )
    // A tombstone is only worth writing over something.
    const alive = known.filter((stats) => !stats.deleted && stats.version > 0)
    this.#count(await this.#store.apply(alive, { trusted: true, ceiling: corruptionCeiling(deployment) }))
  }

  #count(outcomes: ApplyOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome === 'written') this.#counters.applied++
      else if (outcome === 'stale') this.#counters.stale++
      else if (outcome === 'conflict') this.#counters.conflicts++
    }
  }
}
