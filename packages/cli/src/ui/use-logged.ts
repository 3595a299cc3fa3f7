import type { VerifyReport } from 'post-rate'
import { useEffect } from 'react'
import type { DashboardLog } from './dashboard-log.ts'
import { count, counted } from './numbers.ts'
import type { RebuildResult } from './rebuild.tsx'
import type { Polled } from './use-poll.ts'
import type { TaskState } from './use-task.ts'

export interface Logged {
  status: Polled<unknown>
  verify: TaskState<VerifyReport>
  rebuild: TaskState<RebuildResult>
  /** What became of the last release of a guarded post. */
  released: string
}

/** Writes down what the dashboard does, and why the status does not come. */
export function useLogged(log: DashboardLog, { status: { error }, verify, rebuild, released }: Logged): void {
  useEffect(() => {
    if (error !== null) log.add('error', error)
  }, [log, error])
  // biome-ignore lint/correctness/useExhaustiveDependencies: each state once, not its every progress
  useEffect(() => write(log, 'Verify', verify, verified), [log, verify.state])
  // biome-ignore lint/correctness/useExhaustiveDependencies: each state once, not its every progress
  useEffect(() => write(log, 'Rebuild', rebuild, rebuilt), [log, rebuild.state])
  useEffect(() => {
    if (released !== '') log.add(released.startsWith('✗') ? 'error' : 'info', released)
  }, [log, released])
}

function write<Report>(log: DashboardLog, what: string, task: TaskState<Report>, said: (report: Report) => string) {
  if (task.state === 'running') log.add('info', `${what} begins.`)
  if (task.state === 'done') log.add('info', `${what}: ${said(task.report)}`)
  if (task.state === 'failed') log.add('error', `${what} failed: ${task.message}`)
  if (task.state === 'cancelled') log.add('info', `${what} was stopped.`)
}

function verified({ checked, drift }: VerifyReport): string {
  return `${counted(drift.length, 'finding')} in ${counted(checked, 'post')}.`
}

function rebuilt({ posts, repaired, dryRun }: RebuildResult): string {
  return dryRun
    ? `${count(repaired)} of ${count(posts)} posts differ.`
    : `${count(repaired)} of ${count(posts)} posts repaired.`
}
