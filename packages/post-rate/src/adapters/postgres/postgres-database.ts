import { createHash } from 'node:crypto'
import pg from 'pg'
import { PostRateError } from '../../errors.ts'
import type { PostRateOptions } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'
import { type Prefix, sendQuery } from './own-query.ts'
import { isUsual, learnSession, ownIsolation, ownSettings, tookSession, watchSessions } from './own-session.ts'
import { isDatabaseError, translateError } from './postgres-error.ts'
import { defaultQueryTimeoutMs, isPool, openPool, openReservedPool } from './postgres-pool.ts'
import { types } from './postgres-types.ts'

/** Rows as the adapters read them: int8 as number (ids and counters stay below 2^53), times as milliseconds. */
export type Row = Record<string, unknown>

export interface Query {
  text: string
  values?: unknown[]
  /** Prepared under this name, once per connection. */
  name?: string
  /** Given up after so many milliseconds. Default: what the pool has. */
  timeoutMs?: number
}

/** For a statement that takes as long as it takes; the longest that a timer of Node.js can wait. */
export const unlimitedMs = 2 ** 31 - 1

/**
 * An array parameter of values that need no quotes: numbers, UUIDs, booleans, `null`. pg would quote each of them, which costs a batch more than
 * its own work (measured, 0.6 µs a value).
 */
export function arrayOf(values: readonly (number | string | boolean)[]): string {
  return `{${values.join()}}`
}

/** One connection, or the pool: whatever runs a statement. */
export interface Queryable {
  query<R extends object = Row>(query: Query | string): Promise<R[]>
}

/** Cuts a transaction short on the server, so that a process which stops in the middle loses its locks. */
export const transactionLimits =
  "set local statement_timeout = '5s'; set local lock_timeout = '5s'; set local idle_in_transaction_session_timeout = '5s'"

export interface TransactionOptions {
  /** Settings of the transaction as SQL, in place of limits of 5 s. */
  limits?: string
  readOnly?: boolean
}

/**
 * PostgreSQL through pg: the pool, its transactions and what its errors mean. Connects at first use.
 *
 * Every statement runs at READ COMMITTED, with settings of the library's own, whatever the role, the database or a host's
 * pool has set. A connection whose session is known to be usual needs nothing for that. On any other one a statement brings
 * its settings along, in the same message: no round trip more. See `own-session.ts`.
 */
export class PostgresDatabase implements Queryable {
  readonly pool: pg.Pool
  readonly schema: string
  /** Time limit of the statements that a reader waits for. */
  readonly readTimeoutMs: number
  readonly #owned: boolean
  readonly #options: Pick<PostRateOptions, 'database' | 'schema' | 'poolSize'>
  #reserved: PostgresDatabase | undefined
  /** What was learned about the server, shared with {@link reserved}: whether the schema was there, and whether names are kept. */
  #learned = { schema: false, named: true }
  readonly #logger: Logger
  readonly #names = new Map<string, string>()
  readonly #ownSettings: string

  /** `reserved`: a pool of its own, in place of the one that the options name. */
  constructor(
    options: Pick<PostRateOptions, 'database' | 'schema' | 'poolSize'>,
    logger: Logger,
    readTimeoutMs = 5_000,
    reserved?: pg.Pool | undefined,
  ) {
    this.readTimeoutMs = readTimeoutMs
    this.schema = options.schema ?? 'post_rate'
    this.#options = options
    this.#logger = logger
    this.#owned = reserved !== undefined || !isPool(options.database)
    this.pool = reserved ?? openPool(options, logger)
    this.#ownSettings = ownSettings(this.queryTimeoutMs)
    watchSessions(this.pool)
  }

  /** The same database on a few connections of its own, which nobody else uses up. Closed with this one. */
  get reserved(): PostgresDatabase {
    if (this.#reserved === undefined) {
      const pool = openReservedPool(this.#options, this.#logger)
      this.#reserved =
        pool === null ? this : new PostgresDatabase(this.#options, this.#logger, this.readTimeoutMs, pool)
      this.#reserved.#learned = this.#learned
    }
    return this.#reserved
  }

  async query<R extends object = Row>(query: Query | string): Promise<R[]> {
    return this.#repeated(() => this.#onClient((client) => this.#send<R>(client, query)))
  }

  /** Repeats an attempt once if the server ran none of it: a pooler lost its prepared statements, or the session was ended while idle. */
  async #repeated<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt()
    } catch (error) {
      if (!this.#losesPrepared(error) && !isIdleEnd(error)) throw this.#translate(error)
    }
    try {
      return await attempt()
    } catch (error) {
      throw this.#translate(error)
    }
  }

  #send<R extends object>(client: pg.PoolClient, query: Query | string): Promise<R[]> {
    return sendQuery<R>(client, this.#prepare(query), isUsual(client) ? undefined : this.#prefix(client))
  }

  #prepare(query: Query | string): pg.QueryConfig & { query_timeout?: number } {
    const { name, timeoutMs, ...rest } = typeof query === 'string' ? { text: query } : query
    return {
      ...rest,
      ...(timeoutMs === undefined ? {} : { query_timeout: this.#limit(timeoutMs) }),
      ...(name !== undefined && this.#learned.named ? { name: this.#nameOf(name, rest.text) } : {}),
    }
  }

  #limit(timeoutMs: number): number {
    return timeoutMs === unlimitedMs ? timeoutMs : Math.min(timeoutMs, this.queryTimeoutMs)
  }

  #prefix(client: pg.PoolClient): Prefix {
    const statements = [ownIsolation, this.#ownSettings].map((text) => ({
      name: this.#learned.named ? this.#nameOf('own-session', text) : '',
      text,
    }))
    return { statements, onRow: ([usual, backend]) => learnSession(client, usual === 't', Number(backend)) }
  }

  /**
   * A name is for one text only, also for another schema or another version of this library: behind a transaction pooler
   * they share connections, and a statement that somebody else prepared under the same name would be run instead.
   */
  #nameOf(name: string, text: string): string {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    const made = `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
    this.#names.set(text, made)
    return made
  }

  /** A transaction pooler can hand a connection on without its prepared statements: from then on nothing is named. */
  #losesPrepared(error: unknown): boolean {
    const { code } = error as { code?: string }
    if (code !== '26000' && code !== '42P05') return false
    // Other named statements may have been sent before the first one failed: they fail, too, and are repeated.
    if (this.#learned.named) this.#logger.info('a pooler does not keep prepared statements: going on without them')
    this.#learned.named = false
    return true
  }

  /**
   * READ COMMITTED with server-side limits. The work is kept only when COMMIT says so: an aborted transaction answers
   * COMMIT with the tag ROLLBACK and no error. It is run a second time where a pooler lost its prepared statements.
   */
  async transaction<T>(work: (connection: Queryable) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#repeated(() => this.#transactionOnce(work, options))
  }

  #transactionOnce<T>(work: (connection: Queryable) => Promise<T>, options: TransactionOptions): Promise<T> {
    return this.#onClient(async (client, spoil) => {
      try {
        const result = await work(await this.begin(client, options))
        const { command } = await client.query('commit')
        if (command !== 'COMMIT') throw new PostRateError('UNAVAILABLE', 'PostgreSQL rolled the transaction back.')
        return result
      } catch (error) {
        if (isAlive(error)) await client.query('rollback').catch(spoil)
        throw error
      }
    })
  }

  /**
   * Begins a transaction, in one message: its level, the library's settings where the session may have others, and limits.
   * The caller ends it.
   */
  async begin(client: pg.PoolClient, options: TransactionOptions = {}): Promise<Queryable> {
    const { limits = transactionLimits, readOnly = false } = options
    const usual = isUsual(client)
    const begin = `begin isolation level read committed${readOnly ? ' read only' : ''}`
    const text = [begin, ...(usual ? [] : [this.#ownSettings]), limits].join('; ')
    type Learnt = pg.QueryResult<{ usual: boolean; backend: number }>
    const results = (await client.query({ text, types })) as unknown as Learnt[]
    const [learnt] = usual ? [] : (results[1]?.rows ?? [])
    if (learnt) learnSession(client, learnt.usual, learnt.backend)
    return { query: (query) => sendQuery(client, this.#prepare(query)) }
  }

  /** One connection, outside of a transaction, and the client under it. The work may run twice. */
  async onConnection<T>(work: (connection: Queryable, client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#repeated(() =>
      this.#onClient((client) => work({ query: (query) => this.#send(client, query) }, client)),
    )
  }

  /** Gives the connection back to the pool; one that was lost, or that no answer came from, is not used again. */
  async #onClient<T>(work: (client: pg.PoolClient, spoil: (error: Error) => void) => Promise<T>): Promise<T> {
    const client = await this.connect()
    let broken: Error | undefined
    const spoil = (error: Error) => {
      broken = error
    }
    client.on('error', spoil)
    try {
      return await work(client, spoil)
    } catch (error) {
      if (!isAlive(error)) spoil(error as Error)
      throw error
    } finally {
      client.off('error', spoil)
      client.release(broken)
    }
  }

  async connect(): Promise<pg.PoolClient> {
    try {
      const client = await this.pool.connect()
      tookSession(client)
      return client
    } catch (error) {
      throw this.#translate(error)
    }
  }

  /** Milliseconds after which a statement is given up by this side; it may still be running then. */
  get queryTimeoutMs(): number {
    return (this.pool.options as pg.PoolConfig | undefined)?.query_timeout || defaultQueryTimeoutMs
  }

  async close(): Promise<void> {
    if (this.#reserved !== this) await this.#reserved?.close()
    if (this.#owned && !this.pool.ended) await this.pool.end()
  }

  #translate(error: unknown): unknown {
    return translateError(error, this)
  }

  /** To be called once something of the schema was read: what is absent later was dropped, and may be restored. */
  sawSchema(): void {
    this.#learned.schema = true
  }

  get schemaWasThere(): boolean {
    return this.#learned.schema
  }

  /** The user that statements run as, for messages to operators. */
  user(): string {
    return new pg.Client(this.pool.options).user ?? 'the user of the database URL'
  }

  /** Host and port, for messages to operators; never the password. */
  address(): string {
    const { host, port } = new pg.Client(this.pool.options)
    return `${host}:${port}`
  }
}

/** The server ended a session that was idle, before it saw the statement: nothing of it was run. */
function isIdleEnd(error: unknown): boolean {
  return isDatabaseError(error) && error.code === '57P05'
}

/**
 * Whether the connection can be used on after this error: the server answered, and is not one that became a standby. Without
 * an answer it is not to be trusted, and waiting for another one is vain.
 */
function isAlive(error: unknown): boolean {
  if (error instanceof PostRateError) return true
  return isDatabaseError(error) && error.code !== '25006' && !error.code.startsWith('57P')
}

/** SQLSTATE of a statement that failed; undefined where the failure is not the server's. */
export function sqlState(error: unknown): string | undefined {
  return databaseError(error)?.code
}

/** PostgreSQL's own error, also behind the library's; undefined for any other error. */
export function databaseError(error: unknown): (Error & { code: string; detail?: string }) | undefined {
  const seen = error instanceof PostRateError ? error.cause : error
  return isDatabaseError(seen) ? seen : undefined
}

/** Schema names stand in the SQL as they are. */
export function isSchemaName(schema: unknown): boolean {
  return typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,50}$/.test(schema)
}
