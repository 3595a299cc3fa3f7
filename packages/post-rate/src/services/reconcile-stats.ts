import { randomUUID } from 'node:crypto'
import type { PostStats } from '../domain/post-stats.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeaseStore } from '../ports/lease-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import { type Deployment, floorAbove } from './deployment.ts'
import type { HealCopies } from './heal-copies.ts'
import { HoldStore, holdMs } from './hold-store.ts'
import { Loop } from './loop.ts'
import { type ReconcilerTimings, reconcilerTimings } from './timings.ts'

/** How far a round looks back beyond the watermark. A fold lasts 5 s at most, so nothing that commits late is overlooked. */
const lookBackSeconds = 7
const pageSize = 1_000

/**
 * Copies states from the record to the stats store, computing nothing: recent changes every second, everything at leisure,
 * and everything at once when the store has lost its mark or was replaced. It heals whatever the bus or the store lost, and
 * removes what the record does not know.
 */
export class ReconcileStats {
  readonly #states: StateStore
  readonly #store: StatsStore
  readonly #copies: HealCopies
  readonly #leases: LeaseStore
  readonly #deployment: Deployment
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timings: ReconcilerTimings
  readonly #hold: HoldStore
  readonly #holder = randomUUID()
  #loops: Loop[] = []
  #leading = false
  #stopping = false
  #renewAt = 0
  /** How far the search for unknown posts is; null between two searches. */
  #keys: AsyncIterator<number[]> | null = null
  #identity: string | null = null
  /** What has been brought to the store; of another store everything is compared. */
  #seen: string | null = null
  /** The version floor when everything was compared last: where it has risen since, the record went back. */
  #floor: number | null = null
  /** When it did, or this process began: it knows nothing of what was before. */
  #roseAt = performance.now()
  /** When recent changes were brought again, because of that. */
  #againAt = Number.NEGATIVE_INFINITY

  constructor(
    states: StateStore,
    store: StatsStore,
    copies: HealCopies,
    leases: LeaseStore,
    deployment: Deployment,
    clock: Clock,
    logger: Logger,
    timings: Partial<ReconcilerTimings> = {},
  ) {
    this.#states = states
    this.#store = store
    this.#copies = copies
    this.#leases = leases
    this.#deployment = deployment
    this.#clock = clock
    this.#logger = logger
    this.#timings = { ...reconcilerTimings, ...timings }
    this.#hold = new HoldStore(store, deployment)
  }

  start(): void {
    if (this.#loops.length > 0 || !this.#store.keeps) return
    this.#stopping = false
    this.#loops = [
      new Loop('reconciling recent changes', () => this.#round(), this.#logger),
      new Loop('comparing everything', () => this.#compareAll(), this.#logger),
      new Loop('removing unknown posts', () => this.#removeSome(), this.#logger),
    ]
  }

  problem(): string {
    return this.#loops.map((loop) => loop.problem()).find((problem) => problem !== '') ?? ''
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#loops.map((loop) => loop.stop()))
    this.#loops = []
    await this.#leases.release(this.#holder).catch((error: unknown) => {
      this.#logger.warn('could not give the reconciler lease back; it expires by itself', { error: String(error) })
    })
  }

  async #round(): Promise<number> {
    const { renewEveryMs, roundPauseMs, uneasyMs, againEveryMs } = this.#timings
    if (!(await this.#lead())) return renewEveryMs
    // Also brings this process's idea of the database's time up to date.
    await this.#noticeMove()
    const { source, versionFloor } = await this.#deployment.get()
    const wentBack = this.#floor !== null && versionFloor !== this.#floor
    if (wentBack) this.#forget()
    const now = performance.now()
    const again = now - this.#roseAt < uneasyMs && now - this.#againAt >= againEveryMs
    if (again) this.#againAt = now
    await this.#hold.hold()
    const mark = await this.#store.mark()
    // Without a mark of its own nothing is known of the store: another one, an emptied one, or the first round of all.
    const own = mark.identity !== null && mark.identity === this.#identity && mark.source === source
    const known = own && mark.watermark !== null
    const lookBack = lookBackSeconds + (again ? againEveryMs / 1000 : 0)
    const { pages, watermark, seen } = await this.#states.changedWithin(
      known ? lookBack + Math.max(0, this.#clock.now() - (mark.watermark as number)) / 1000 : 0,
      again ? null : this.#seen,
    )
    if (!(known ? await this.#healPages(pages) : await this.#compare(0))) return 0
    // Of posts whose only ratings were lost the record has nothing to compare with, nor of another deployment's posts.
    if (wentBack || (mark.source !== null && mark.source !== source)) await this.#removeUnknown()
    const marked = await this.#store.mark(watermark === null ? undefined : { watermark, source, holdMs })
    // A store that was emptied or replaced meanwhile has another identity, and is filled in the next round.
    const same = mark.identity === null || marked.identity === mark.identity
    this.#identity = same && marked.source === source ? marked.identity : null
    this.#seen = seen
    this.#floor = versionFloor
    return roundPauseMs
  }

  /** Takes or renews the lease when it is time; resolves to whether it is held. */
  async #lead(): Promise<boolean> {
    const { leaseSeconds, renewEveryMs } = this.#timings
    if (this.#stopping) return false
    if (performance.now() >= this.#renewAt) {
      const held = await this.#leases.acquire(['reconciler:0/1'], this.#holder, leaseSeconds)
      this.#leading = held.length > 0
      this.#renewAt = performance.now() + renewEveryMs
    }
    return this.#leading
  }

  /** The database itself may have gone back (restored, failed over): its next versions must lie above every copy's. */
  async #noticeMove(): Promise<void> {
    if (!(await this.#states.moved())) return
    // Another process may have raised it a moment ago: a floor above an older one could be no higher than that.
    this.#deployment.forget()
    const { versionFloor } = await this.#deployment.get()
    this.#logger.warn('the database was restored or failed over: raising the version floor')
    await this.#states.raiseFloor(floorAbove(versionFloor))
    this.#deployment.forget()
  }

  /** What this process knew of the store is of another past of the record's: everything is compared at once. */
  #forget(): void {
    this.#identity = null
    this.#roseAt = performance.now()
  }

  async #compareAll(): Promise<number> {
    const { roundPauseMs, pagePauseMs, comparisonEveryMs } = this.#timings
    if (!this.#leading) return roundPauseMs
    const began = performance.now()
    await this.#compare(pagePauseMs)
    return Math.max(roundPauseMs, comparisonEveryMs - (performance.now() - began))
  }

  /** One step through the store's keys. A store that is shared may have millions which are not ours. */
  async #removeSome(): Promise<number> {
    const { roundPauseMs, scanPauseMs, comparisonEveryMs } = this.#timings
    if (!this.#leading) this.#keys = null
    if (!this.#leading) return roundPauseMs
    this.#keys ??= this.#store.ids()[Symbol.asyncIterator]()
    const { done, value } = await this.#keys.next()
    if (done) this.#keys = null
    else if (value.length > 0) await this.#copies.removeUnknown(value)
    return done ? comparisonEveryMs : scanPauseMs
  }

  /** All at once, after a sign that the store has posts which the record does not know. */
  async #removeUnknown(): Promise<void> {
    for await (const ids of this.#store.ids()) if (ids.length > 0) await this.#copies.removeUnknown(ids)
  }

  /** Resolves to false when it was cut short: after a long outage the pages are many. */
  async #healPages(pages: AsyncIterable<PostStats[]>): Promise<boolean> {
    for await (const states of pages) {
      await this.#copies.heal(states)
      if (!(await this.#lead())) return false
    }
    return true
  }

  /** Brings every copy up to date, `pause` milliseconds between two pages. Resolves to false when it was cut short. */
  async #compare(pause: number): Promise<boolean> {
    for (let after = 0; ; ) {
      const states = await this.#states.range(after, pageSize)
      await this.#copies.heal(states)
      const last = states.at(-1)
      if (states.length < pageSize || last === undefined) return true
      if (!(await this.#lead())) return false
      after = last.postId
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}
