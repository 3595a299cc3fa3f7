import type { Footprint } from '../footprint.ts'

/** What a change of a table sets off in the schema's triggers and foreign keys. */
const consequences: Record<string, { writes: string[]; reads: string[] }> = {
  ratings: { writes: ['rating_outbox'], reads: ['posts', 'excluded_users', 'exclusions'] },
  posts: { writes: ['ratings', 'rating_outbox', 'post_stats'], reads: ['settings', 'excluded_users', 'exclusions'] },
}

/**
 * The tables that a statement touches, as its text says. Rows are not told apart, so that two steps are rather taken for
 * conflicting than not. What it wrote is published by a commit.
 */
export function footprintOfSql(text: string): Footprint {
  const sql = text.toLowerCase()
  const reads = new Set<string>()
  const writes = new Set<string>()
  const shares = new Set<string>()
  for (const [, verb = '', table = ''] of sql.matchAll(/(\binto |\bupdate |\bdelete from )?post_rate\.([a-z_]+)/g)) {
    if (verb === '') reads.add(table)
    else write(table)
  }
  for (const table of lockedBy(sql)) writes.add(table)
  if (sql.includes('pg_advisory_xact_lock_shared(')) shares.add('settings lock')
  else if (sql.includes('pg_advisory_xact_lock(')) writes.add('settings lock')
  // It looks for the transactions that write a table.
  if (sql.includes('pg_locks')) for (const table of reads) shares.add(table)
  return { reads, shares, writes, publishes: new Set() }

  function write(table: string): void {
    writes.add(table)
    reads.add(table)
    const { writes: further = [], reads: looked = [] } = consequences[table] ?? {}
    for (const name of further) writes.add(name)
    for (const name of looked) {
      reads.add(name)
      // A foreign key holds the row it refers to.
      shares.add(name)
    }
  }
}

const judgedTogether = ['post_stats', 'settings', 'relay_progress']

/**
 * What a commit shows. Its place among the other commits matters where the judge holds one table against another: a
 * version against the floor, what is displayed against how far it was said to be complete.
 */
export function published(footprint: Footprint): Footprint {
  const judged = judgedTogether.some((table) => footprint.writes.has(table))
  return {
    ...footprint,
    writes: judged ? new Set([...footprint.writes, 'the order of commits']) : footprint.writes,
    publishes: footprint.writes,
  }
}

/** The tables of `for update`: those it names, or else all that the statement reads. */
function lockedBy(sql: string): string[] {
  if (!/\bfor update\b/.test(sql)) return []
  const tables = [...sql.matchAll(/\b(?:from|join|,)\s*post_rate\.([a-z_]+)(?: (?:as )?([a-z]+))?/g)]
  const only = /\bfor update of ([a-z]+)/.exec(sql)?.[1]
  return tables.filter(([, , alias]) => only === undefined || alias === only).map(([, table]) => table as string)
}
