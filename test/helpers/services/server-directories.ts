import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { runDirectory } from './directories.ts'
import { isRunning, ownProcess, type ProcessHandle, pidSuffix, stopProcess } from './processes.ts'

const ownerFile = 'owner.json'
const prefix = 'server-'

/** A new folder for a server's data and log, which remembers the process that asked for it. */
export async function newServerDirectory(name: string): Promise<string> {
  const directory = await mkdtemp(join(runDirectory(), `${prefix}${name}-`))
  writeFileSync(join(directory, ownerFile), JSON.stringify(ownProcess()))
  return directory
}

/**
 * Ends servers that nobody knows any more: whoever started them was killed before it could end or record them.
 * `known` are the folders of those in the state file.
 */
export async function sweep(known: readonly string[]): Promise<void> {
  for (const name of readdirSync(runDirectory())) {
    const directory = join(runDirectory(), name)
    if (!name.startsWith(prefix) || known.includes(directory) || isOwned(directory)) continue
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith(pidSuffix),
    )
    await Promise.all(
      files.map((file) =>
        stopProcess(JSON.parse(readFileSync(join(directory, file), 'utf8')) as ProcessHandle, 'SIGKILL'),
      ),
    )
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Whether the process that asked for this folder still runs. */
export function isOwned(directory: string): boolean {
  try {
    return isRunning(JSON.parse(readFileSync(join(directory, ownerFile), 'utf8')) as ProcessHandle)
  } catch {
    // Being made or removed right now, by whoever owns it.
    return true
  }
}
