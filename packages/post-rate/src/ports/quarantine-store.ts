import type { IncidentRecord } from '../domain/incident.ts'
import type { ModerationNote } from './moderation-store.ts'

/**
 * Quarantines: exclusions that the outbox makes in the fold that arms a guard, when the deployment asks for them. From that commit on each
 * rating that one covers is marked as excluded in its own commit, whoever stores it. A quarantine ends when its incident is decided, or
 * when its time is over. Both methods reject with `UNAVAILABLE` when the store cannot be reached.
 */
export interface QuarantineStore {
  /** Ends the quarantines of an incident: later ratings count. Those that it held come back with `settle`. Idempotent. */
  release(incident: Pick<IncidentRecord, 'postId' | 'from' | 'to'>, note: ModerationNote): Promise<void>
  /**
   * Ends what is over its time. Then it marks the ratings that quarantines cover and that were stored before these, and brings back those
   * that nothing excludes any more, in steps, each durable by itself and recorded for the relay. Idempotent; safe from several processes.
   * Where it was killed or other transactions hold ratings, the next call does the rest.
   */
  settle(postId?: number): Promise<SettledQuarantines>
}

export interface SettledQuarantines {
  /** Ratings that stopped counting, or count again. */
  moved: number
  /** Quarantines that still need a call. */
  left: number
}
