import type { HistoryBucket } from '../domain/rating-history.ts'
import type { Exclusion } from '../ports/moderation-store.ts'

/** A post's history, all of it, as of one moment. */
export interface WholeHistory {
  buckets: readonly HistoryBucket[]
  exclusions: readonly Exclusion[]
}

/** Which figures of a post a history belongs to. */
export interface FiguresShown {
  asOf: string
  version: number
  /** Until when the figures hold; null where a change shows at once. Milliseconds since the epoch. */
  until: number | null
}

interface Kept extends FiguresShown {
  history: Promise<WholeHistory>
  /** Buckets: what keeping it costs. 0 until it has been read. */
  size: number
}

/** Buckets that are kept at most: some 25 MB. A single history is kept however long it is. */
const mostKept = 100_000
/** Histories that are kept at most. */
const mostHistories = 5_000

/**
 * The histories of posts, each kept until the post's figures change. All who want one that is being read share the reading.
 */
export class KeptHistories {
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>()
  #size = 0

  /** The history of these figures, from memory or by `read`. `now`: the database's time. */
  get(key: string, figures: FiguresShown, now: number, read: () => Promise<WholeHistory>): Promise<WholeHistory> {
    const known = this.#kept.get(key)
    if (known !== undefined && holds(known, figures, now)) {
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known.history
    }
    this.#drop(key)
    const kept: Kept = { ...figures, history: read(), size: 0 }
    this.#kept.set(key, kept)
    kept.history.then(
      ({ buckets }) => this.#measure(key, kept, buckets.length),
      () => this.#kept.get(key) === kept && this.#drop(key),
    )
    return kept.history
  }

  #measure(key: string, kept: Kept, size: number): void {
    if (this.#kept.get(key) !== kept) return
    kept.size = size
    this.#size += size
    for (const oldest of this.#kept.keys()) {
      if (oldest === key || (this.#size <= mostKept && this.#kept.size <= mostHistories)) break
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#size -= this.#kept.get(key)?.size ?? 0
    this.#kept.delete(key)
  }
}

/** In the window for which figures were promised nothing changes; afterwards only a fold changes them, with a new version. */
function holds(kept: Kept, { asOf, version }: FiguresShown, now: number): boolean {
  return kept.asOf === asOf && (kept.version === version || (kept.until !== null && now < kept.until))
}
