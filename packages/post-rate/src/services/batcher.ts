import { PostRateError } from '../errors.ts'
import { FairQueue } from './fair-queue.ts'

export interface BatcherOptions<Item, Result> {
  /** Does the work of one batch; results in the order of the items. A rejection is every caller's. */
  run(items: Item[]): Promise<Result[]>
  maxBatch: number
  /** Items that may wait; further ones are refused at once. */
  limit: number
  /** Batches under way at the same time. */
  lanes: number
  /** Milliseconds after which an item that still waits is refused: its caller will have given up. Default: never. */
  maxWaitMs?: number
  /**
   * From so many waiting items on, free lanes share them. Callers who were answered together ask again together: in one
   * batch they would wait for each other's statement while nothing else is done. Default: never.
   */
  spreadFrom?: number
  /** Whose item it is. Owners take turns. Default: all are one's. */
  fairness?: {
    ownerOf(item: Item): string
    /** Items of one owner in a batch. */
    perBatch: number
    /** Items of one owner that may wait. */
    limit: number
  }
  /** Items of the same key never share a batch nor run at the same time: each takes effect after the one before it. */
  keyOf?(item: Item): string
}

interface Waiting<Item, Result> {
  item: Item
  since: number
  resolve(result: Result): void
  reject(reason: unknown): void
}

/**
 * Callers in flight share statements: an item starts at once when a lane is free, and otherwise joins the batch that
 * gathers while the statements before it run. Nobody waits for a batch to fill.
 */
export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>
  readonly #busyKeys = new Set<string>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #waiting = new FairQueue<Waiting<Item, Result>>()
  #scheduled = false
  #closed = false

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
  }

  /** @throws PostRateError OVERLOADED when the queue is full, UNAVAILABLE after {@link close} */
  add(item: Item): Promise<Result> {
    if (this.#closed) return Promise.reject(new PostRateError('UNAVAILABLE', 'It has been closed.'))
    const { limit, fairness } = this.#options
    const owner = fairness?.ownerOf(item) ?? ''
    if (this.#waiting.size >= limit || (fairness && this.#waiting.sizeOf(owner) >= fairness.limit))
      return Promise.reject(new PostRateError('OVERLOADED', 'Too many requests are waiting: try again in a moment.'))
    return new Promise((resolve, reject) => {
      this.#waiting.add(owner, { item, since: performance.now(), resolve, reject })
      this.#schedule()
    })
  }

  /** Takes nothing more; resolves when everything that was added has been answered. */
  close(): Promise<void> {
    this.#closed = true
    return this.idle()
  }

  /** Resolves when everything that was added has been answered. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0 || this.#waiting.size > 0) {
      await Promise.all(this.#underWay)
      if (this.#underWay.size === 0) await new Promise(setImmediate)
    }
  }

  /** Callers of the same tick share the first batch, too. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay.size >= this.#options.lanes) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#start()
    })
  }

  #start(): void {
    const { lanes, maxBatch, spreadFrom = Number.POSITIVE_INFINITY } = this.#options
    while (this.#underWay.size < lanes) {
      const spread = this.#waiting.size < spreadFrom ? 1 : lanes - this.#underWay.size
      const batch = this.#take(Math.min(Math.ceil(this.#waiting.size / spread), maxBatch))
      if (batch.length === 0) return
      const run = this.#run(batch).finally(() => {
        this.#underWay.delete(run)
        if (this.#waiting.size > 0) this.#schedule()
      })
      this.#underWay.add(run)
    }
  }

  #take(limit: number): Waiting<Item, Result>[] {
    const { keyOf, maxWaitMs = Number.POSITIVE_INFINITY, fairness } = this.#options
    const since = performance.now() - maxWaitMs
    return this.#waiting.take(limit, fairness?.perBatch ?? limit, (waiting) => {
      if (waiting.since < since) {
        waiting.reject(new PostRateError('OVERLOADED', 'It waited for too long: try again in a moment.'))
        return 'drop'
      }
      if (keyOf === undefined) return 'take'
      const key = keyOf(waiting.item)
      if (this.#busyKeys.has(key)) return 'later'
      this.#busyKeys.add(key)
      return 'take'
    })
  }

  async #run(batch: Waiting<Item, Result>[]): Promise<void> {
    const { run, keyOf } = this.#options
    try {
      const results = await run(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, n) => {
        resolve(results[n] as Result)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      if (keyOf) for (const { item } of batch) this.#busyKeys.delete(keyOf(item))
    }
  }
}
