import { createHash } from 'node:crypto'
import pg from 'pg'
import { PostRateError } from '../../errors.ts'
import type { PostRateOptions } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'
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

/**
 * An array parameter of values that need no quotes: numbers, UUIDs. pg would quote each of them, which costs a batch more than
 * its own work (measured, 0.6 µs a value).
 */
export function arrayOf(values: readonly (number | string)[]): string {
  return `{${values.join()}}`
}

/** One connection, or the pool: whatever runs a statement. */
export interface Queryable {
  query<R extends object = Row>(query: Query | string): Promise<R[]>
}

/** Cuts a transaction short on the server, so that a process which stops in the middle loses its locks. */
const transactionLimits =
  "begin; set local statement_timeout = '5s'; set local lock_timeout = '5s'; set local idle_in_transaction_session_timeout = '5s'"

/** PostgreSQL through pg: the pool, its transactions and what its errors mean. Connects at first use. */
export class PostgresDatabase implements Queryable {
  readonly pool: pg.Pool
  readonly schema: string
  /** Time limit of the statements that a reader waits for. */
  readonly readTimeoutMs: number
  readonly #owned: boolean
  readonly #options: Pick<PostRateOptions, 'database' | 'schema' | 'poolSize'>
  #reserved: PostgresDatabase | undefined
  readonly #logger: Logger
  readonly #names = new Map<string, string>()
  #named = true

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
  }

  /** The same database on a few connections of its own, which nobody else uses up. Closed with this one. */
  get reserved(): PostgresDatabase {
    if (this.#reserved === undefined) {
      const pool = openReservedPool(this.#options, this.#logger)
      this.#reserved = pool === null ? this : new PostgresDatabase(this.#options, this.#logger, this.readTimeoutMs, pool)
    }
    return this.#reserved
  }

  async query<R extends object = Row>(query: Query | string): Promise<R[]> {
    const prepared = this.#prepare(query)
    try {
      const result = await this.pool.query<R>(prepared)
      return result.rows
    } catch (error) {
      if (prepared.name !== undefined && this.#losesPrepared(error)) return this.query(query)
      throw this.#translate(error)
    }
  }

  #prepare(query: Query | string): pg.QueryConfig {
    const { name, timeoutMs = Number.POSITIVE_INFINITY, ...rest } = typeof query === 'string' ? { text: query } : query
    const limit = timeoutMs < this.queryTimeoutMs ? { query_timeout: timeoutMs } : {}
    return {
      ...rest,
      ...limit,
      types,
      ...(name !== undefined && this.#named ? { name: this.#nameOf(name, rest.text) } : {}),
    }
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
    if (this.#named) this.#logger.info('a pooler does not keep prepared statements: going on without them')
    this.#named = false
    return true
  }

  /**
   * READ COMMITTED with server-side limits. The work is kept only when COMMIT says so: an aborted transaction answers
   * COMMIT with the tag ROLLBACK and no error. It is run a second time where a pooler lost its prepared statements.
   */
  async transaction<T>(work: (connection: Queryable) => Promise<T>): Promise<T> {
    try {
      return await this.#transactionOnce(work)
    } catch (error) {
      if (!this.#losesPrepared(error)) throw this.#translate(error)
    }
    try {
      return await this.#transactionOnce(work)
    } catch (error) {
      throw this.#translate(error)
    }
  }

  async #transactionOnce<T>(work: (connection: Queryable) => Promise<T>): Promise<T> {
    const client = await this.connect()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      await client.query(transactionLimits)
      const result = await work(this.#queryable(client))
      const { command } = await client.query('commit')
      if (command !== 'COMMIT') throw new PostRateError('UNAVAILABLE', 'PostgreSQL rolled the transaction back.')
      return result
    } catch (error) {
      // Without an answer of the server's the connection is not to be trusted, and waiting for another one is vain.
      if (!isDatabaseError(error) && !(error instanceof PostRateError)) broken ??= error as Error
      if (isDatabaseError(error) && error.code === '25006') broken ??= error
      if (broken === undefined) await client.query('rollback').catch((failure: Error) => (broken = failure))
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  /** One connection, outside of a transaction, and the client under it. */
  async onConnection<T>(work: (connection: Queryable, client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.connect()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      return await work(this.#queryable(client), client)
    } catch (error) {
      if (!isDatabaseError(error)) broken ??= error as Error
      throw this.#translate(error)
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  #queryable(client: pg.PoolClient): Queryable {
    return {
      query: async <R extends object>(query: Query | string) => (await client.query<R>(this.#prepare(query))).rows,
    }
  }

  async connect(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect()
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

  /** Host and port, for messages to operators; never the password. */
  address(): string {
    const { host, port } = new pg.Client(this.pool.options)
    return `${host}:${port}`
  }
}

/** SQLSTATE of a statement that failed; undefined where the failure is not the server's. */
export function sqlState(error: unknown): string | undefined {
  const seen = error instanceof PostRateError ? error.cause : error
  return isDatabaseError(seen) ? seen.code : undefined
}

/** Schema names stand in the SQL as they are. */
export function isSchemaName(schema: unknown): boolean {
  return typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,50}$/.test(schema)
}
