import type { AuditEntry, AuditLog, AuditNote, AuditPage } from '../../ports/audit-log.ts'
import type { MemoryRecord } from './memory-record.ts'

/** The audit log of a {@link MemoryRecord}. */
export class MemoryAuditLog implements AuditLog {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async begin(note: Required<AuditNote>): Promise<number> {
    const { auditLog, clock } = this.#record
    const at = new Date(clock.now()).toISOString()
    return auditLog.push({ id: auditLog.length + 1, at, ...note, endedAt: null, outcome: null })
  }

  async end(id: number, outcome: Record<string, unknown>): Promise<void> {
    const entry = this.#record.auditLog[id - 1]
    if (entry) Object.assign(entry, { endedAt: new Date(this.#record.clock.now()).toISOString(), outcome })
  }

  async list({ limit, before }: AuditPage): Promise<AuditEntry[]> {
    const older = this.#record.auditLog.filter(({ id }) => id < before)
    return older.toReversed().slice(0, limit)
  }
}
