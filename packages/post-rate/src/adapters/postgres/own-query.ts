import pg from 'pg'
import { types } from './postgres-types.ts'

/** The part of pg's connection that is used here; its types leave it out. */
interface Wire {
  /** Names and texts of prepared statements. Older versions know no others than those that were parsed. */
  parsedStatements: Record<string, string>
  submittedNamedStatements?: Record<string, string>
  parse(statement: { name: string; text: string; types: number[] }): void
  bind(portal: { portal: string; statement: string; values: unknown[]; binary: boolean }): void
  execute(portal: { portal: string; rows: number }): void
}

type Answer<R> = (error: Error | undefined, result: { rows: R[] }) => void

/** What pg's `Query` has beside its types. */
interface PgQuery {
  name: string | undefined
  submit(wire: Wire): Error | null
  requiresPreparation(): boolean
  prepare(wire: Wire): void
  handleDataRow(message: { fields: (string | null)[] }): void
  handleCommandComplete(message: unknown, wire: Wire): void
  handleError(error: Error, wire: Wire): void
}

const PgQuery = pg.Query as unknown as new (config: pg.QueryConfig, values: undefined, done: Answer<never>) => PgQuery

/** Statements that are sent before another one, in one message with it and in its transaction. */
export interface Prefix {
  statements: readonly { name: string; text: string }[]
  /** Gets each row of theirs. */
  onRow(fields: readonly (string | null)[]): void
}

/**
 * One statement as the library wants it, whatever is set for the whole process or the pool: its answer is text, read by the
 * library's own parsers. A prefix costs no round trip: all of it is sent at once, and the server runs it as one transaction.
 */
class OwnQuery extends PgQuery {
  readonly query_timeout: number | undefined
  readonly #prefix: Prefix
  /** Statements of the prefix that have not been answered. */
  #left: number
  #ownName: string | undefined

  constructor(config: pg.QueryConfig & { query_timeout?: number }, prefix: Prefix, done: Answer<never>) {
    super({ ...config, types }, undefined, done)
    this.query_timeout = config.query_timeout
    this.#prefix = prefix
    this.#left = prefix.statements.length
  }

  /** pg asks for binary answers where `pg.defaults` or the pool says so, and garbles them. */
  get binary(): boolean {
    return false
  }

  set binary(_wanted: boolean) {}

  override requiresPreparation(): boolean {
    return this.#left > 0 || super.requiresPreparation()
  }

  override submit(wire: Wire): Error | null {
    wire.submittedNamedStatements ??= {}
    return super.submit(wire)
  }

  override prepare(wire: Wire): void {
    for (const { name, text } of this.#prefix.statements) {
      if (name === '' || wire.parsedStatements[name] === undefined) wire.parse({ name, text, types: [] })
      wire.bind({ portal: '', statement: name, values: [], binary: false })
      wire.execute({ portal: '', rows: 0 })
    }
    super.prepare(wire)
    // pg notes a statement as prepared under the name of the query whose answer comes: not while those are of the prefix.
    this.#ownName = this.name
    if (this.#left > 0) this.name = undefined
  }

  override handleDataRow(message: { fields: (string | null)[] }): void {
    if (this.#left > 0) this.#prefix.onRow(message.fields)
    else super.handleDataRow(message)
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.#left === 0) {
      super.handleCommandComplete(message, wire)
      return
    }
    if (--this.#left > 0) return
    for (const { name, text } of this.#prefix.statements) if (name !== '') wire.parsedStatements[name] = text
    this.name = this.#ownName
  }

  override handleError(error: Error, wire: Wire): void {
    if (this.#ownName !== undefined && this.name === undefined) delete wire.submittedNamedStatements?.[this.#ownName]
    super.handleError(error, wire)
  }
}

const nothing: Prefix = { statements: [], onRow: () => {} }

/** Runs a statement on a connection. */
export function sendQuery<R>(
  client: pg.PoolClient,
  config: pg.QueryConfig & { query_timeout?: number },
  prefix: Prefix = nothing,
): Promise<R[]> {
  // pg's driver on libpq speaks no protocol of its own, and takes no such query.
  if ((client as { connection?: unknown }).connection === undefined)
    return client.query({ ...config, types }).then(({ rows }) => rows as R[])
  return new Promise((resolve, reject) => {
    const query = new OwnQuery(config, prefix, (error, result) => {
      if (error) {
        // The stack of pg's own ends where the answer was read.
        Error.captureStackTrace?.(error)
        reject(error)
      } else resolve(result.rows)
    })
    client.query(query as unknown as pg.Submittable)
  })
}
