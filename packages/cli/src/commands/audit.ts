import type { AuditEntry } from 'post-rate'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { table } from '../table.ts'

/** The decisions of administrators, the newest first. */
export async function listAudit(context: Context): Promise<number> {
  const { limit, before } = context.flags as { limit: number; before?: number }
  const postRate = await context.open()
  const entries = await postRate.audit.list({ limit, ...(before === undefined ? {} : { before }) })
  const { talk } = context
  if (talk.json) await talk.document(entries)
  else if (entries.length === 0) talk.note('Nothing has been decided.')
  else for (const line of auditTable(entries, talk.columns)) await talk.line(line)
  return exitCodes.done
}

function auditTable(entries: readonly AuditEntry[], columns: number): string[] {
  return table(
    [
      { title: 'ID', align: 'right' },
      { title: 'AT' },
      { title: 'BY' },
      { title: 'ACTION' },
      { title: 'SUBJECT' },
      { title: 'OUTCOME' },
      { title: 'REASON', flexible: true },
    ],
    entries.map(({ id, at, by, action, subject, outcome, reason }) => [
      String(id),
      at,
      by,
      action,
      subject ?? '-',
      outcome === null ? 'not ended' : outcomeText(outcome),
      reason ?? '-',
    ]),
    columns,
  )
}

function outcomeText(outcome: Record<string, unknown>): string {
  const parts = Object.entries(outcome).map(
    ([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  )
  return parts.join(', ') || 'done'
}
