import { FairQueue } from './fair-queue.ts'

export interface BlockedOptions<Item> {
  /** Runs one item again; resolves to true where it is still blocked. Never rejects. */
  retry(item: Item): Promise<boolean>
  /** What blocks an item: the items of different causes take turns. */
  causeOf(item: Item): string
  /** Items that may wait. */
  limit: number
  /** Milliseconds until the next attempt after one that was blocked again. */
  pauseMs: number
}

/**
 * Items that somebody else blocks. Each is run again alone, one at a time, until it is not blocked any more. So an item that stays
 * blocked costs one short attempt per pause, and delays the items of other causes by that much.
 */
export class BlockedItems<Item> {
  readonly #options: BlockedOptions<Item>
  readonly #queue = new FairQueue<Item>()
  #retrying: Promise<void> | null = null

  constructor(options: BlockedOptions<Item>) {
    this.#options = options
  }

  /** False where too many wait already. */
  add(item: Item): boolean {
    if (this.#queue.size >= this.#options.limit) return false
    this.#put(item)
    this.#retrying ??= this.#retryAll().finally(() => {
      this.#retrying = null
    })
    return true
  }

  /** Removes and returns the items that wait and are chosen. */
  remove(chosen: (item: Item) => boolean): Item[] {
    return this.#queue.remove(chosen)
  }

  /** Pending while items are blocked. */
  get working(): Promise<void> | null {
    return this.#retrying
  }

  async #retryAll(): Promise<void> {
    const { retry, pauseMs } = this.#options
    while (this.#queue.size > 0) {
      for (const item of this.#queue.take(1, 1, () => 'take')) {
        if (!(await retry(item))) continue
        this.#put(item)
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }

  #put(item: Item): void {
    this.#queue.add(this.#options.causeOf(item), item)
  }
}
