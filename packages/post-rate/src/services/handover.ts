import type { OutgoingChange } from '../ports/outbox.ts'

/** Changes that wait in memory at most, a few folds; more of them are left to the outbox, where they are anyway. */
const most = 25_000
/** How long folding waits for the publisher, before it goes on and leaves what it folds to the outbox. */
const patienceMs = 1_000
/** The outbox may have changes that nobody here knows of: another relay folded them, and died. */
const lookEveryMs = 5_000

/**
 * Changes on their way from the fold to the publisher of one shard. What was just folded is handed over in memory, so that
 * it need not be read again (measured, half of what publishing costs). The outbox is read at the start, after a failure,
 * when too much waits, and every few seconds: what is in it and not here is never lost.
 */
export class Handover {
  readonly #unpublished: (limit: number) => Promise<OutgoingChange[]>
  #waiting: OutgoingChange[] = []
  /** True while everything in the outbox that was folded, and is not being published, waits here. */
  #complete = false
  #lookedAt = Number.NEGATIVE_INFINITY
  #taken: () => void = () => {}

  /** `unpublished`: the oldest of the shard's changes in the outbox. */
  constructor(unpublished: (limit: number) => Promise<OutgoingChange[]>) {
    this.#unpublished = unpublished
  }

  /** Waits for the publisher to catch up, where that is to be expected soon. */
  async room(): Promise<void> {
    if (!this.#complete || this.#waiting.length < most / 2) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#taken = resolve
      timer = setTimeout(resolve, patienceMs)
    })
    clearTimeout(timer)
  }

  /** Committed changes, after all that were offered before. */
  offer(changes: readonly OutgoingChange[]): void {
    if (this.#complete && this.#waiting.length + changes.length <= most)
      for (const one of changes) this.#waiting.push(one)
    else this.#complete = false
  }

  /** The next to be published, at most `limit`, oldest first. */
  async next(limit: number): Promise<OutgoingChange[]> {
    const look = !this.#complete && this.#waiting.length === 0
    if (!look && performance.now() - this.#lookedAt < lookEveryMs) return this.#take(limit)
    // What is offered from here on may also be among what is found.
    if (look) this.#complete = true
    const found = await this.#unpublished(limit)
    this.#lookedAt = performance.now()
    if (look && found.length === limit) this.#complete = false
    const ids = new Set(found.map(({ id }) => id))
    this.#waiting = this.#waiting.filter(({ id }) => !ids.has(id))
    return found
  }

  /** A fold failed, and nobody knows whether it was committed. */
  doubt(): void {
    this.#complete = false
  }

  /** What was taken has not been published: it is in the outbox, before all that waits here. */
  failed(): void {
    this.#waiting = []
    this.#complete = false
    this.#taken()
  }

  #take(limit: number): OutgoingChange[] {
    const taken = this.#waiting.slice(0, limit)
    this.#waiting = this.#waiting.slice(limit)
    this.#taken()
    return taken
  }
}
