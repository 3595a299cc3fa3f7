import { MemoryAuditLog } from './memory-audit-log.ts'
import { MemoryAuditStore } from './memory-audit-store.ts'
import { MemoryGuardStore } from './memory-guard-store.ts'
import { MemoryHistoryReader } from './memory-history-reader.ts'
import { MemoryIncidentEvents, MemoryIncidentStore } from './memory-incident-store.ts'
import { MemoryLeaseStore } from './memory-lease-store.ts'
import { MemoryModerationStore } from './memory-moderation-store.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { MemoryPostStore } from './memory-post-store.ts'
import { MemoryQuarantineStore } from './memory-quarantine-store.ts'
import { MemoryRatingStore } from './memory-rating-store.ts'
import { MemoryRebuildStore } from './memory-rebuild-store.ts'
import type { MemoryRecord } from './memory-record.ts'
import { MemoryRecordReader } from './memory-record-reader.ts'
import { MemorySettingsStore } from './memory-settings-store.ts'
import { MemoryStateStore } from './memory-state-store.ts'
import { MemoryUserExclusionStore } from './memory-user-exclusion-store.ts'

/** Every port of the record over one {@link MemoryRecord}, for `overrides`. There is nothing to migrate. */
export function memoryPorts(record: MemoryRecord) {
  return {
    ratingStore: new MemoryRatingStore(record),
    postStore: new MemoryPostStore(record),
    recordReader: new MemoryRecordReader(record),
    historyReader: new MemoryHistoryReader(record),
    outbox: new MemoryOutbox(record),
    leaseStore: new MemoryLeaseStore(record),
    stateStore: new MemoryStateStore(record),
    auditStore: new MemoryAuditStore(record),
    auditLog: new MemoryAuditLog(record),
    rebuildStore: new MemoryRebuildStore(record),
    moderationStore: new MemoryModerationStore(record),
    userExclusionStore: new MemoryUserExclusionStore(record),
    guardStore: new MemoryGuardStore(record),
    incidentStore: new MemoryIncidentStore(record),
    incidentEvents: new MemoryIncidentEvents(record),
    quarantineStore: new MemoryQuarantineStore(record),
    settingsStore: new MemorySettingsStore(record),
    schema: { migrate: async () => [], status: async () => [], check: async () => {}, bypasses: async () => [] },
    clock: record.clock,
  }
}
