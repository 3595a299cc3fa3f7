import { randomUUID } from 'node:crypto'
import { notAhead } from '../domain/display-window.ts'
import { foldEvent, type PostStats, stepWindows, withinPresent } from '../domain/post-stats.ts'
import type { RatingChange } from '../domain/rating-change.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { LeaseStore } from '../ports/lease-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { FoldBatch, FoldedChange, Outbox, Shard } from '../ports/outbox.ts'
import type { CounterSet } from './counters.ts'
import type { Deployment } from './deployment.ts'
import { Handover } from './handover.ts'
import { Loop } from './loop.ts'
import { MissingRelay } from './missing-relay.ts'
import { type RelayTimings, relayTimings } from './timings.ts'

/**
 * Events of a fold. The more of them share a post, the fewer states are written: measured with a backlog on 10,000 posts, 2,000
 * at a time take an eighth longer than 5,000 and those an eighth longer than 10,000; 20,000 need twice the memory.
 */
const batchSize = 10_000
const smallestBatch = 20
/** Changes of a publication. */
const publishedAtOnce = 5_000

/**
 * Folds the outbox into states and hands committed changes to the bus. Many may run: leases give each shard to one of
 * them, for order and efficiency; what must be exact rests on the fold's row locks. Publishing goes on beside folding,
 * so a bus that is away stops only itself.
 */
export class RelayOutbox {
  readonly #outbox: Outbox
  readonly #bus: EventBus
  readonly #leases: LeaseStore
  readonly #deployment: Deployment
  readonly #counters: CounterSet
  readonly #logger: Logger
  readonly #nameUser: ((userId: string) => string) | null
  readonly #timings: RelayTimings
  readonly #holder = randomUUID()
  readonly #shards = new Map<string, { fold: Loop; publish: Loop }>()
  readonly #missing: MissingRelay
  #leading: Loop | undefined

  constructor(
    outbox: Outbox,
    bus: EventBus,
    leases: LeaseStore,
    deployment: Deployment,
    counters: CounterSet,
    logger: Logger,
    nameUser: ((userId: string) => string) | null = null,
    timings: Partial<RelayTimings> = {},
  ) {
    this.#outbox = outbox
    this.#bus = bus
    this.#leases = leases
    this.#deployment = deployment
    this.#counters = counters
    this.#logger = logger
    this.#nameUser = nameUser
    this.#timings = { ...relayTimings, ...timings }
    this.#missing = new MissingRelay(outbox, leases, logger, this.#timings.missingAfterMs)
  }

  start(): void {
    this.#leading ??= new Loop('relay leases', () => this.#lead(), this.#logger, this.#timings)
  }

  /** Something was rated in this process: fold at once, or look later whether another process does. */
  wake(): void {
    if (this.#leading === undefined) this.#missing.suspect()
    for (const { fold } of this.#shards.values()) fold.wake()
  }

  /** Whether this process has the first shard: of all relays it is the one that audits. */
  leads(): boolean {
    return [...this.#shards.keys()].some((name) => name.startsWith('relay:0/'))
  }

  /** What is wrong, or an empty string. A relay without a shard stands by and is healthy. */
  problem(): string {
    const loops = [this.#leading, ...[...this.#shards.values()].flatMap(({ fold, publish }) => [fold, publish])]
    return loops.map((loop) => loop?.problem() ?? '').find((problem) => problem !== '') ?? ''
  }

  /** Finishes the batch in hand and gives the shards back. Idempotent. */
  async stop(): Promise<void> {
    this.#missing.stop()
    if (this.#leading === undefined) return
    await this.#leading.stop()
    this.#leading = undefined
    await Promise.all([...this.#shards.keys()].map((name) => this.#drop(name)))
    await this.#leases.release(this.#holder).catch((error: unknown) => {
      this.#logger.warn('could not give the relay leases back; they expire by themselves', { error: String(error) })
    })
  }

  async #lead(): Promise<number> {
    const { leaseSeconds, renewEveryMs } = this.#timings
    const { relayShards } = (await this.#deployment.get()).settings
    const names = new Map(
      Array.from({ length: relayShards }, (_, index) => [
        `relay:${index}/${relayShards}`,
        { index, count: relayShards },
      ]),
    )
    const held = await this.#leases.acquire([...names.keys()], this.#holder, leaseSeconds)
    const mine = new Set(held.map((lease) => lease.name))
    // Not waited for: a publication that hangs must not cost the leases that are held.
    for (const name of this.#shards.keys()) if (!mine.has(name)) void this.#drop(name)
    for (const name of mine) {
      const shard = names.get(name)
      if (shard && !this.#shards.has(name)) this.#take(name, shard)
    }
    return renewEveryMs
  }

  #take(name: string, shard: Shard): void {
    this.#logger.info('relay takes a shard', { shard: name })
    const { slowFoldMs, busyForMs, busyPauseMs, idlePauseMs } = this.#timings
    let lastWork = performance.now()
    // A batch that takes longer than its transaction may would fail for ever: after a failure it is smaller.
    let size = batchSize
    const handover = new Handover((limit) => this.#outbox.unpublished(shard, limit))
    const publish = new Loop(`publishing ${name}`, () => this.#publish(handover), this.#logger, this.#timings)
    const fold = new Loop(
      `folding ${name}`,
      async () => {
        await handover.room()
        const limit = size
        size = Math.max(smallestBatch, limit >> 1)
        const began = performance.now()
        const report = await this.#outbox.fold(shard, limit, foldBatch).catch((error: unknown) => {
          handover.doubt()
          throw error
        })
        size = performance.now() - began > slowFoldMs ? limit : Math.min(batchSize, limit * 2)
        this.#counters.folded += report.events
        this.#counters.stepped += report.steps
        if (report.clockSetBackMs)
          this.#logger.warn('the clock of the database was set back: displays go on from the present', {
            shard: name,
            seconds: Math.round(report.clockSetBackMs / 1000),
          })
        if (report.changes.length > 0) {
          lastWork = performance.now()
          handover.offer(report.changes)
          publish.wake()
        }
        if (!report.drained) return 0
        return performance.now() - lastWork < busyForMs ? busyPauseMs : idlePauseMs
      },
      this.#logger,
      this.#timings,
    )
    this.#shards.set(name, { fold, publish })
  }

  async #drop(name: string): Promise<void> {
    const loops = this.#shards.get(name)
    this.#shards.delete(name)
    await loops?.fold.stop()
    await loops?.publish.stop()
  }

  /** The message with its user named as the host wants it. */
  #named(message: RatingChange): RatingChange {
    if (this.#nameUser === null || message.userId === undefined) return message
    return { ...message, userId: this.#nameUser(message.userId) }
  }

  async #publish(handover: Handover): Promise<number> {
    try {
      const changes = await handover.next(publishedAtOnce)
      if (changes.length === 0) return this.#timings.idlePublishMs
      await this.#bus.publish(changes.map(({ message }) => this.#named(message)))
      await this.#outbox.acknowledge(changes.map((change) => change.id))
      this.#counters.published += changes.length
      return 0
    } catch (error) {
      handover.failed()
      throw error
    }
  }
}

/** The fold of one batch: every event on its post's newest state, then the windows that ended without one. */
export const foldBatch: FoldBatch = ({ states, events, context: stored, now }) => {
  const context = { ...stored, watermark: notAhead(stored.watermark, now) }
  const newest = new Map(states.map((stats) => [stats.postId, stats]))
  const folded: FoldedChange[] = []
  const record = (postId: number, eventId: string | null, changes: ReturnType<typeof foldEvent>) => {
    for (const change of changes) {
      folded.push({ eventId: change.kind === 'display' ? null : eventId, change })
      newest.set(postId, change.stats)
    }
  }
  for (const stats of states) {
    const present = withinPresent(stats, now, context)
    if (present !== stats) record(stats.postId, null, [{ kind: 'display', stats: present }])
  }
  for (const { id, event } of events) {
    const dated = { ...event, at: notAhead(event.at, now) }
    record(event.postId, id, foldEvent(newest.get(event.postId) as PostStats, dated, context))
  }
  for (const postId of newest.keys()) {
    const stats = newest.get(postId) as PostStats
    if (stats.stepAt !== null && stats.stepAt <= now) record(postId, null, stepWindows(stats, now, context))
  }
  return folded
}
