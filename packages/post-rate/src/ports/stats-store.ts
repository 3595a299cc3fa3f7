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
  /** The deployment whose copies these are; null where nobody has said. */
  source: string | null
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
  /** Post ids that the store holds, in batches, in any order, possibly repeated. */
  ids(): AsyncIterable<number[]>
  /** Removes posts. Idempotent. */
  remove(ids: readonly number[]): Promise<void>
  /** Reads the mark, and sets it first where something is given. */
  mark(set?: { watermark: number; source: string }): Promise<StoreMark>
}
