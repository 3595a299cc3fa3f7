import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError } from '../errors.ts'
import type { Binaries } from './binaries.ts'

/** Whom the server runs as; `undefined`: as whoever runs this process. PostgreSQL refuses to run as root. */
export type Account = { uid: number; gid: number } | undefined

/** Where a server that root started keeps what its own account cannot reach at its usual place. */
export const sharedPlace = '/var/lib/post-rate'

/** The account for the server: the owner of the data where they exist, otherwise `postgres`, made where it is missing. */
export function findAccount(dataDirectory: string): Account {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(dataDirectory)) {
    const { uid, gid } = statSync(dataDirectory)
    if (uid !== 0) return { uid, gid }
  }
  return lookUp('postgres') ?? create('postgres')
}

/** True where the account can enter the directory, or the nearest one above it that exists. */
export function canReach(account: Account, directory: string): boolean {
  if (account === undefined) return true
  let path = directory
  while (!existsSync(path)) path = join(path, '..')
  return spawnSync('test', ['-x', path], { ...account, cwd: '/' }).status === 0
}

export function give(account: Account, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid)
}

/** The programs at a place that the account can reach: a copy where root's checkout is closed to others. */
export function reachableBinaries(binaries: Binaries, account: Account): Binaries {
  if (canReach(account, join(binaries.root, 'bin'))) return binaries
  const root = join(sharedPlace, `postgresql-${binaries.version}`)
  if (!existsSync(root)) {
    const draft = `${root}-${process.pid}`
    mkdirSync(sharedPlace, { recursive: true, mode: 0o755 })
    cpSync(binaries.root, draft, { recursive: true, verbatimSymlinks: true })
    try {
      renameSync(draft, root)
    } catch (error) {
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(root)) throw error
    }
  }
  return { ...binaries, root }
}

function lookUp(name: string): Account {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
    )
    return uid && gid !== undefined ? { uid, gid } : undefined
  } catch {
    return undefined
  }
}

function create(name: string): Account {
  // The second is BusyBox.
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]],
    ['adduser', ['-S', '-D', '-H', name]],
  ]
  for (const [command, args] of attempts) {
    spawnSync(command, args, { stdio: 'ignore' })
    const account = lookUp(name)
    if (account !== undefined) return account
  }
  throw new ConfigurationError(
    'PostgreSQL does not run as root, and the account `postgres` is missing and could not be made. Run post-rate as another user, make that account, or set DATABASE_URL.',
  )
}
