import type { IncidentEvent, IncidentRecord, IncidentState } from '../domain/incident.ts'

export interface IncidentPage {
  state: IncidentState | null
  postId: number | null
  limit: number
  /** Only incidents with a smaller id. */
  after: number | null
}

/** A decision about an incident. */
export interface IncidentDecision {
  state: 'released' | 'excluded'
  by: string
  reason: string
}

/** Incidents as a status gives them. */
export interface IncidentFigures {
  /** Incidents about which nobody has decided and that are not over. */
  open: number
  /** Seconds since the oldest of them began; 0 without one. */
  oldestSeconds: number
  /** Webhook deliveries that were tried and given up, of the last 30 days. */
  deadLetters: number
}

/**
 * The incidents of posts. The outbox writes them in the transaction of its fold (`domain/incident.ts` says what), each once, and erases
 * those of a deleted post. All methods reject with `UNAVAILABLE` when the store cannot be reached.
 */
export interface IncidentStore {
  /** Newest first. Running incidents have the live figures of their posts. */
  list(page: IncidentPage): Promise<IncidentRecord[]>
  /** Null where there is none. `newRaters` is computed from the ratings of the period. */
  get(id: number): Promise<{ incident: IncidentRecord; newRaters: number | null } | null>
  /**
   * Notes a decision about an incident, and an event `decided` in the same transaction. The evidence stays what the caller read: what was
   * excluded meanwhile has left the live figures. Null where the incident is gone. Not idempotent: each call makes an event.
   */
  decide(incident: IncidentRecord, decision: IncidentDecision): Promise<IncidentRecord | null>
  figures(): Promise<IncidentFigures>
  /**
   * Closes running incidents of posts that have been quiet for six hours, reduces those that ended a year ago to summaries, and forgets
   * old deliveries. Idempotent; safe from several processes.
   */
  tidy(): Promise<void>
}

/** Receivers of incident events. Each gets every event. */
export type IncidentReceiver = 'hook' | 'webhook'

/** An event on its way to a receiver. */
export interface IncidentDelivery extends IncidentEvent {
  /** This attempt included. */
  attempts: number
}

/** Events of incidents, stored in the transaction that changed the incident, until each receiver has got them. */
export interface IncidentEvents {
  /**
   * Takes the oldest events that are due, at most `limit`, for `leaseSeconds`: after that an event that is not settled is due again. No
   * other process gets them meanwhile. Events older than `giveUpSeconds` are not given out any more.
   */
  claim(
    receiver: IncidentReceiver,
    limit: number,
    times: { leaseSeconds: number; giveUpSeconds: number },
  ): Promise<IncidentDelivery[]>
  /** The receiver has got it. Idempotent. */
  delivered(receiver: IncidentReceiver, id: string): Promise<void>
  /** The receiver has not got it: it is due again after `pauseSeconds`. Idempotent. */
  failed(receiver: IncidentReceiver, id: string, pauseSeconds: number): Promise<void>
}
