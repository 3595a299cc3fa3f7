import type { AuditLog } from './audit-log.ts'
import type { AuditStore } from './audit-store.ts'
import type { Clock } from './clock.ts'
import type { EventBus } from './event-bus.ts'
import type { GuardStore } from './guard-store.ts'
import type { HistoryReader } from './history-reader.ts'
import type { IncidentEvents, IncidentStore } from './incident-store.ts'
import type { LeaseStore } from './lease-store.ts'
import type { Logger } from './logger.ts'
import type { ModerationStore } from './moderation-store.ts'
import type { Outbox } from './outbox.ts'
import type { PostStore } from './post-store.ts'
import type { QuarantineStore } from './quarantine-store.ts'
import type { RatingStore } from './rating-store.ts'
import type { RebuildStore } from './rebuild-store.ts'
import type { RecordReader } from './record-reader.ts'
import type { Schema } from './schema.ts'
import type { SettingsStore } from './settings-store.ts'
import type { StateStore } from './state-store.ts'
import type { StatsStore } from './stats-store.ts'
import type { UserExclusionStore } from './user-exclusion-store.ts'
import type { Webhook } from './webhook.ts'

/** What a host may replace, each by its token. */
export interface Ports {
  ratingStore: RatingStore
  postStore: PostStore
  recordReader: RecordReader
  historyReader: HistoryReader
  outbox: Outbox
  leaseStore: LeaseStore
  eventBus: EventBus
  statsStore: StatsStore
  stateStore: StateStore
  auditStore: AuditStore
  auditLog: AuditLog
  rebuildStore: RebuildStore
  moderationStore: ModerationStore
  userExclusionStore: UserExclusionStore
  guardStore: GuardStore
  incidentStore: IncidentStore
  incidentEvents: IncidentEvents
  quarantineStore: QuarantineStore
  settingsStore: SettingsStore
  schema: Schema
  /** Null without the option `webhook`. */
  webhook: Webhook | null
  clock: Clock
  logger: Logger
}
