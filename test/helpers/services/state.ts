import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runDirectory } from './directories.ts'
import { isRunning, ownProcess, type ProcessHandle } from './processes.ts'
import type { Server } from './server.ts'

export const serviceNames = ['postgres', 'redis', 'kafka'] as const
export type ServiceName = (typeof serviceNames)[number]

/** What this checkout has started, kept in a file so that the next command finds it. */
export interface State {
  servers: Partial<Record<ServiceName, Server>>
  /** Why a service could not be had. */
  missing: Partial<Record<ServiceName, string>>
  /** Set where Docker Compose runs the services: its project. */
  composeProject: string | null
  /** Started by hand: test runs leave it up. */
  held: boolean
  /** Test runs that use the services; the last one to end stops them. */
  users: ProcessHandle[]
}

const emptyState: State = { servers: {}, missing: {}, composeProject: null, held: false, users: [] }

/** What the state file says; without one, that nothing runs. */
export function readState(): State {
  try {
    return { ...emptyState, ...(JSON.parse(readFileSync(stateFile(), 'utf8')) as State) }
  } catch {
    return { ...emptyState }
  }
}

/** Replaces the state file. It holds a password, so that only its owner may read it. */
export function writeState(state: State): void {
  const draft = `${stateFile()}.${process.pid}`
  writeFileSync(draft, JSON.stringify(state, null, 2), { mode: 0o600 })
  renameSync(draft, stateFile())
}

/**
 * Runs `work` while no other process of this checkout starts or stops services. A signal that asks this process to end
 * is acted on afterwards, so that no server is left half started.
 */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const lock = join(runDirectory(), 'lock')
  while (!tryLock(lock)) await sleep(100)
  let late: NodeJS.Signals | undefined
  const postpone = (signal: NodeJS.Signals) => {
    late = signal
  }
  process.on('SIGINT', postpone).on('SIGTERM', postpone)
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
    process.off('SIGINT', postpone).off('SIGTERM', postpone)
    if (late && process.listenerCount(late) === 0) process.kill(process.pid, late)
  }
}

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, JSON.stringify(ownProcess()), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (isAbandoned(lock)) rmSync(lock, { force: true })
  return false
}

function isAbandoned(lock: string): boolean {
  try {
    return !isRunning(JSON.parse(readFileSync(lock, 'utf8')) as ProcessHandle)
  } catch {
    // Gone meanwhile, or not written yet.
    return false
  }
}

function stateFile(): string {
  return join(runDirectory(), 'state.json')
}
