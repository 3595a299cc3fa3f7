import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { cleanUp } from './clean-up.ts'
import { migratedTemplate } from './template-database.ts'

export interface TestDatabaseOptions {
  /** `false` for an empty database. Default true: with the library's schema, as `migrate()` makes it. */
  migrated?: boolean
}

/** A fresh database for one test, or in `test.before` for one file; dropped afterwards. Resolves with its URL. */
export async function testDatabase(
  t: ExecutionContext<unknown>,
  { migrated = true }: TestDatabaseOptions = {},
): Promise<string> {
  const maintenance = process.env.TEST_DATABASE_URL
  if (!maintenance) throw new Error('No PostgreSQL: declare the test with `withPostgres` of helpers/requires.ts')
  const name = `test_${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`
  const template = migrated ? await migratedTemplate(maintenance) : 'template0'
  await runSql(maintenance, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  cleanUp(t, () => dropDatabase(maintenance, name))
  return databaseUrl(maintenance, name)
}

/** The same server and user, another database. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}

/** Runs SQL on a connection of its own; resolves with the rows. */
export async function runSql<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** Leaves connections that are being closed some seconds, then cuts those that were forgotten. */
async function dropDatabase(maintenance: string, name: string): Promise<void> {
  try {
    await runSql(maintenance, `DROP DATABASE IF EXISTS ${name}`)
  } catch (error) {
    if ((error as { code?: string }).code !== '55006') throw error
    await runSql(maintenance, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  }
}
