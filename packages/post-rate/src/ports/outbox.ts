import type { FoldContext, PostStats, StatsChange, StatsEvent } from '../domain/post-stats.ts'
import type { RatingChange } from '../domain/rating-change.ts'

/** A folded change on its way to the event bus. `id` is the outbox's own, and never another change's, also after a restore. */
export interface OutgoingChange {
  id: string
  message: RatingChange
}

/** Which part of the posts a relay works on: those with `postId % count = index`. */
export interface Shard {
  index: number
  count: number
}

/**
 * Computes the new states of one batch. Called inside the fold's transaction, with the posts' rows locked; it must be
 * pure, since a batch that fails is folded again.
 */
export type FoldBatch = (batch: {
  states: PostStats[]
  events: { id: string; event: StatsEvent }[]
  context: FoldContext
  /** Posts whose window ended; their states are among `states`. */
  now: number
}) => FoldedChange[]

/** A new version of a state; `eventId` is the outbox id of the event behind it, null for a window's end alone. */
export interface FoldedChange {
  eventId: string | null
  change: StatsChange
}

export interface FoldReport {
  /** Outbox rows folded. */
  events: number
  /** Window ends stepped. */
  steps: number
  /** True when nothing that was committed before the fold is left to do. */
  drained: boolean
  /** How far the shard is complete, milliseconds since the epoch. */
  watermark: number
  /** What was folded, now committed, oldest version first: the same that {@link Outbox.unpublished} gives out. */
  changes: OutgoingChange[]
  /** By how much the database's clock had been ahead when this shard was folded before; 0 or absent where it was not. */
  clockSetBackMs?: number
}

/** Committed changes of ratings, waiting to be folded into states and then to be published. */
export interface Outbox {
  /**
   * Folds the oldest unfolded events and steps the windows that are due, at most `limit` of each: new states, their
   * versions and the marks on the events commit together or not at all. Safe from several relays at once.
   */
  fold(shard: Shard, limit: number, fold: FoldBatch): Promise<FoldReport>
  /** Folded changes not yet acknowledged, oldest first. Repeated until {@link acknowledge}, with the same content. */
  unpublished(shard: Shard, limit: number): Promise<OutgoingChange[]>
  /** Forgets changes that the bus has made durable. Idempotent. */
  acknowledge(ids: readonly string[]): Promise<void>
  /** Records that a post of the host's own is gone: its ratings are withdrawn, its state becomes a tombstone. Idempotent. */
  bury(postId: number): Promise<void>
  /**
   * What has not been acknowledged yet, folded or not, the age of the oldest in seconds (0 for none), and how many events
   * were ever folded. Cheap however much waits: the number is exact up to 1,000, and an estimate above.
   */
  backlog(): Promise<Backlog>
}

export interface Backlog {
  /** Exact up to 1,000; above that an estimate, never below 1,001. */
  rows: number
  oldestSeconds: number
  /** Events folded so far, by all shards. */
  folded: number
  /** Only where it happened within a day: see {@link ClockSetBack}. */
  clockSetBack?: ClockSetBack
}

/** The database's clock was ahead of the present by so many seconds; a relay found it right again at `at` (ISO 8601). */
export interface ClockSetBack {
  at: string
  seconds: number
}
