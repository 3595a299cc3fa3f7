import { createHash } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the checkout. */
export const projectDirectory = fileURLToPath(new URL('../../../', import.meta.url))

/** Where the runner compiles the tests to. */
export const compiledDirectory = '.cache/compiled'

/** Tells this checkout's servers from those of other checkouts and other people on the same machine. */
export const checkoutId = createHash('sha256')
  .update(`${userInfo().uid}:${projectDirectory}`)
  .digest('hex')
  .slice(0, 10)

/** What is kept between runs: downloaded jars. */
export function cacheDirectory(): string {
  return made(process.env.POST_RATE_SERVICES_DIR ?? join(projectDirectory, 'node_modules/.cache/post-rate-services'))
}

/**
 * What lives as long as the servers: their data, logs and the state file. Not below `node_modules`, since `npm ci`
 * removes that while servers run, and where the user `postgres` may enter.
 */
export function runDirectory(): string {
  const base = process.env.POST_RATE_SERVICES_DIR
  return made(base ? join(base, 'run') : join(tmpdir(), `post-rate-services-${checkoutId}`))
}

function made(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const owner = process.getuid?.()
  if (owner !== undefined && statSync(directory).uid !== owner)
    throw new Error(`${directory} belongs to somebody else.`)
  return directory
}
