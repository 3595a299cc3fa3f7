/** A right that one process at a time holds, for order and efficiency only: no guarantee rests on it. */
export interface Lease {
  name: string
  holder: string
  /** Rises with every new holder. */
  term: number
  /** Seconds until it expires; negative when it has. */
  secondsLeft: number
}

export interface LeaseStore {
  /**
   * Takes or renews as many of `names` as are free, expired or held by `holder` already, at most its fair share among
   * the live holders of these names; gives back what is above it. Resolves to what `holder` holds now.
   */
  acquire(names: readonly string[], holder: string, seconds: number): Promise<Lease[]>
  /** Gives back everything of `holder`. Idempotent. */
  release(holder: string): Promise<void>
  /** Every lease that is known, also expired ones. */
  list(): Promise<Lease[]>
}
