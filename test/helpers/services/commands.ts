import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Full path of the first of these commands that is on the PATH. */
export function findCommand(...names: string[]): string | undefined {
  for (const name of names) {
    for (const directory of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(directory, name)
      if (isExecutable(path)) return path
    }
  }
  return undefined
}

/** Whether this process may run the file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The one named by TEST_PGBOUNCER, otherwise the installed one: Debian keeps it where not every user looks. */
export function findPgBouncer(): string | undefined {
  const debian = '/usr/sbin/pgbouncer'
  return process.env.TEST_PGBOUNCER ?? findCommand('pgbouncer') ?? (isExecutable(debian) ? debian : undefined)
}

/** Runs a command to its end; its standard output. Throws with what it wrote when it fails. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; uid?: number; gid?: number; env?: NodeJS.ProcessEnv } = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options })
  if (status === 0) return stdout
  const said = (stderr || stdout || '').trim().slice(-1000)
  throw new Error(`${command} failed: ${said || error?.message || `exit code ${status}`}`)
}
