import type { LeaseStore } from '../ports/lease-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Outbox } from '../ports/outbox.ts'

/** Told to the operator of a deployment whose ratings nobody counts. */
const message =
  'No relay runs: ratings are stored, and readers see none of them. Start one with `postRate.start({ relay: true })` in one of the processes, or with `post-rate relay`.'

/**
 * Notices that ratings wait and no relay holds a lease. A relay that is replaced leaves its lease for some seconds, so it looks only
 * after a while. It warns once, and again only after it has seen a relay in between.
 */
export class MissingRelay {
  readonly #outbox: Outbox
  readonly #leases: LeaseStore
  readonly #logger: Logger
  readonly #afterMs: number
  #timer: NodeJS.Timeout | undefined
  #told = false
  #stopped = false

  constructor(outbox: Outbox, leases: LeaseStore, logger: Logger, afterMs: number) {
    this.#outbox = outbox
    this.#leases = leases
    this.#logger = logger
    this.#afterMs = afterMs
  }

  /** Something may wait: looks once, later. Calls until then cost nothing. */
  suspect(): void {
    if (this.#timer !== undefined || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // A database that is away is told elsewhere.
      void this.#look().catch(() => {})
    }, this.#afterMs).unref()
  }

  /** Looks no more. Idempotent. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    const leases = await this.#leases.list()
    if (leases.some(({ name, secondsLeft }) => name.startsWith('relay:') && secondsLeft > 0)) {
      this.#told = false
      return
    }
    const { rows, oldestSeconds } = await this.#outbox.backlog()
    if (rows === 0 || this.#told || this.#stopped) return
    this.#told = true
    this.#logger.warn(message, { waiting: rows, oldestSeconds: Math.round(oldestSeconds) })
  }
}
