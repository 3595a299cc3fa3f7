/** What has happened, over all schedules: a run in which nothing happened proves nothing. */
export class Tally {
  readonly counts = new Map<string, number>()

  count(what: string, times = 1): void {
    if (times > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + times)
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0
  }
}
