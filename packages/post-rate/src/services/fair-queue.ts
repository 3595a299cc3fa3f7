/** What becomes of an item whose turn it is: it is taken, or stays for later. */
export type Turn = 'take' | 'later'

/** Items of one owner that may be passed over in a turn: a long queue behind one of them is not looked through for every batch. */
const passedOverAtMost = 256

/** Items in the order of their coming, where owners take turns: one who adds thousands delays the others by little. */
export class FairQueue<Item> {
  /** The owner whose turn it is first comes first. */
  readonly #queues = new Map<string, Item[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  sizeOf(owner: string): number {
    return this.#queues.get(owner)?.length ?? 0
  }

  add(owner: string, item: Item): void {
    const queue = this.#queues.get(owner)
    if (queue === undefined) this.#queues.set(owner, [item])
    else queue.push(item)
    this.#size++
  }

  /** At most `limit` items, of each owner at most `perOwner`; who was asked is asked last the next time. */
  take(limit: number, perOwner: number, turnOf: (item: Item) => Turn): Item[] {
    const taken: Item[] = []
    // Those put back at the end are not met again.
    let owners = this.#queues.size
    for (const [owner, queue] of this.#queues) {
      if (taken.length >= limit || owners-- === 0) break
      const most = Math.min(limit, taken.length + perOwner)
      const left: Item[] = []
      let asked = 0
      for (; asked < queue.length && taken.length < most && left.length < passedOverAtMost; asked++) {
        const item = queue[asked] as Item
        const turn = turnOf(item)
        if (turn === 'take') taken.push(item)
        else left.push(item)
      }
      this.#size -= asked - left.length
      queue.splice(0, asked, ...left)
      this.#queues.delete(owner)
      if (queue.length > 0) this.#queues.set(owner, queue)
    }
    return taken
  }

  /** Removes and returns the chosen items; the others keep their order. */
  remove(chosen: (item: Item) => boolean): Item[] {
    const removed: Item[] = []
    for (const [owner, queue] of this.#queues) {
      const left: Item[] = []
      for (const item of queue) (chosen(item) ? removed : left).push(item)
      if (left.length > 0) this.#queues.set(owner, left)
      else this.#queues.delete(owner)
    }
    this.#size -= removed.length
    return removed
  }
}
