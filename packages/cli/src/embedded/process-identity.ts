import { readFileSync } from 'node:fs'

/**
 * Text that names a running process and no later one that got the same pid: `PID` or, where the system tells when it
 * started, `PID:START`.
 */
export function identityOf(pid: number): string {
  const start = startOf(pid)
  return start === null ? `${pid}` : `${pid}:${start}`
}

/** True while the process that {@link identityOf} described is alive. */
export function isRunning(identity: string): boolean {
  const [pidText = '', start] = identity.trim().split(':')
  const pid = Number(pidText)
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return false
  return start === undefined || startOf(pid) === start
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Clock ticks since boot, the 22nd field of Linux' /proc/PID/stat; null elsewhere. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
