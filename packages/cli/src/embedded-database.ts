import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { findBinaries } from './embedded/binaries.ts'
import { withDirectoryLock } from './embedded/directory-lock.ts'
import { Members } from './embedded/members.ts'
import { EmbeddedServer } from './embedded/server.ts'
import { canReach, findAccount, reachableBinaries, sharedPlace } from './embedded/server-account.ts'
import { ConfigurationError } from './errors.ts'

/** The embedded PostgreSQL as one process uses it. */
export interface EmbeddedDatabase {
  /** Carries the password: never to be shown. */
  url: string
  /** What people are told. */
  description: string
  /** Leaves; the last one out stops the server. Idempotent. */
  leave: () => Promise<void>
}

export interface EmbeddedOptions {
  /** Makes the database where there is none. */
  create: boolean
  /** Told once, before something that takes seconds. */
  onProgress?: (message: string) => void
}

/** The directory in which the embedded database of a working directory lives. */
export function embeddedDirectory(cwd: string): string {
  return join(cwd, '.post-rate')
}

/**
 * Starts the embedded PostgreSQL of `cwd`, or joins the one that another command has started. The server is a process of
 * its own, so that it lives as long as any command uses it; each one leaves its name in `.post-rate/members`.
 * @throws ConfigurationError where there is no database and `create` is false, or where it cannot work here
 */
export async function joinEmbeddedDatabase(cwd: string, options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const directory = embeddedDirectory(cwd)
  if (!options.create && !existsSync(join(directory, 'location'))) throw noDatabase(directory)
  try {
    await mkdir(join(directory, 'members'), { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new ConfigurationError(
      `Cannot make ${directory}: ${(error as Error).message}. Run in a directory of your own, or set DATABASE_URL.`,
      { cause: error },
    )
  }
  const members = new Members(join(directory, 'members'))
  return withDirectoryLock(directory, async () => {
    const server = await findServer(directory, options)
    if (!server.exists()) {
      if (!options.create) throw noDatabase(directory)
      options.onProgress?.(`Making a PostgreSQL database in ${server.dataDirectory}…`)
      await server.make(await passwordOf(directory))
      await writeFile(join(directory, 'location'), `${relative(directory, server.dataDirectory)}\n`)
    }
    const port = await server.start()
    const member = members.enter(() => server.stopLater())
    const password = await passwordOf(directory)
    let left: Promise<void> | undefined
    return {
      url: `postgres://post_rate:${password}@127.0.0.1:${port}/post_rate`,
      description: `embedded PostgreSQL in ${server.dataDirectory}, port ${port}`,
      leave: () => {
        left ??= withDirectoryLock(directory, async () => {
          member.leave()
          if (members.count() === 0) await server.stop()
          member.left()
        })
        return left
      },
    }
  })
}

function noDatabase(directory: string): ConfigurationError {
  return new ConfigurationError(
    `There is no database in ${directory}. Make one with \`post-rate migrate\` (empty), \`post-rate seed\` (demo data) or \`post-rate dev\`, or set DATABASE_URL to an existing one.`,
  )
}

async function findServer(directory: string, { onProgress }: EmbeddedOptions): Promise<EmbeddedServer> {
  const location = join(directory, 'location')
  const usual = join(directory, 'postgres')
  let dataDirectory = existsSync(location) ? resolve(directory, (await readFile(location, 'utf8')).trim()) : usual
  const account = findAccount(dataDirectory)
  if (!existsSync(dataDirectory) && !canReach(account, directory)) {
    dataDirectory = join(sharedPlace, `data-${randomBytes(8).toString('hex')}`)
    onProgress?.(`${directory} is closed to the account that PostgreSQL runs as, so its data go elsewhere.`)
  }
  const binaries = reachableBinaries(await findBinaries(), account)
  return new EmbeddedServer(dataDirectory, binaries, account)
}

/** Made once and kept where only the user can read it. */
async function passwordOf(directory: string): Promise<string> {
  const path = join(directory, 'password')
  if (!existsSync(path)) await writeFile(path, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return (await readFile(path, 'utf8')).trim()
}
