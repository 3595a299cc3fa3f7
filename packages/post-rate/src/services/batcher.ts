import { PostRateError } from '../errors.ts'
import { BlockedItems } from './blocked-items.ts'
import { FairQueue } from './fair-queue.ts'

export interface BatcherOptions<Item, Result> {
  /** Does the work of one batch; results in the order of the items. A rejection is every caller's. */
  run(items: Item[]): Promise<Result[]>
  maxBatch: number
  /** Items that may wait; further ones are refused at once. */
  limit: number
  /** Batches under way at the same time. */
  lanes: number
  /** Milliseconds after which an item that is not under way is refused: its caller will have given up. Default: never. */
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
  /**
   * How an item is recognised that somebody else blocks. It is run again, beside the lanes, as {@link BlockedItems} does it, and
   * keeps its key until it is answered. Default: no result means that.
   */
  blocking?: {
    /** The result says that nothing was done. */
    isBlocked(result: Result): boolean
    causeOf(item: Item): string
    limit: number
    pauseMs: number
  }
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
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #waiting = new FairQueue<Waiting<Item, Result>>()
  readonly #blocked: BlockedItems<Waiting<Item, Result>>
  #timer: NodeJS.Timeout | null = null
  #scheduled = false
  #closed = false

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
    this.#blocked = new BlockedItems({
      retry: (waiting) => this.#retry(waiting),
      causeOf: ({ item }) => options.blocking?.causeOf(item) ?? '',
      limit: options.blocking?.limit ?? 0,
      pauseMs: options.blocking?.pauseMs ?? 0,
    })
  }

  /** @throws PostRateError OVERLOADED when the queue is full, UNAVAILABLE after {@link close} */
  add(item: Item): Promise<Result> {
    if (this.#closed) return Promise.reject(closed())
    const { limit, fairness } = this.#options
    const owner = fairness?.ownerOf(item) ?? ''
    if (this.#waiting.size >= limit || (fairness && this.#waiting.sizeOf(owner) >= fairness.limit))
      return Promise.reject(new PostRateError('OVERLOADED', 'Too many requests are waiting: try again in a moment.'))
    return new Promise((resolve, reject) => {
      this.#waiting.add(owner, { item, since: performance.now(), resolve, reject })
      this.#schedule()
    })
  }

  /** Takes nothing more and refuses what is blocked; resolves when everything that was added has been answered. */
  close(): Promise<void> {
    this.#closed = true
    for (const waiting of this.#blocked.remove(() => true)) this.#end(waiting).reject(closed())
    this.#schedule()
    return this.idle()
  }

  /** Resolves when everything that was added has been answered. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0 || this.#waiting.size > 0 || this.#blocked.working !== null) {
      await Promise.all([...this.#underWay, this.#blocked.working])
      if (this.#underWay.size === 0) await new Promise(setImmediate)
    }
  }

  /** Callers of the same tick share the first batch, too. */
  #schedule(): void {
    if (this.#scheduled) return
    if (this.#underWay.size >= this.#options.lanes) {
      this.#refuseInTime()
      return
    }
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
      if (batch.length === 0) break
      const run = this.#run(batch).finally(() => {
        this.#underWay.delete(run)
        if (this.#waiting.size > 0) this.#schedule()
      })
      this.#underWay.add(run)
    }
    if (this.#waiting.size > 0) this.#refuseInTime()
  }

  #take(limit: number): Waiting<Item, Result>[] {
    const { keyOf, fairness } = this.#options
    return this.#waiting.take(limit, fairness?.perBatch ?? limit, ({ item }) => {
      if (keyOf === undefined) return 'take'
      const key = keyOf(item)
      if (this.#busyKeys.has(key)) return 'later'
      this.#busyKeys.add(key)
      return 'take'
    })
  }

  async #run(batch: Waiting<Item, Result>[]): Promise<void> {
    for (const waiting of await this.#attempt(batch)) {
      if (!this.#closed && this.#blocked.add(waiting)) this.#refuseInTime(waiting.since)
      else this.#end(waiting).reject(this.#closed ? closed() : held())
    }
  }

  async #retry(waiting: Waiting<Item, Result>): Promise<boolean> {
    const [blocked] = await this.#attempt([waiting])
    if (this.#waiting.size > 0) this.#schedule()
    if (blocked === undefined || !(this.#closed || this.#isLate(blocked))) return blocked !== undefined
    this.#end(blocked).reject(this.#closed ? closed() : held())
    return false
  }

  /** Runs a batch and answers its callers, apart from those that are blocked, which it returns. */
  async #attempt(batch: Waiting<Item, Result>[]): Promise<Waiting<Item, Result>[]> {
    const { run, blocking } = this.#options
    try {
      const results = await run(batch.map(({ item }) => item))
      return batch.filter((waiting, n) => {
        const result = results[n] as Result
        if (blocking?.isBlocked(result)) return true
        this.#end(waiting).resolve(result)
        return false
      })
    } catch (error) {
      for (const waiting of batch) this.#end(waiting).reject(error)
      return []
    }
  }

  /** Its key is free again. */
  #end(waiting: Waiting<Item, Result>): Waiting<Item, Result> {
    const { keyOf } = this.#options
    if (keyOf) this.#busyKeys.delete(keyOf(waiting.item))
    return waiting
  }

  /** Keeps one timer while something waits. It does not keep the process alive: what is waited for does. */
  #refuseInTime(since = performance.now()): void {
    const { maxWaitMs } = this.#options
    if (this.#timer !== null || maxWaitMs === undefined) return
    const ms = Math.max(since + maxWaitMs - performance.now(), 1)
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#refuseLate()
    }, ms).unref()
  }

  #refuseLate(): void {
    let oldest = Number.POSITIVE_INFINITY
    const isLate = (waiting: Waiting<Item, Result>) => {
      const late = this.#isLate(waiting)
      if (!late) oldest = Math.min(oldest, waiting.since)
      return late
    }
    // Their keys, where busy, are those of the items before them.
    for (const { reject } of this.#waiting.remove(isLate))
      reject(new PostRateError('OVERLOADED', 'It waited for too long: try again in a moment.'))
    for (const waiting of this.#blocked.remove(isLate)) this.#end(waiting).reject(held())
    if (oldest < Number.POSITIVE_INFINITY) this.#refuseInTime(oldest)
    if (this.#waiting.size > 0) this.#schedule()
  }

  #isLate({ since }: Waiting<Item, Result>): boolean {
    return since <= performance.now() - (this.#options.maxWaitMs ?? Number.POSITIVE_INFINITY)
  }
}

function closed(): PostRateError {
  return new PostRateError('UNAVAILABLE', 'It has been closed.')
}

function held(): PostRateError {
  return new PostRateError('OVERLOADED', 'Another transaction holds this rating or its post: try again in a moment.')
}
