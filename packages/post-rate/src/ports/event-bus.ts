import type { PostStats } from '../domain/post-stats.ts'
import type { RatingChange } from '../domain/rating-change.ts'

/** What a subscriber gets: states in the order of their partition. */
export interface StatsHandler {
  /**
   * Applies states. The bus commits its position only after it resolves, and delivers again what was not committed.
   * `heartbeat` keeps the membership during long work and rejects when it is lost.
   */
  apply(states: PostStats[], heartbeat: () => Promise<void>): Promise<void>
}

export interface SubscribeOptions {
  /** Stop once everything that is on the bus at the start has been applied. */
  once?: boolean
}

export interface Subscription {
  /** Resolves when a `once` subscription has drained or after {@link stop}; rejects when it cannot go on. */
  finished: Promise<void>
  /** True while it is a member that makes progress; readiness asks it. */
  healthy(): boolean
  /** Finishes and commits what is in hand. Idempotent. */
  stop(): Promise<void>
  counts(): SubscriptionCounts
}

export interface SubscriptionCounts {
  /** Messages taken from the bus. */
  received: number
  /** Skipped: unreadable, or with an impossible version. */
  unreadable: number
  /** Skipped: of another database. */
  foreign: number
  /** Partitions paused because of a schema from the future. */
  paused: number
}

/** How far a consumer is behind on one partition, in messages. */
export interface PartitionLag {
  partition: number
  end: number
  committed: number
  lag: number
}

/** Carries states from the relay to the projector. Delivery is at least once; order holds per post and publisher. */
export interface EventBus {
  /** Durable when it resolves. Rejects with `UNAVAILABLE`; the same changes are then published again. */
  publish(changes: readonly RatingChange[]): Promise<void>
  subscribe(handler: StatsHandler, options?: SubscribeOptions): Promise<Subscription>
  /** Empty where the bus keeps nothing, or has nothing yet. */
  lag(): Promise<PartitionLag[]>
  /** Idempotent. */
  close(): Promise<void>
}
