import { type LoopTimings, loopTimings } from './loop.ts'

/** Durations of the relay. Production uses {@link relayTimings}; tests pass shorter ones. */
export interface RelayTimings extends LoopTimings {
  /** Duration of a lease. With the renewal it bounds the time without a relay after one has died or stopped: 15 s. */
  leaseSeconds: number
  renewEveryMs: number
  /** A fold that takes longer does not grow: at twice the size it might meet the time limit of its transaction. */
  slowFoldMs: number
  /** Pause of an idle relay that saw work within `busyForMs`. */
  busyPauseMs: number
  busyForMs: number
  /** Pause of an idle relay that saw no work for longer. */
  idlePauseMs: number
  /** Time after a change at which a process without a relay looks whether one runs elsewhere: longer than a takeover takes. */
  missingAfterMs: number
  /** Pause of an idle publisher before it looks for changes that another relay folded and never published. */
  idlePublishMs: number
}

export const relayTimings: RelayTimings = {
  ...loopTimings,
  leaseSeconds: 9,
  renewEveryMs: 3_000,
  slowFoldMs: 1_000,
  busyPauseMs: 5,
  busyForMs: 5_000,
  idlePauseMs: 200,
  idlePublishMs: 1_000,
  missingAfterMs: 15_000,
}

/** Durations of the background audit. Production uses {@link auditTimings}; tests pass shorter ones. */
export interface AuditTimings extends LoopTimings {
  /** Pause between two looks at the triggers and the tables: after a restore everything is compared within a minute. */
  lookEveryMs: number
  /** What comparing one range should take. */
  rangeMs: number
  /** The share of the time in which the database compares, at most: it keeps below 2 % of a core. */
  load: number
}

export const auditTimings: AuditTimings = { ...loopTimings, lookEveryMs: 5_000, rangeMs: 200, load: 0.015 }

/** Durations of the reconciler. Production uses {@link reconcilerTimings}; tests pass shorter ones. */
export interface ReconcilerTimings {
  /** Pause between two rounds over the recent changes, and the shortest one between two comparisons of everything. */
  roundPauseMs: number
  /** Pause between two pages of the comparison of everything: 100,000 posts take 25 s. */
  pagePauseMs: number
  /** Time from one comparison of everything to the next one, and from one search for unknown posts to the next one. */
  comparisonEveryMs: number
  /** Pause between two steps of that search, each of some 1000 keys: 1 or 2 ms of Redis' time, whosever the keys are. */
  scanPauseMs: number
  /** After the floor rose a slow write may take what lies above it for corruption, and overwrite it: longer than one takes. */
  uneasyMs: number
  /** In that time recent changes are brought again. Every second, it tripled the time of a rating to Redis (P7 of the bench). */
  againEveryMs: number
  leaseSeconds: number
  renewEveryMs: number
}

export const reconcilerTimings: ReconcilerTimings = {
  roundPauseMs: 1_000,
  pagePauseMs: 250,
  comparisonEveryMs: 20_000,
  scanPauseMs: 1_000,
  uneasyMs: 30_000,
  againEveryMs: 5_000,
  leaseSeconds: 12,
  renewEveryMs: 3_000,
}

/** Durations of the deliveries of incident events. Production uses {@link incidentTimings}; tests pass shorter ones. */
export interface IncidentTimings extends LoopTimings {
  /** Pause between two looks at the events that are due. */
  pollMs: number
  tidyEveryMs: number
  /** Time after which an event that was claimed and not settled is due again: longer than a round of deliveries takes. */
  leaseSeconds: number
  /** Age at which an event is given up. `IncidentStore.figures` counts those of more than a day. */
  giveUpSeconds: number
  /** Pause after the first failed attempt. It doubles with each one, up to the longest. */
  firstPauseSeconds: number
  longestPauseSeconds: number
}

export const incidentTimings: IncidentTimings = {
  ...loopTimings,
  pollMs: 1_000,
  tidyEveryMs: 60_000,
  leaseSeconds: 150,
  giveUpSeconds: 86_400,
  firstPauseSeconds: 5,
  longestPauseSeconds: 3_600,
}

/** Durations of the work on quarantines. Production uses {@link quarantineTimings}; tests pass shorter ones. */
export interface QuarantineTimings extends LoopTimings {
  /** Pause between two looks. What arrived before a guard was armed counts until then. */
  lookEveryMs: number
  /** The same while transactions that write ratings keep a quarantine from being settled. */
  againMs: number
}

export const quarantineTimings: QuarantineTimings = { ...loopTimings, lookEveryMs: 1_000, againMs: 250 }
