import type { AuditEntry, AuditLog, AuditNote, AuditPage } from '../../ports/audit-log.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { isoTime } from './stats-row.ts'

interface AuditRow {
  id: number
  at: number
  decided_by: string
  action: string
  subject: string | null
  reason: string | null
  ended_at: number | null
  outcome: Record<string, unknown> | null
}

export class PostgresAuditLog implements AuditLog {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async begin({ by, action, subject, reason }: Required<AuditNote>): Promise<number> {
    const [row] = await this.#database.query<{ id: number }>({
      text: `insert into ${this.#table} (decided_by, action, subject, reason) values ($1, $2, $3, $4) returning id`,
      values: [by, action, subject, reason],
    })
    return (row as NonNullable<typeof row>).id
  }

  async end(id: number, outcome: Record<string, unknown>): Promise<void> {
    await this.#database.query({
      text: `update ${this.#table} set ended_at = clock_timestamp(), outcome = $2 where id = $1`,
      values: [id, JSON.stringify(outcome)],
    })
  }

  async list({ limit, before }: AuditPage): Promise<AuditEntry[]> {
    const rows = await this.#database.query<AuditRow>({
      text: `select * from ${this.#table} where id < $1 order by id desc limit $2`,
      values: [before, limit],
    })
    return rows.map(({ id, at, decided_by: by, action, subject, reason, ended_at: endedAt, outcome }) => ({
      ...{ id, at: isoTime(at), by, action, subject, reason, outcome },
      endedAt: endedAt === null ? null : isoTime(endedAt),
    }))
  }

  get #table(): string {
    return `${this.#database.schema}.audit_log`
  }
}
