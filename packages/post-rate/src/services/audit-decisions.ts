import { checkUserId, lengthInCodePoints } from '../domain/ids.ts'
import { invalidInput } from '../errors.ts'
import type { AuditEntry, AuditLog, AuditNote, AuditQuery } from '../ports/audit-log.ts'

const longestReason = 1_000

/** Who takes a decision, and why. */
export interface DecisionNote {
  /** 1-255 characters. Left out, the audit entry says `unnamed`. */
  by?: string | undefined
  /** 1-1000 characters. */
  reason?: string | undefined
}

export function deciderOf({ by = 'unnamed', reason }: DecisionNote): Pick<AuditNote, 'by' | 'reason'> {
  return { by, reason }
}

/** Writes an entry before a decision is carried out, and adds what came of it. */
export class AuditDecisions {
  readonly #log: AuditLog

  constructor(log: AuditLog) {
    this.#log = log
  }

  async during<T>(
    note: AuditNote,
    work: () => Promise<T>,
    outcomeOf: (result: T) => Record<string, unknown> = () => ({}),
  ): Promise<T> {
    const id = await this.#log.begin(checkNote(note))
    let result: T
    try {
      result = await work()
    } catch (error) {
      // The decision's own error counts, also where the log cannot be reached any more.
      await this.#log.end(id, { error: error instanceof Error ? error.message : String(error) }).catch(() => {})
      throw error
    }
    await this.#log.end(id, outcomeOf(result))
    return result
  }

  async list({ limit = 100, before = Number.MAX_SAFE_INTEGER }: AuditQuery = {}): Promise<AuditEntry[]> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw invalidInput('limit', 'must be from 1 to 1000')
    if (!Number.isSafeInteger(before) || before < 1) throw invalidInput('before', 'must be the id of an entry')
    return this.#log.list({ limit, before })
  }
}

function checkNote({ by, action, subject = null, reason = null }: AuditNote): Required<AuditNote> {
  return { by: checkUserId(by, 'by'), action, subject, reason: reason === null ? null : checkReason(reason) }
}

/** @throws PostRateError INVALID_INPUT */
export function checkReason(reason: unknown): string {
  if (typeof reason !== 'string' || reason.trim() === '' || lengthInCodePoints(reason) > longestReason)
    throw invalidInput('reason', `must have 1 to ${longestReason} characters`)
  if (/[\0\p{Cs}]/u.test(reason)) throw invalidInput('reason', 'must not contain NUL or half a character')
  return reason
}
