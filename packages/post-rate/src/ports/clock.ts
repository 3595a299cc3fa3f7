/** The database's time, so that processes with skewed clocks agree. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}
