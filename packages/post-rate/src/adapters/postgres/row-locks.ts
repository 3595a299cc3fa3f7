import { PostRateError } from '../../errors.ts'
import { sqlState } from './postgres-database.ts'

/** Milliseconds that a statement waits for one row. A lock of a batch lasts a tenth of that, also on a slow disk. */
export const patienceMs = 200

/**
 * Ends a statement that waits for a lock of another transaction. It has to be referenced where the statement gets its rows from. The
 * setting is the statement's own: the session keeps the value that it has.
 */
export const patience = `patience as materialized (select set_config('lock_timeout', '${patienceMs}', true))`

/** The statement's patience ended. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03'
}

/** Another transaction keeps `what` locked. */
export function keptLocked(what: string): PostRateError {
  return new PostRateError('OVERLOADED', `Another transaction keeps ${what} locked: end it, then repeat this.`)
}

/**
 * Joins one row that is found by its key. Not as a plain join or `exists`: a plan that was cached while a table was small would go
 * through all of it for each batch, until the table is analyzed.
 */
export function lookup(select: string, alias: string): string {
  return `left join lateral (${select} limit 1) ${alias} on true`
}
