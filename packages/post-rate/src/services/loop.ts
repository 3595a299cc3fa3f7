import type { Logger } from '../ports/logger.ts'

export interface LoopTimings {
  /** Longest pause after the first failure. It doubles with each failure in a row, up to `longestRetryMs`. */
  retryMs: number
  longestRetryMs: number
  /** A round that takes longer than this counts as stuck, for readiness. */
  stuckAfterMs: number
}

export const loopTimings: LoopTimings = { retryMs: 200, longestRetryMs: 5_000, stuckAfterMs: 30_000 }

/**
 * Repeats a round until it is stopped. The round resolves to the pause before the next one, in milliseconds. A round that
 * fails is said, and tried again with a growing pause.
 */
export class Loop {
  readonly #name: string
  readonly #round: () => Promise<number>
  readonly #logger: Logger
  readonly #timings: LoopTimings
  readonly #ended: Promise<void>
  #stopped = false
  #woken = false
  #endPause: () => void = () => {}
  #failure = ''
  #roundBegan: number | null = null

  constructor(name: string, round: () => Promise<number>, logger: Logger, timings = loopTimings) {
    this.#name = name
    this.#round = round
    this.#logger = logger
    this.#timings = timings
    this.#ended = this.#run()
  }

  /** Ends the pause; a round under way is followed by another at once. The pause after a failure is not cut short. */
  wake(): void {
    this.#woken = true
    if (this.#failure === '') this.#endPause()
  }

  /** What is wrong, or an empty string. */
  problem(): string {
    if (this.#failure !== '') return `${this.#name}: ${this.#failure}`
    const { stuckAfterMs } = this.#timings
    const stuck = this.#roundBegan !== null && performance.now() - this.#roundBegan > stuckAfterMs
    return stuck ? `${this.#name}: no progress for ${stuckAfterMs / 1000} s` : ''
  }

  /** Resolves when the round under way has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#endPause()
    await this.#ended
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopped; ) {
      this.#woken = false
      this.#roundBegan = performance.now()
      let pause: number
      try {
        pause = await this.#round()
        if (failures > 0) this.#logger.info(`${this.#name} works again`)
        failures = 0
        this.#failure = ''
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : String(error)
        if (failures++ === 0) this.#logger.warn(`${this.#name} failed; trying again`, { error: this.#failure })
        const { retryMs, longestRetryMs } = this.#timings
        pause = Math.min(longestRetryMs, retryMs * 2 ** Math.min(failures - 1, 5)) * (0.5 + Math.random() / 2)
        this.#woken = false
      }
      this.#roundBegan = null
      await this.#sleep(pause)
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#stopped) return
    if (ms === 0) {
      await new Promise(setImmediate)
      return
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endPause = () => {}
  }
}
