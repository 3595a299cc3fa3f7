import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that this checkout started. The start time guards against a pid that was given to another process. */
export interface ProcessHandle {
  pid: number
  startedAt: string
}

/** Beside its log a server's handle is kept, in case that whoever started it is killed. */
export const pidSuffix = '.process.json'

/** User and group to run a server as; undefined for the own ones. */
export interface RunAs {
  uid: number
  gid: number
}

export interface StartOptions {
  command: string
  args: readonly string[]
  /** Standard output and error go here. */
  logFile: string
  cwd: string
  env?: NodeJS.ProcessEnv
  runAs?: RunAs | undefined
}

const startedWith = new WeakMap<ProcessHandle, StartOptions>()

/** Starts a server that outlives this process. Rejects when the command cannot be run. */
export async function startProcess(options: StartOptions): Promise<ProcessHandle> {
  const log = openSync(options.logFile, 'a')
  try {
    const settings: SpawnOptions = { cwd: options.cwd, detached: true, stdio: ['ignore', log, log], ...options.runAs }
    if (options.env) settings.env = options.env
    const child = spawn(options.command, options.args, settings)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    const pid = child.pid as number
    const handle: ProcessHandle = { pid, startedAt: startTime(pid) ?? 'ended' }
    startedWith.set(handle, options)
    writeFileSync(`${options.logFile}${pidSuffix}`, JSON.stringify(handle))
    return handle
  } finally {
    closeSync(log)
  }
}

/** Starts a server that has ended as it was started by this process before, on the same data and port. */
export function startAgain(handle: ProcessHandle, changes: Partial<StartOptions> = {}): Promise<ProcessHandle> {
  const options = startedWith.get(handle)
  if (!options) throw new Error(`The process ${handle.pid} was not started here`)
  return startProcess({ ...options, ...changes })
}

/** The handle of the running process itself. */
export function ownProcess(): ProcessHandle {
  return { pid: process.pid, startedAt: startTime(process.pid) ?? 'unknown' }
}

/** Whether that very process still runs. */
export function isRunning({ pid, startedAt }: ProcessHandle): boolean {
  return startTime(pid) === startedAt
}

/** Asks a process to end and waits until it has; kills it when it has not within `timeout` milliseconds. */
export async function stopProcess(handle: ProcessHandle, signal: NodeJS.Signals, timeout = 20_000): Promise<void> {
  sendSignal(handle, signal)
  const deadline = Date.now() + timeout
  while (isRunning(handle)) {
    if (Date.now() > deadline) sendSignal(handle, 'SIGKILL')
    await sleep(25)
  }
}

/** Sends a signal to that very process; nothing happens when it has ended. */
export function sendSignal(handle: ProcessHandle, signal: NodeJS.Signals): void {
  if (!isRunning(handle)) return
  try {
    process.kill(handle.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Polls `ready` until it resolves; ends them and rejects with the log's last lines when one has ended or `timeout` is over. */
export async function waitUntilReady(
  handles: readonly ProcessHandle[],
  logFile: string,
  ready: () => Promise<void>,
  timeout = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeout
  for (;;) {
    try {
      return await ready()
    } catch (cause) {
      if (handles.every(isRunning) && Date.now() < deadline) {
        await sleep(50)
        continue
      }
      await Promise.all(handles.map((handle) => stopProcess(handle, 'SIGKILL')))
      const tail = readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n')
      throw new Error(`The server did not come up. The end of ${logFile}:\n${tail}`, { cause })
    }
  }
}

/** When a process started, as text to compare; undefined when there is none (or only a zombie is left of it). */
function startTime(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The command's name, in parentheses, may hold spaces: what follows it starts with the state (field 3).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? undefined : fields[19]
    } catch {
      return undefined
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
