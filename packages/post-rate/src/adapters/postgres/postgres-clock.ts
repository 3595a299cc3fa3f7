import type { Clock } from '../../ports/clock.ts'

/**
 * The database's clock, estimated from the times that answers carry: the offset of the answer with the shortest round
 * trip of late, so that its error is at most half of that trip.
 */
export class PostgresClock implements Clock {
  #offset = 0
  #error = Number.POSITIVE_INFINITY
  #known = false

  now(): number {
    return Date.now() + this.#offset
  }

  /** Database minus process, milliseconds; null before the first answer. */
  get offset(): number | null {
    return this.#known ? this.#offset : null
  }

  /** `time` was read from the database between `sent` and now, both of this process's clock. */
  observe(time: number, sent: number): void {
    const received = Date.now()
    const error = (received - sent) / 2
    const offset = time - (sent + received) / 2
    // The old estimate ages, and gives way at once where the clocks have plainly moved apart.
    this.#error += 0.5
    if (error > this.#error && Math.abs(offset - this.#offset) <= error + this.#error) return
    this.#offset = offset
    this.#error = error
    this.#known = true
  }
}
