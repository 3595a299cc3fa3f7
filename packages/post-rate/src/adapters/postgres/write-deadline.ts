import { PostRateError } from '../../errors.ts'
import { isoTime } from './stats-row.ts'

/** Of the time after which this side gives a statement up: what is written by then is written while somebody waits. */
const share = 5 / 6

/**
 * A rating whose caller has given up must not be stored later, over a newer one: it may wait for a lock, or on its way
 * in a network that stalls. So each carries the time, by the database's clock, after which it writes nothing. The clock
 * is known from the answers before, and carried on by a clock that nobody sets.
 */
export class WriteDeadline {
  readonly #withinMs: number
  #seen: { time: number; at: number } | null = null

  /** `timeoutMs`: after how long a statement is given up. */
  constructor(timeoutMs: number) {
    this.#withinMs = timeoutMs * share
  }

  /** The parameter for {@link writeDeadline}: a time and milliseconds from the statement's arrival, the earlier one counts. */
  next(): string {
    const time = this.#seen && this.#seen.time + performance.now() - this.#seen.at + this.#withinMs
    return `{${time === null ? 'infinity' : isoTime(time)},${this.#withinMs}}`
  }

  /** @throws PostRateError UNAVAILABLE where the statement came too late to have certainly written */
  check(row: { now: number; late: boolean } | undefined): void {
    if (row === undefined) return
    this.#seen = { time: row.now, at: performance.now() }
    if (row.late) throw new PostRateError('UNAVAILABLE', 'PostgreSQL took too long: repeat it.')
  }
}

/** The time in SQL until which a statement with this parameter may write. */
export function writeDeadline(parameter: string): string {
  // In a subquery it is computed once, not for each row.
  return `(select least((${parameter}::text[])[1]::timestamptz, statement_timestamp() + (${parameter}::text[])[2]::float8 * interval '1 ms'))`
}

/** Columns `now` and `late` for {@link WriteDeadline.check}. */
export function lateness(parameter: string): string {
  return `clock_timestamp() as now, clock_timestamp() >= ${writeDeadline(parameter)} as late`
}
