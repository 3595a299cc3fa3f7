import type { PostStats } from '../domain/post-stats.ts'
import type { Logger } from '../ports/logger.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import { sameState } from './compare-copies.ts'
import type { CounterSet } from './counters.ts'
import { corruptionCeiling, type Deployment, floorAbove } from './deployment.ts'
import { HoldStore } from './hold-store.ts'

/** Makes the stats store's copies equal to the record. It copies and never computes; safe from several processes at once. */
export class HealCopies {
  readonly #states: StateStore
  readonly #store: StatsStore
  readonly #record: RecordReader
  readonly #deployment: Deployment
  readonly #counters: CounterSet
  readonly #logger: Logger
  readonly #hold: HoldStore

  constructor(
    states: StateStore,
    store: StatsStore,
    record: RecordReader,
    deployment: Deployment,
    counters: CounterSet,
    logger: Logger,
  ) {
    this.#states = states
    this.#store = store
    this.#record = record
    this.#deployment = deployment
    this.#counters = counters
    this.#logger = logger
    this.#hold = new HoldStore(store, deployment)
  }

  /** Brings the store's copies of these states up to date; resolves to how many had to be changed. */
  async heal(states: readonly PostStats[]): Promise<number> {
    const rated = states.filter((stats) => stats.version > 0)
    if (rated.length === 0) return 0
    await this.#hold.hold()
    // Tombstones only replace what is there: an expired one must not come back.
    const alive = rated.filter((stats) => !stats.deleted)
    const buried = await this.#withCopy(rated.filter((stats) => stats.deleted))
    const ceiling = corruptionCeiling(await this.#deployment.get())
    const wanted = [...alive, ...buried]
    const outcomes = await this.#store.apply(wanted, { trusted: true, ceiling })
    const differing = wanted.filter((_, n) => outcomes[n] === 'conflict' || outcomes[n] === 'stale')
    const healed = outcomes.filter((outcome) => outcome === 'written').length + (await this.#overrule(differing))
    this.#counters.reconciled += healed
    return healed
  }

  async #withCopy(states: readonly PostStats[]): Promise<PostStats[]> {
    if (states.length === 0) return []
    const copies = await this.#store.read(
      states.map((stats) => stats.postId),
      { patient: true },
    )
    return states.filter((stats) => copies.states.has(stats.postId))
  }

  /**
   * Those of the store's posts that the record does not know, that nobody has rated, or that were deleted and whose
   * tombstone is damaged: there is no copy that would have to be healed.
   */
  async unknown(ids: readonly number[]): Promise<number[]> {
    const unrated = await this.#record.unrated(ids)
    if (unrated.length === 0) return []
    const rated = (await this.#record.read([], unrated)).states.filter((stats) => stats.version > 0)
    const buried = await this.#withCopy(rated.filter((stats) => stats.deleted))
    const known = new Set([...rated.filter((stats) => !stats.deleted), ...buried].map((stats) => stats.postId))
    return unrated.filter((id) => !known.has(id))
  }

  async removeUnknown(ids: readonly number[]): Promise<number[]> {
    await this.#hold.hold()
    const unknown = await this.unknown(ids)
    if (unknown.length > 0) await this.#store.remove(unknown)
    return unknown
  }

  /**
   * Copies that are not older and yet different. The record commits before anything is copied, so a copy that is ahead
   * of a record read after it tells that the record went back: the floor rises above it. In both cases the record's
   * state gets a new version, which replaces the copy.
   */
  async #overrule(differing: readonly PostStats[]): Promise<number> {
    if (differing.length === 0) return 0
    const ids = differing.map((stats) => stats.postId)
    const copies = (await this.#store.read(ids, { patient: true })).states
    const { states: current } = await this.#record.read([], ids)
    const wrong = current.filter((stats) => {
      const copy = copies.get(stats.postId)
      return copy !== undefined && copy.version >= stats.version && !sameState(copy, stats)
    })
    if (wrong.length === 0) return 0
    const highest = wrong.reduce((most, { postId }) => Math.max(most, copies.get(postId)?.version ?? 0), 0)
    const ahead = wrong.some((stats) => (copies.get(stats.postId)?.version ?? 0) > stats.version)
    if (ahead) {
      this.#logger.warn('the stats store is ahead of the database: raising the version floor', { highest })
      await this.#states.raiseFloor(floorAbove(highest))
      this.#deployment.forget()
    }
    const raised = await this.#states.raise(
      wrong.map((stats) => stats.postId),
      ahead ? highest : 0,
    )
    const ceiling = corruptionCeiling(await this.#deployment.get())
    await this.#store.apply(raised, { trusted: true, ceiling })
    return raised.length
  }
}
