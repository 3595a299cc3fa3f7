/** What this process has done since it was made; each only rises. */
export interface Counters {
  rated: number
  withdrawn: number
  folded: number
  stepped: number
  published: number
  applied: number
  stale: number
  conflicts: number
  reconciled: number
  unreadable: number
  foreign: number
  /** Posts that the background audit of this process compared with their ratings, and those that it repaired. */
  audited: number
  repaired: number
  /** Posts whose average the spike guard began to hold back, and let go; as far as this process published it. */
  armed: number
  released: number
}

export class CounterSet implements Counters {
  rated = 0
  withdrawn = 0
  folded = 0
  stepped = 0
  published = 0
  applied = 0
  stale = 0
  conflicts = 0
  reconciled = 0
  unreadable = 0
  foreign = 0
  audited = 0
  repaired = 0
  armed = 0
  released = 0
}
