import { invalidInput, PostRateError } from '../../errors.ts'
import { type ConnectionWords, connectionProblem, reasonOf, startHint } from '../connection-problem.ts'

const words: ConnectionWords = {
  encrypt: '`sslmode=verify-full` in the database URL',
  plain: 'leave `sslmode` out of the database URL',
  ca: '`sslrootcert=FILE` of the database URL (`ssl.ca` in options)',
  certificate: '`sslcert=FILE` and `sslkey=FILE` of the database URL',
  login: 'the database URL (`DATABASE_URL`)',
}

/** Where a statement was to run: `address` is host and port, never the password. */
export interface Target {
  schema: string
  address(): string
  /** Whether this process has worked on the schema before. */
  readonly schemaWasThere: boolean
  /** The database's user. */
  user(): string
}

/** What an error of pg, or of Sequelize on top of it, means in the library's words; itself where it means nothing there. */
export function translateError(error: unknown, target: Target): unknown {
  if (error instanceof PostRateError) return error
  const { code } = (error ?? {}) as { code?: unknown }
  if (isOfSchema(error))
    return target.schemaWasThere ? schemaGone(target.schema, error) : schemaTooOld(target.schema, error)
  if (code === '42501') return notPermitted(error, target)
  return (
    unreadableFile(error) ??
    rejectedBy(error) ??
    (meansUnavailable(error, code) ? postgresUnavailable(error, target) : error)
  )
}

/**
 * A constraint (23), what a trigger raises with `raise exception` (P0) or with a code of its own for a user's error (45), a view's check
 * option (44). The library meets its own constraints: what fails here is a rule of the host's.
 */
export function isRejection(state: string): boolean {
  return /^(23|44|45|P0)/.test(state)
}

/** `REJECTED` with the host's rule in it; null for any other error. */
function rejectedBy(error: unknown): PostRateError | null {
  if (!isDatabaseError(error) || !isRejection(error.code)) return null
  const { constraint, table } = error as { constraint?: unknown; table?: unknown }
  if (typeof constraint !== 'string')
    return new PostRateError('REJECTED', `The database rejected the row: ${reasonOf(error)}.`, { cause: error })
  const message = `The constraint ${constraint} of the table ${table} rejected the row: ${reasonOf(error)}.`
  return new PostRateError('REJECTED', message, { cause: error, constraint })
}

/** Something of the schema is absent: a table, a column, a function, the index that an upsert needs. */
function isOfSchema(error: unknown): boolean {
  return isDatabaseError(error) && ['42P01', '3F000', '42703', '42883', '42P10'].includes(error.code)
}

const ownTables =
  /^(posts|ratings|rating_outbox|post_stats|settings|relay_progress|leases|exclusions|rebuild_progress|audit_log|withdrawals|audit_progress|excluded_users|excluded_users_changes|incidents|incident_events|migrations)$/

/** The rights of a role that rates, reads and runs the roles, by what PostgreSQL calls the object. */
const grants: Record<string, (schema: string, name: string) => string> = {
  database: (_, name) => `create on database ${name}`,
  schema: (_, name) => `usage on schema ${name}`,
  table: (schema, name) => `select, insert, update, delete on ${ownTables.test(name) ? `${schema}.` : ''}${name}`,
  sequence: (schema, name) => `usage, select, update on sequence ${schema}.${name}`,
  function: (schema, name) => `execute on function ${schema}.${name}`,
}

function notPermitted(error: unknown, target: Target): PostRateError {
  const reason = reasonOf(error)
  const [, kind = '', name = ''] = /^permission denied for (\w+) (.+)$/.exec(reason) ?? []
  const grant = grants[kind]
  const user = target.user()
  const next =
    grant === undefined
      ? `Run this as the owner of the schema ${target.schema}`
      : `Run this there as the owner: \`grant ${grant(target.schema, name)} to ${user}\``
  return new PostRateError('NOT_PERMITTED', `PostgreSQL refuses ${user}: ${reason}. ${next}.`, { cause: error })
}

/** `INVALID_INPUT` where a file that the URL names, a certificate, cannot be read; null for any other error. */
export function unreadableFile(error: unknown): PostRateError | null {
  const { code, syscall, path } = (error ?? {}) as { code?: unknown; syscall?: unknown; path?: unknown }
  if (syscall !== 'open' || typeof path !== 'string') return null
  return invalidInput('database', `${path}, which the database URL names, cannot be read (${code})`)
}

export function schemaTooOld(schema: string, cause: unknown): PostRateError {
  return new PostRateError(
    'SCHEMA_TOO_OLD',
    `The schema ${schema} is missing or too old: run \`post-rate migrate\`, or \`await postRate.migrate()\` before anything else. Where the posts live in a table of the host's, its post store must be given in \`overrides\`.`,
    { cause },
  )
}

/** A restore drops the schema and makes it again, table by table: what asks meanwhile has to ask again. */
function schemaGone(schema: string, cause: unknown): PostRateError {
  return new PostRateError(
    'UNAVAILABLE',
    `Parts of the schema ${schema} are gone (${reasonOf(cause)}). Wait until the restore has ended, or run \`post-rate migrate\`.`,
    { cause },
  )
}

/** `UNAVAILABLE`, with the server's address and what to do about it. */
export function postgresUnavailable(error: unknown, target: Target): PostRateError {
  const address = target.address()
  const problem = connectionProblem(error, words)
  return new PostRateError(
    'UNAVAILABLE',
    problem === null
      ? `Cannot reach PostgreSQL at ${address}: ${reasonOf(error)}. ${startHint(error, 'postgres')}, or correct the database URL.`
      : `Cannot use PostgreSQL at ${address}: ${problem} (${reasonOf(error)}).`,
    { cause: error },
  )
}

/** By its shape: a host's pool may come from another copy of pg. */
export function isDatabaseError(error: unknown): error is Error & { code: string } {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown }
  return error instanceof Error && severity !== undefined && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
}

/** Away, starting up, shutting down, out of connections or of time: nothing that the caller's data caused. */
function meansUnavailable(error: unknown, code: unknown): boolean {
  if (typeof code === 'string' && /^(08|53|58|57P|25006|25P0[34]|57014|55P03|40001|40P01|3D000|28)/.test(code))
    return true
  if (isDatabaseError(error)) return false
  if (typeof code === 'string' && /^(E[A-Z]+|CERT_|DEPTH_|SELF_|UNABLE_|ERR_(TLS|SSL))/.test(code)) return true
  if (error instanceof AggregateError) return true
  return (
    error instanceof Error &&
    /terminated|timeout|Connection|SSL|not queryable|pool after calling end/i.test(error.message)
  )
}
