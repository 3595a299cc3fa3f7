import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { findPgBouncer, runCommand } from './commands.ts'
import { freePort } from './ports.ts'
import { serverUser } from './postgres.ts'
import { startProcess, waitUntilReady } from './processes.ts'
import type { Server } from './server.ts'
import { Unavailable } from './unavailable.ts'

/** Whether it can be told to keep prepared statements (`max_prepared_statements`, from 1.21 on). */
export function keepsPreparedStatements(): boolean {
  const command = findPgBouncer()
  const [, minor] = /PgBouncer 1\.(\d+)/.exec(command === undefined ? '' : runCommand(command, ['--version'])) ?? []
  return Number(minor) >= 21
}

/** Starts a PgBouncer in transaction mode before the server of `database`, whose user it logs in; the URL leads through it. */
export async function startPgBouncer(
  directory: string,
  database: string,
  settings: Record<string, string> = {},
): Promise<Server> {
  const command = findPgBouncer()
  if (!command) throw new Unavailable('no `pgbouncer` (Debian package `pgbouncer`)')
  const { hostname, port, username, password } = new URL(database)
  const own = await freePort()
  const runAs = serverUser()
  const logFile = join(directory, 'log')
  const users = join(directory, 'users.txt')
  const file = join(directory, 'pgbouncer.ini')
  const configuration = {
    listen_addr: '127.0.0.1',
    listen_port: String(own),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    admin_users: username,
    pool_mode: 'transaction',
    max_client_conn: '200',
    default_pool_size: '3',
    // A login that failed is tried again at once, not in 15 seconds.
    server_login_retry: '1',
    ...settings,
  }
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const lines = Object.entries(configuration).map(([name, value]) => `${name} = ${value}\n`)
  writeFileSync(users, `"${username}" "${password}"\n`, { mode: 0o600 })
  writeFileSync(file, `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\n${lines.join('')}`, { mode: 0o600 })
  if (runAs) for (const path of [directory, users, file]) chownSync(path, runAs.uid, runAs.gid)

  const handle = await startProcess({ command, args: [file], cwd: directory, logFile, runAs })
  const url = new URL(database)
  url.hostname = '127.0.0.1'
  url.port = String(own)
  await waitUntilReady([handle], logFile, async () => {
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5000 })
    client.on('error', () => {})
    await client.connect()
    await client.end()
  })
  return { url: url.href, processes: [handle], directory, stopSignal: 'SIGTERM' }
}
