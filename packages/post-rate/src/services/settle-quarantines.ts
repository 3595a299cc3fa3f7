import type { Logger } from '../ports/logger.ts'
import type { QuarantineStore } from '../ports/quarantine-store.ts'
import { Loop } from './loop.ts'
import { type QuarantineTimings, quarantineTimings } from './timings.ts'

/** Ends quarantines whose time is over, and moves the ratings of those that began, stopped or ended. One of the relays does it. */
export class SettleQuarantines {
  readonly #store: QuarantineStore
  readonly #logger: Logger
  readonly #leads: () => boolean
  readonly #changed: () => void
  readonly #timings: QuarantineTimings
  #loop: Loop | null = null

  /** `leads`: whether this process is the one of several that does it. */
  constructor(
    store: QuarantineStore,
    logger: Logger,
    leads: () => boolean,
    changed: () => void,
    timings: Partial<QuarantineTimings> = {},
  ) {
    this.#store = store
    this.#logger = logger
    this.#leads = leads
    this.#changed = changed
    this.#timings = { ...quarantineTimings, ...timings }
  }

  start(): void {
    this.#loop ??= new Loop('quarantine', () => this.#settle(), this.#logger, this.#timings)
  }

  /** Resolves when the round under way has ended. Idempotent. */
  async stop(): Promise<void> {
    await this.#loop?.stop()
  }

  async #settle(): Promise<number> {
    const { lookEveryMs, againMs } = this.#timings
    if (!this.#leads()) return lookEveryMs
    const { moved, left } = await this.#store.settle()
    if (moved > 0) this.#changed()
    return left > 0 ? againMs : lookEveryMs
  }
}
