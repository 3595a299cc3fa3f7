import type { PostStats } from '../domain/post-stats.ts'

/**
 * What the gate did with a state: `written`, already there (`same`), refused because the store has a newer one
 * (`stale`), refused because the store has another one of the same version (`conflict`), or refused because the store
 * knows nothing of the post and the caller cannot vouch that it exists (`unknown`).
 */
export type ApplyOutcome = 'written' | 'same' | 'stale' | 'conflict' | 'unknown'

/** The store's own mark: whether it is the one that was filled, and how complete it is. */
export interface StoreMark {
  /** Changes when the store was replaced or emptied; null where the mark is lost. */
  identity: string | null
  /** Milliseconds since the epoch; everything committed before it is in the store. */
  watermark: number | null
  /**
   * The deployment whose copies these are; null where nobody has said, and no deployment's name while another one is
   * taking over.
   */
  source: string | null
  /** Who holds the store; only in the answer to a request with `holdMs`. */
  holder?: string
}

/** See {@link StatsStore.mark}. */
export interface MarkToSet {
  source: string
  watermark?: number
  holdMs?: number
}

export interface StatsRead {
  /** Copies that are whole; a damaged one counts as missing. Tombstones are included. */
  states: Map<number, PostStats>
  watermark: number | null
  /** As in {@link StoreMark}: copies of another deployment are of other posts. */
  source: string | null
}

/** See {@link StatsStore.read}. */
export interface ReadOptions {
  patient?: boolean
  known?: readonly PostStats[]
  onlyKnown?: boolean
}

/** A copy of the states for readers. It may lose anything at any time; it never takes an older state over a newer one. */
export interface StatsStore {
  /** False where nothing is kept and readers always go to the record. */
  readonly keeps: boolean
  /**
   * One round trip. Rejects with `UNAVAILABLE` within the read timeout, which is short: somebody waits for a page.
   * `patient`: nobody does, so it may take as long as a write. `known`: states that the caller has; for a copy that is
   * equal to one of them the answer may have that very object, which spares the sending and reading of it. `onlyKnown`: the
   * answer has those alone, of posts that are not deleted; an equal copy may be missing in it, a different one is never in it.
   */
  read(ids: readonly number[], options?: ReadOptions): Promise<StatsRead>
  /**
   * Sets each state where it is newer, atomically per post; idempotent. Outcomes in the order of `states`.
   * `trusted`: read from the record, so a missing key is written and one above `ceiling` (exclusive) is overwritten.
   */
  apply(states: readonly PostStats[], options: { trusted: boolean; ceiling: number }): Promise<ApplyOutcome[]>
  /**
   * Post ids that the store holds, in batches, in any order, possibly repeated. Each batch is one short step, also where it
   * is empty: whoever is in no hurry pauses after it.
   */
  ids(): AsyncIterable<number[]>
  /** Removes posts. Idempotent. */
  remove(ids: readonly number[]): Promise<void>
  /**
   * Reads the mark. Where a `watermark` is given, it is set first, with its `source`. `holdMs`: only where `source` holds
   * the store, which it takes in one step for that time where nobody holds it, or it does so already. A store that has no
   * source gets this one then, so that readers know whose the first state is. A store that another deployment left has no
   * deployment's source from then on, until the watermark is set: what is in it is not yet the holder's.
   */
  mark(set?: MarkToSet): Promise<StoreMark>
}
