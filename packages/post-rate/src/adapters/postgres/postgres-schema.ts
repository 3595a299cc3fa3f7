import type { Transaction } from 'sequelize'
import { checkDisplaySettings, defaultDisplaySettings } from '../../domain/settings.ts'
import { invalidInput, PostRateError } from '../../errors.ts'
import type { MigrateOptions, MigrationStatus, Schema } from '../../ports/schema.ts'
import { migrations } from './migrations/index.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { translate } from './postgres-post-store.ts'
import type { SequelizeClient } from './sequelize-client.ts'

interface LedgerRow {
  version: number
  name: string
  applied_at: Date
}

/**
 * Migrations: append-only, each in a transaction of its own together with its line in the ledger, one process at a time
 * by an advisory lock that the transaction holds (a session's would leak behind a transaction pooler).
 */
export class PostgresSchema implements Schema {
  readonly #client: SequelizeClient
  readonly #database: PostgresDatabase

  constructor(client: SequelizeClient, database: PostgresDatabase) {
    this.#client = client
    this.#database = database
  }

  async migrate(options: MigrateOptions): Promise<MigrationStatus[]> {
    if (options.posts !== undefined && options.posts !== 'own' && options.posts !== 'external')
      throw invalidInput('posts', 'must be own or external')
    const settings = checkDisplaySettings({ ...defaultDisplaySettings, ...options.settings })
    const done: MigrationStatus[] = []
    for (const migration of migrations) {
      const appliedAt = await this.#inTransaction(async (transaction) => {
        const ledger = await this.#lockLedger(transaction)
        refuseNewer(ledger)
        if (ledger.some((row) => row.version === migration.version)) return null
        const { schema } = this.#database
        const sql = migration.sql({ schema, posts: options.posts ?? 'own', settings })
        await this.#client.sequelize.query(sql, { transaction, raw: true })
        const [rows] = await this.#client.sequelize.query(
          `insert into ${schema}.migrations (version, name) values ($1, $2) returning applied_at`,
          { transaction, bind: [migration.version, migration.name] },
        )
        return (rows[0] as LedgerRow).applied_at
      })
      if (appliedAt !== null)
        done.push({ version: migration.version, name: migration.name, appliedAt: appliedAt.toISOString() })
    }
    if (options.posts !== undefined) await this.#refuseOtherPosts(options.posts)
    return done
  }

  async status(): Promise<MigrationStatus[]> {
    const ledger = await this.#readLedger()
    const known = migrations.map(({ version, name }) => ({
      version,
      name,
      appliedAt: ledger.find((row) => row.version === version)?.applied_at.toISOString() ?? null,
    }))
    const newer = ledger
      .filter((row) => !migrations.some(({ version }) => version === row.version))
      .map((row) => ({ version: row.version, name: row.name, appliedAt: row.applied_at.toISOString() }))
    return [...known, ...newer]
  }

  async check(): Promise<void> {
    const ledger = await this.#readLedger()
    refuseNewer(ledger)
    if (ledger.length < migrations.length)
      throw new PostRateError(
        'SCHEMA_TOO_OLD',
        `The schema ${this.#database.schema} has ${ledger.length} of ${migrations.length} migrations: run \`post-rate migrate\`.`,
      )
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

  async #lockLedger(transaction: Transaction): Promise<LedgerRow[]> {
    const { schema } = this.#database
    const { sequelize } = this.#client
    await sequelize.query(`select pg_advisory_xact_lock(hashtextextended('post-rate migrate ${schema}', 0))`, {
      transaction,
    })
    await sequelize.query(`create schema if not exists ${schema}`, { transaction })
    await sequelize.query(
      `create table if not exists ${schema}.migrations (
version integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp())`,
      { transaction },
    )
    const [rows] = await sequelize.query(
      `select version, name, applied_at from ${schema}.migrations order by version`,
      {
        transaction,
      },
    )
    return rows as LedgerRow[]
  }

  async #readLedger(): Promise<LedgerRow[]> {
    try {
      const [rows] = await this.#client.sequelize.query(
        `select version, name, applied_at from ${this.#database.schema}.migrations order by version`,
      )
      return rows as LedgerRow[]
    } catch (error) {
      const code = (error as { parent?: { code?: string } }).parent?.code
      if (code === '42P01' || code === '3F000') return []
      throw translate(error, this.#database)
    }
  }

  async #inTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#client.sequelize.transaction(work)
    } catch (error) {
      throw translate(error, this.#database)
    }
  }
}

function refuseNewer(ledger: LedgerRow[]): void {
  const newest = Math.max(0, ...ledger.map((row) => row.version))
  const known = migrations.at(-1)?.version ?? 0
  if (newest > known)
    throw new PostRateError(
      'SCHEMA_TOO_NEW',
      `The database has schema ${newest}, this version knows ${known}: install a newer post-rate.`,
    )
}
