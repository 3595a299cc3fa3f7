import type { PostgresDatabase, Queryable } from './postgres-database.ts'
import { patience } from './row-locks.ts'

/** The transactions that have written ratings and not ended, or are about to write one. */
export async function ratingWriters(database: PostgresDatabase): Promise<string[]> {
  const rows = await database.query<{ transaction: string }>({
    text: `
select distinct virtualtransaction as transaction from pg_locks
where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = '${database.schema}.ratings'::regclass
  and database = (select oid from pg_database where datname = current_database()) and pid is distinct from pg_backend_pid()`,
  })
  return rows.map((row) => row.transaction)
}

/**
 * Notes that other ratings are excluded than before, for transactions with one snapshot, which hold that row while they rate. Rejects
 * with a lock timeout where such a transaction does not end.
 */
export async function noteExclusions(connection: Queryable, schema: string): Promise<void> {
  await connection.query(
    `with ${patience} update ${schema}.excluded_users_changes set changes = changes + 1 where exists (select from patience)`,
  )
}
