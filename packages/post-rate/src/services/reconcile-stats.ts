import { randomUUID } from 'node:crypto'
import type { PostStats } from '../domain/post-stats.ts'
import type { LeaseStore } from '../ports/lease-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import type { CounterSet } from './counters.ts'
import { corruptionCeiling, type Deployment, floorAbove } from './deployment.ts'
import { Loop } from './loop.ts'

/** How far back a round looks. A fold lasts 5 s at most, so nothing that commits late is overlooked. */
const lookBackSeconds = 7
const roundPauseMs = 1_000
const pageSize = 1_000
/** Pace of the full comparison: 100,000 posts in 25 s, and never more than one comparison in 20 s. */
const pagePauseMs = 250
const comparisonEveryMs = 20_000
const leaseSeconds = 12
const renewEveryMs = 3_000

/**
 * Copies states from the record to the stats store, computing nothing: recent changes every second, everything at leisure,
 * and everything at once when the store has lost its mark or was replaced. It heals whatever the bus or the store lost.
 */
export class ReconcileStats {
  readonly #states: StateStore
  readonly #store: StatsStore
  readonly #record: RecordReader
  readonly #leases: LeaseStore
  readonly #deployment: Deployment
  readonly #counters: CounterSet
  readonly #logger: Logger
  readonly #holder = randomUUID()
  #loops: Loop[] = []
  #leading = false
  #renewAt = 0
  #identity: string | null = null
  #hurry = true

  constructor(
    states: StateStore,
    store: StatsStore,
    record: RecordReader,
    leases: LeaseStore,
    deployment: Deployment,
    counters: CounterSet,
    logger: Logger,
  ) {
    this.#states = states
    this.#store = store
    this.#record = record
    this.#leases = leases
    this.#deployment = deployment
    this.#counters = counters
    this.#logger = logger
  }

  start(): void {
    if (this.#loops.length > 0 || !this.#store.keeps) return
    this.#loops = [
      new Loop('reconciling recent changes', () => this.#round(), this.#logger),
      new Loop('comparing everything', () => this.#compareAll(), this.#logger),
    ]
  }

  problem(): string {
    return this.#loops.map((loop) => loop.problem()).find((problem) => problem !== '') ?? ''
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
    this.#loops = []
    await this.#leases.release(this.#holder).catch((error: unknown) => {
      this.#logger.warn('could not give the reconciler lease back; it expires by itself', { error: String(error) })
    })
  }

  async #round(): Promise<number> {
    if (performance.now() >= this.#renewAt) {
      const held = await this.#leases.acquire(['reconciler:0/1'], this.#holder, leaseSeconds)
      this.#leading = held.length > 0
      this.#renewAt = performance.now() + renewEveryMs
    }
    if (!this.#leading) return renewEveryMs
    await this.#noticeMove()
    const { states, watermark } = await this.#states.changedWithin(lookBackSeconds)
    for (let from = 0; from < states.length; from += pageSize) await this.heal(states.slice(from, from + pageSize))
    const mark = await this.#store.mark(watermark ?? undefined)
    if (mark.identity !== this.#identity) {
      this.#identity = mark.identity
      this.#hurry = true
      this.#loops[1]?.wake()
    }
    return roundPauseMs
  }

  /** The database itself may have gone back (restored, failed over): its next versions must lie above every copy's. */
  async #noticeMove(): Promise<void> {
    if (!(await this.#states.moved())) return
    const { versionFloor } = await this.#deployment.get()
    this.#logger.warn('the database was restored or failed over: raising the version floor')
    await this.#states.raiseFloor(floorAbove(versionFloor))
    this.#deployment.forget()
    this.#hurry = true
  }

  async #compareAll(): Promise<number> {
    if (!this.#leading) return 1_000
    const began = performance.now()
    const pause = this.#hurry ? 0 : pagePauseMs
    this.#hurry = false
    for (let after = 0; ; ) {
      const states = await this.#states.range(after, pageSize)
      await this.heal(states)
      const last = states.at(-1)
      if (states.length < pageSize || last === undefined) break
      after = last.postId
      if (pause > 0 && !this.#hurry) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    for await (const ids of this.#store.ids()) await this.removeUnknown(ids)
    return Math.max(1_000, comparisonEveryMs - (performance.now() - began))
  }

  /** Brings the store's copies of these states up to date; resolves to how many had to be changed. */
  async heal(states: readonly PostStats[]): Promise<number> {
    const rated = states.filter((stats) => stats.version > 0)
    // Tombstones only replace what is there: an expired one must not come back.
    const alive = rated.filter((stats) => !stats.deleted)
    const buried = rated.filter((stats) => stats.deleted)
    const ceiling = corruptionCeiling(await this.#deployment.get())
    const [outcomes] = [
      await this.#store.apply(alive, { trusted: true, ceiling }),
      await this.#store.apply(buried, { trusted: false, ceiling }),
    ]
    const differing = alive.filter((_, n) => outcomes[n] === 'conflict' || outcomes[n] === 'stale')
    const healed = outcomes.filter((outcome) => outcome === 'written').length + (await this.#overrule(differing))
    this.#counters.reconciled += healed
    return healed
  }

  /** Those of the store's posts that the record does not know, or that nobody has rated. */
  async unknown(ids: readonly number[]): Promise<number[]> {
    if (ids.length === 0) return []
    const { states } = await this.#record.read([], ids)
    const known = new Set(states.filter((stats) => stats.version > 0).map((stats) => stats.postId))
    return [...new Set(ids)].filter((id) => !known.has(id))
  }

  async removeUnknown(ids: readonly number[]): Promise<number[]> {
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
    const copies = (await this.#store.read(ids)).states
    const { states: current } = await this.#record.read([], ids)
    const wrong = current.filter((stats) => {
      const copy = copies.get(stats.postId)
      return copy !== undefined && copy.version >= stats.version && !sameState(copy, stats)
    })
    if (wrong.length === 0) return 0
    const highest = Math.max(...wrong.map((stats) => copies.get(stats.postId)?.version ?? 0))
    if (wrong.some((stats) => (copies.get(stats.postId)?.version ?? 0) > stats.version)) {
      this.#logger.warn('the stats store is ahead of the database: raising the version floor', { highest })
      await this.#states.raiseFloor(floorAbove(highest))
      this.#deployment.forget()
    }
    const raised = await this.#states.raise(wrong.map((stats) => stats.postId))
    const ceiling = corruptionCeiling(await this.#deployment.get())
    await this.#store.apply(raised, { trusted: true, ceiling })
    return raised.length
  }
}

/** Equal in everything that a copy carries. */
export function sameState(a: PostStats, b: PostStats): boolean {
  return a.version === b.version && JSON.stringify(copyOf(a)) === JSON.stringify(copyOf(b))
}

function copyOf({ counts, activity, displayed, windowEnd, stepAt, deleted }: PostStats) {
  return [
    counts,
    activity,
    displayed.counts,
    displayed.average,
    displayed.asOf,
    displayed.activity,
    displayed.guard,
    windowEnd,
    stepAt,
    deleted,
  ]
}
