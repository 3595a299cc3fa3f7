/** What this process has done; see `Counters` of the API. */
export class CounterSet {
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
}
