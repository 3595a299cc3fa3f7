import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { projectDirectory } from './services/directories.ts'
import { databaseUrl } from './test-database.ts'

/** What the migrated schema and its first rows are made of. */
const sources = ['packages/post-rate/src/adapters/postgres/migrations', 'packages/post-rate/src/domain/settings.ts']

/** Serialises the processes that find the template missing; any number will do. */
const lock = 7_226_441

let known: Promise<string> | undefined

/** Name of a migrated database to clone; made by whoever needs it first, and anew when the migrations change. */
export function migratedTemplate(maintenance: string): Promise<string> {
  known ??= findOrMake(maintenance)
  return known
}

async function findOrMake(maintenance: string): Promise<string> {
  const name = `template_${sourceHash()}`
  const client = new pg.Client({ connectionString: maintenance })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lock])
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await make(client, maintenance, name)
  } finally {
    await client.end()
  }
  return name
}

/** Gets its name last, so that one whose migration was cut short is never cloned. */
async function make(client: pg.Client, maintenance: string, name: string): Promise<void> {
  const draft = `${name}_draft`
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`)
  // Loaded by the one process that makes the template; the others only clone it.
  const { createPostRate } = await import('post-rate')
  const postRate = createPostRate({ database: databaseUrl(maintenance, draft) })
  try {
    await postRate.migrate()
  } finally {
    await postRate.close()
  }
  await client.query(`ALTER DATABASE ${draft} WITH ALLOW_CONNECTIONS false`)
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`)
}

function sourceHash(): string {
  const hash = createHash('sha256')
  for (const source of sources) addToHash(join(projectDirectory, source))
  return hash.digest('hex').slice(0, 12)

  function addToHash(path: string): void {
    if (!existsSync(path)) return
    const files = path.endsWith('.ts')
      ? [path]
      : readdirSync(path)
          .sort()
          .map((file) => join(path, file))
    for (const file of files) hash.update(file).update(readFileSync(file))
  }
}
