import type pg from 'pg'

/**
 * How long what is known of a session is believed. A configuration file that is loaded again changes the defaults of sessions
 * that are open; a host may change those of its own pool.
 */
const believedMs = 10_000

interface Session {
  /** How often the connection was taken from its pool, by anybody. */
  taken: number
  /** The same when the library had it last. */
  seen: number
  /** Until when its settings are known to be the usual ones, by `performance.now()`. */
  usualUntil: number
}

/** Shared by all instances of the library, since they may share a pool of the host's. */
const sessions = new WeakMap<object, Session>()
const watched = new WeakSet<object>()

function sessionOf(client: object): Session {
  const known = sessions.get(client)
  if (known !== undefined) return known
  const made = { taken: 0, seen: 0, usualUntil: 0 }
  sessions.set(client, made)
  return made
}

/** Counts who takes connections from a pool. */
export function watchSessions(pool: pg.Pool): void {
  if (watched.has(pool)) return
  watched.add(pool)
  pool.on('acquire', (client) => {
    sessionOf(client).taken++
  })
}

/** To be called for a connection that has just been taken: whatever others did with it is unknown. */
export function tookSession(client: object): void {
  const session = sessionOf(client)
  if (session.taken !== session.seen + 1) session.usualUntil = 0
  session.seen = session.taken
}

/** Whether the session's own settings are known to be those that the library works with. */
export function isUsual(client: object): boolean {
  return performance.now() < sessionOf(client).usualUntil
}

/** Takes the answer of {@link ownSettings}: behind a pooler the next statement may meet another session. */
export function learnSession(client: object, usual: boolean, backend: number): void {
  const direct = (client as { processID?: number | null }).processID === backend
  sessionOf(client).usualUntil = usual && direct ? performance.now() + believedMs : 0
}

/** The first statement of a transaction; nothing else can choose the level. */
export const ownIsolation = 'set transaction isolation level read committed'

const setting = (name: string) => `pg_catalog.current_setting('${name}', true)`
const set = (name: string, value: string) => `pg_catalog.set_config('${name}', ${value}, true)`

/** Values that change what a statement means, or how its answer reads. */
const values = {
  datestyle: 'ISO, MDY',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
}
/** They would end statements that may take as long as the library waits for them. */
const timeouts = ['statement_timeout', 'lock_timeout', 'transaction_timeout']

/** Schemas before `pg_catalog` could hold other functions and types under the same names. */
const pathIsUsual = `pg_catalog.current_schemas(true)::text ~ '^[{](pg_temp_[0-9]+,)?pg_catalog[,}]'`

/**
 * Sets, for the rest of the transaction, what a role, a database or a host's pool may have set otherwise. Its first two
 * columns say whether that was needed, and in which server process. `timeoutMs`: how long a statement may take.
 *
 * Left alone is what belongs to the administrator and changes no answer: `default_transaction_read_only`,
 * `synchronous_commit`, `session_replication_role`, planner settings. The time zone and the forms of intervals and bytes
 * appear in no statement and no answer.
 */
export function ownSettings(timeoutMs: number): string {
  const short = (name: string) =>
    `coalesce(${setting(name)}, '0')::interval between interval '1 us' and ${timeoutMs} * interval '1 ms'`
  const usual = [
    `${setting('default_transaction_isolation')} = 'read committed'`,
    `${setting('datestyle')} like 'ISO%'`,
    `${setting('extra_float_digits')}::int > 0`,
    ...['standard_conforming_strings', 'array_nulls'].map((name) => `${setting(name)} = 'on'`),
    `${setting('transform_null_equals')} = 'off'`,
    ...timeouts.map((name) => `not ${short(name)}`),
    pathIsUsual,
  ]
  const path = `case when ${pathIsUsual} then ${setting('search_path')} else 'pg_catalog, ' || ${setting('search_path')} end`
  return `select (${usual.join(' and ')}) as usual, pg_catalog.pg_backend_pid() as backend, ${[
    ...Object.entries(values).map(([name, value]) => set(name, `'${value}'`)),
    set('search_path', path),
    ...timeouts.map(
      (name) =>
        `case when ${setting(name)} is not null then ${set(name, `case when ${short(name)} then '0' else ${setting(name)} end`)} end`,
    ),
  ].join(', ')}`
}
