import { repairCounts } from '../domain/post-stats.ts'
import type { AuditProgress, AuditStore, PostRange, Suspect } from '../ports/audit-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Schema } from '../ports/schema.ts'
import type { CounterSet } from './counters.ts'
import type { Deployment } from './deployment.ts'
import { Loop } from './loop.ts'
import { type AuditTimings, auditTimings } from './timings.ts'

const [fewestPosts, mostPosts] = [50, 20_000]

/**
 * Compares all posts with their ratings all the time, in small ranges, and repairs what differs: a rating that bypassed the triggers
 * is counted without a command. After a restore, and after triggers did not fire, it compares everything at once.
 */
export class BackgroundAudit {
  readonly #audit: AuditStore
  readonly #schema: Schema
  readonly #deployment: Deployment
  readonly #counters: CounterSet
  readonly #logger: Logger
  readonly #leads: () => boolean
  readonly #timings: AuditTimings
  #loop: Loop | undefined
  #stopping = false
  /** Posts of the next range, and which part of all posts they are; null before the first. */
  #size = 1_000
  #share: number | null = null
  /** What comparing the last range took. */
  #elapsedMs = 0

  /** `leads`: whether this process is the one of several that audits. */
  constructor(
    audit: AuditStore,
    schema: Schema,
    deployment: Deployment,
    counters: CounterSet,
    logger: Logger,
    leads: () => boolean,
    timings: Partial<AuditTimings> = {},
  ) {
    this.#audit = audit
    this.#schema = schema
    this.#deployment = deployment
    this.#counters = counters
    this.#logger = logger
    this.#leads = leads
    this.#timings = { ...auditTimings, ...timings }
  }

  start(): void {
    this.#loop ??= new Loop('background audit', () => this.#round(), this.#logger, this.#timings)
  }

  /** Finishes the current range. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#loop?.stop()
  }

  async #round(): Promise<number> {
    const { lookEveryMs } = this.#timings
    if (!this.#leads()) return lookEveryMs
    const { audit: hours } = (await this.#deployment.get()).settings
    if (hours === 0) return lookEveryMs
    // A replica role is permanent: the pass finds what it changed, and doctor reports it.
    const silent = (await this.#schema.bypasses()).some(({ state }) => state !== 'replica')
    const progress = await this.#audit.progress()
    if (silent) await this.#noteBypass(progress)
    else if (progress.restored || progress.bypassed) return this.#compareAll(progress)
    this.#share ??= await this.#shareOfRange()
    // The range's share of the pass; longer where the database would have more than its share of work.
    const pauseMs = Math.max(this.#share * hours * 3_600_000, this.#elapsedMs / this.#timings.load)
    const due = progress.rangeAt + pauseMs - progress.now
    if (due > 0) return Math.min(due, lookEveryMs)
    await this.#compareNext(progress)
    return 0
  }

  async #noteBypass({ bypassed }: AuditProgress): Promise<void> {
    if (bypassed) return
    this.#logger.warn('triggers do not fire: every post is compared with its ratings as soon as they do')
    await this.#audit.noteBypass()
  }

  /** Runs without pauses, because readers see wrong figures until it ends. */
  async #compareAll({ restored, tables }: AuditProgress): Promise<number> {
    const reason = restored ? 'the database was restored' : 'triggers did not fire'
    this.#logger.warn(`${reason}: comparing every post with its ratings`)
    let [posts, repaired] = [0, 0]
    for (let after: number | null = 0; after !== null; ) {
      if (this.#stopping || !this.#leads()) return 0
      const range: PostRange = await this.#audit.next(after)
      repaired += await this.#repair(await this.#audit.compare(range))
      posts += range.posts
      this.#counters.audited += range.posts
      after = range.last
    }
    await this.#audit.noteProgress({ last: null, posts, repaired, tables })
    this.#logger.info('every post was compared with its ratings', { posts, repaired })
    return this.#timings.lookEveryMs
  }

  async #compareNext({ last }: AuditProgress): Promise<void> {
    const range = await this.#audit.next(last, this.#size)
    const began = performance.now()
    const suspects = await this.#audit.compare(range)
    this.#elapsedMs = Math.max(1, performance.now() - began)
    const repaired = await this.#repair(suspects)
    await this.#audit.noteProgress({ last: range.last, posts: range.posts, repaired })
    this.#counters.audited += range.posts
    this.#share = await this.#shareOfRange()
    const fitting = Math.round((this.#size * this.#timings.rangeMs) / this.#elapsedMs)
    this.#size = Math.min(mostPosts, Math.max(fewestPosts, fitting))
  }

  async #shareOfRange(): Promise<number> {
    return Math.min(1, this.#size / Math.max(1, await this.#audit.estimate()))
  }

  async #repair(suspects: readonly Suspect[]): Promise<number> {
    if (suspects.length === 0) return 0
    const states = await this.#audit.repair(suspects, repairCounts)
    if (states.length > 0)
      this.#logger.warn('ratings had bypassed the triggers: the background audit counted them', {
        posts: states.length,
        examples: states.slice(0, 10).map(({ postId }) => postId),
      })
    this.#counters.repaired += states.length
    return states.length
  }
}
