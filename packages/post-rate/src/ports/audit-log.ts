/** A decision of an administrator. */
export interface AuditNote {
  /** Who decides, 1-255 characters. */
  by: string
  /** For example `posts delete`. */
  action: string
  /** For example `post 17`; null where naming it would keep what is to be erased. */
  subject?: string | null | undefined
  /** 1-1000 characters. */
  reason?: string | null | undefined
}

/** A decision as it is stored. Times are ISO 8601. */
export interface AuditEntry extends Required<AuditNote> {
  id: number
  at: string
  /** Null while it is carried out, and for ever where its process was killed. */
  endedAt: string | null
  /** What came of it, for example `{ "ratings": 12 }`; `{ "error": … }` where it failed. */
  outcome: Record<string, unknown> | null
}

export interface AuditQuery {
  /** 1-1000, default 100. */
  limit?: number | undefined
  /** Only entries with a smaller id: the next page. */
  before?: number | undefined
}

/** The same with its defaults. */
export interface AuditPage {
  limit: number
  before: number
}

/** Who decided what. All methods reject with `UNAVAILABLE` when the store cannot be reached. */
export interface AuditLog {
  /** Durable when it resolves, before the decision is carried out. Resolves to the entry's id. Not idempotent. */
  begin(note: Required<AuditNote>): Promise<number>
  /** Adds what came of it. Idempotent. */
  end(id: number, outcome: Record<string, unknown>): Promise<void>
  /** Newest first. */
  list(query: AuditPage): Promise<AuditEntry[]>
}
