import { checkDisplaySettings, defaultDisplaySettings, readDisplayOptions } from '../../domain/settings.ts'
import { isoTime } from '../../domain/time.ts'
import { invalidInput, PostRateError } from '../../errors.ts'
import type { Bypass, MigrateOptions, MigrationStatus, Schema } from '../../ports/schema.ts'
import type { Migration } from './migration.ts'
import { findBypasses } from './postgres-bypasses.ts'
import { type PostgresDatabase, type Queryable, sqlState, unlimitedMs } from './postgres-database.ts'

interface LedgerRow {
  version: number
  name: string
  applied_at: number
}

export interface SchemaTimings {
  /** How long a migration may wait for a table; ratings queue behind it meanwhile. */
  lockTimeoutMs: number
  /** Mean pause between two tries, which lets through what has queued. */
  lockPauseMs: number
}

const schemaTimings: SchemaTimings = { lockTimeoutMs: 1_000, lockPauseMs: 1_000 }
/** A migration takes as long as it takes, but for locks. */
const limits =
  'set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0'
/** Together the tries and their pauses outlast an ordinary backup or export. */
const lockTries = 60

/**
 * Migrations: append-only, each in a transaction of its own together with its line in the ledger, one process at a time
 * by an advisory lock that the transaction holds (a session's would leak behind a transaction pooler). Under load a table
 * is waited for only briefly and then again: whoever rates meanwhile waits a second at most.
 */
export class PostgresSchema implements Schema {
  readonly #database: PostgresDatabase
  readonly #migrations: readonly Migration[]
  readonly #timings: SchemaTimings

  /** `migrations` are all that this version knows, in their order. */
  constructor(database: PostgresDatabase, migrations: readonly Migration[], timings: Partial<SchemaTimings> = {}) {
    this.#database = database
    this.#migrations = migrations
    this.#timings = { ...schemaTimings, ...timings }
  }

  async migrate(options: MigrateOptions): Promise<MigrationStatus[]> {
    if (options.posts !== undefined && options.posts !== 'own' && options.posts !== 'external')
      throw invalidInput('posts', 'must be own or external')
    const settings = checkDisplaySettings({ ...defaultDisplaySettings, ...readDisplayOptions(options.settings) })
    const done: MigrationStatus[] = []
    for (const migration of this.#migrations) {
      const sql = migration.sql({ schema: this.#database.schema, posts: options.posts ?? 'own', settings })
      const appliedAt = await this.#patiently(migration.name, () => this.#apply(migration, sql))
      if (appliedAt !== null)
        done.push({ version: migration.version, name: migration.name, appliedAt: isoTime(appliedAt) })
    }
    if (options.posts !== undefined) await this.#refuseOtherPosts(options.posts)
    return done
  }

  async status(): Promise<MigrationStatus[]> {
    const ledger = await this.#readLedger()
    const known = this.#migrations.map(({ version, name }) => {
      const applied = ledger.find((row) => row.version === version)
      return { version, name, appliedAt: applied ? isoTime(applied.applied_at) : null }
    })
    const newer = ledger
      .filter((row) => !this.#migrations.some(({ version }) => version === row.version))
      .map((row) => ({ version: row.version, name: row.name, appliedAt: isoTime(row.applied_at) }))
    return [...known, ...newer]
  }

  async check(): Promise<void> {
    const ledger = await this.#readLedger()
    this.#refuseNewer(ledger)
    if (ledger.length < this.#migrations.length)
      throw new PostRateError(
        'SCHEMA_TOO_OLD',
        `The schema ${this.#database.schema} has ${ledger.length} of ${this.#migrations.length} migrations: run \`post-rate migrate\`, or \`await postRate.migrate()\` first.`,
      )
  }

  bypasses(): Promise<Bypass[]> {
    return findBypasses(this.#database)
  }

  /** Resolves to null where it has been applied already. */
  async #apply({ version, name }: Migration, sql: string): Promise<number | null> {
    const work = async (connection: Queryable) => {
      const ledger = await this.#lockLedger(connection)
      this.#refuseNewer(ledger)
      if (ledger.some((row) => row.version === version)) return null
      await connection.query(`set local lock_timeout = '${this.#timings.lockTimeoutMs}ms'`)
      await connection.query({ text: sql, timeoutMs: unlimitedMs })
      const [row] = await connection.query<LedgerRow>({
        text: `insert into ${this.#database.schema}.migrations (version, name) values ($1, $2) returning applied_at`,
        values: [version, name],
      })
      return (row as LedgerRow).applied_at
    }
    return this.#database.transaction(work, { limits })
  }

  #refuseNewer(ledger: LedgerRow[]): void {
    const newest = Math.max(0, ...ledger.map((row) => row.version))
    const known = this.#migrations.at(-1)?.version ?? 0
    if (newest > known)
      throw new PostRateError(
        'SCHEMA_TOO_NEW',
        `The database has schema ${newest}, this version knows ${known}: install a newer post-rate.`,
      )
  }

  /** Tries again while somebody else's transaction holds a table. */
  async #patiently<T>(name: string, apply: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await apply()
      } catch (error) {
        if (!isLocked(error)) throw error
        if (attempt === lockTries)
          throw new PostRateError(
            'UNAVAILABLE',
            `The migration ${name} did not get its locks: a long transaction uses the tables of ${this.#database.schema} (\`select * from pg_stat_activity order by xact_start\` finds it). Run it again when that has ended.`,
            { cause: error },
          )
        await new Promise((resolve) => setTimeout(resolve, this.#timings.lockPauseMs * (0.5 + Math.random())))
      }
    }
  }

  /** Where the posts live is decided by the first migration. */
  async #refuseOtherPosts(wanted: 'own' | 'external'): Promise<void> {
    const [row] = await this.#database.query<{ posts: 'own' | 'external' }>(
      `select posts from ${this.#database.schema}.settings`,
    )
    if (row && row.posts !== wanted)
      throw invalidInput(
        'posts',
        `the schema ${this.#database.schema} was made for ${row.posts} posts: leave the option out, or migrate into another schema`,
      )
  }

  async #lockLedger(connection: Queryable): Promise<LedgerRow[]> {
    const { schema } = this.#database
    await connection.query({
      text: `select pg_advisory_xact_lock(hashtextextended('post-rate migrate ${schema}', 0))`,
      timeoutMs: unlimitedMs,
    })
    // `if not exists` would ask for the right to create also where there is nothing to create.
    const [found] = await connection.query<{ schema: boolean; ledger: boolean }>(
      `select to_regnamespace('${schema}') is not null as schema, to_regclass('${schema}.migrations') is not null as ledger`,
    )
    if (!found?.schema) await connection.query(`create schema ${schema}`)
    if (!found?.ledger)
      await connection.query(
        `create table ${schema}.migrations (
version integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp())`,
      )
    return connection.query<LedgerRow>(`select version, name, applied_at from ${schema}.migrations order by version`)
  }

  async #readLedger(): Promise<LedgerRow[]> {
    try {
      return await this.#database.query<LedgerRow>(
        `select version, name, applied_at from ${this.#database.schema}.migrations order by version`,
      )
    } catch (error) {
      const code = sqlState(error)
      if (code === '42P01' || code === '3F000') return []
      throw error
    }
  }
}

/** Gave up waiting for a lock, or would have waited for ever. */
function isLocked(error: unknown): boolean {
  const code = sqlState(error)
  return code === '55P03' || code === '40P01'
}
