import { readFileSync } from 'node:fs'

/**
 * Text that names a running process and no later one that got the same pid: `PID` or, where the system tells when it
 * started, `PID:START`.
 */
export function identityOf(pid: number): string {
  const start = statusOf(pid)?.start
  return start === undefined ? `${pid}` : `${pid}:${start}`
}

/** True while the process that {@link identityOf} described is alive. */
export function isRunning(identity: string): boolean {
  const [pidText = '', start] = identity.trim().split(':')
  const pid = Number(pidText)
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return false
  return start === undefined || statusOf(pid)?.start === start
}

/** False also for a process that has ended and that its parent has not taken notice of. */
export function isAlive(pid: number): boolean {
  return exists(pid) && !isZombie(pid)
}

/** Ended, yet still to be seen by signals. In a container whose first process waits for nobody it stays so. */
export function isZombie(pid: number): boolean {
  return statusOf(pid)?.state === 'Z'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** From Linux' /proc/PID/stat: the state, and the start in clock ticks since boot (field 22); null elsewhere. */
function statusOf(pid: number): { state: string; start: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in brackets that may itself have blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] as string, start: fields[19] as string }
  } catch {
    return null
  }
}
