import { randomBytes } from 'node:crypto'
import { appendFileSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { findCommand, runCommand } from './commands.ts'
import { freePort } from './ports.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { type RunAs, startProcess, waitUntilReady } from './processes.ts'
import type { Server } from './server.ts'
import { Unavailable } from './unavailable.ts'

const superuser = 'post_rate'

/** Name and version of the PostgreSQL that `startPostgres` starts. Throws `Unavailable` where there is none. */
export function describePostgres(): string {
  serverUser()
  const version = runCommand(join(postgresBinaries(), 'postgres'), ['--version'])
  return `PostgreSQL ${/\d+(\.\d+)?/.exec(version)?.[0]}`
}

/**
 * Starts a PostgreSQL on a new data directory; the URL is its superuser's, on the empty database `post_rate`. `query` is
 * added to it, for a server that demands more than a password; `env` to its environment.
 */
export async function startPostgres(
  directory: string,
  settings: Record<string, string> = {},
  query = '',
  env?: NodeJS.ProcessEnv,
): Promise<Server> {
  const binaries = postgresBinaries()
  const runAs = serverUser()
  const data = join(directory, 'data')
  const passwordFile = join(directory, 'password')
  const logFile = join(directory, 'log')
  const password = randomBytes(12).toString('hex')
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (runAs) for (const path of [directory, passwordFile]) chownSync(path, runAs.uid, runAs.gid)

  const initdb = ['-D', data, '-U', superuser, '--pwfile', passwordFile, '--auth=scram-sha-256', '--no-sync']
  try {
    runCommand(join(binaries, 'initdb'), [...initdb, '--encoding=UTF8', '--locale=C'], { cwd: directory, ...runAs })
  } catch (cause) {
    throw new Unavailable(`PostgreSQL cannot be set up in ${directory}: ${(cause as Error).message}`, { cause })
  }

  const port = await freePort()
  const configuration = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    shared_preload_libraries: '',
    ...settings,
  }
  const lines = Object.entries(configuration).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(data, 'postgresql.conf'), lines.join(''))

  const server = await startProcess({
    command: join(binaries, 'postgres'),
    args: ['-D', data],
    cwd: directory,
    logFile,
    runAs,
    ...(env ? { env: { ...process.env, ...env } } : {}),
  })
  const address = `postgres://${superuser}:${password}@127.0.0.1:${port}`
  await waitUntilReady([server], logFile, () => runSql(`${address}/postgres${query}`, 'SELECT 1'))
  await runSql(`${address}/postgres${query}`, `CREATE DATABASE ${superuser}`)
  return { url: `${address}/${superuser}${query}`, processes: [server], directory, stopSignal: 'SIGINT' }
}

/** PostgreSQL and PgBouncer refuse to run as root: the user of the Debian package then, otherwise one without rights. */
export function serverUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = findCommand('id')
  for (const name of ['postgres', 'nobody']) {
    try {
      if (id) return { uid: Number(runCommand(id, ['-u', name])), gid: Number(runCommand(id, ['-g', name])) }
    } catch {
      // The next name then.
    }
  }
  throw new Unavailable('PostgreSQL does not run as root, and there is no user `postgres` or `nobody`')
}

/** Runs one statement on a connection of its own. */
async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
