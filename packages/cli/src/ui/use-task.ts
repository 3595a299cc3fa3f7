import type { PostsProgress } from 'post-rate'
import { useCallback, useEffect, useRef, useState } from 'react'
import { messageOf } from './message-of.ts'

/** Where long work over posts stands. */
export type TaskState<Report> =
  | { state: 'idle' }
  /** `from`: posts that were done before this run. */
  | { state: 'running'; progress: PostsProgress | null; from: number; seconds: number }
  | { state: 'done'; report: Report }
  | { state: 'failed'; message: string }
  | { state: 'cancelled' }

export interface TaskOptions {
  /** Called first where the work goes on where it was cut short. */
  startAt: (done: number) => void
  onProgress: (progress: PostsProgress) => void
  signal: AbortSignal
}

export interface Task<Report> {
  now: TaskState<Report>
  /** Does nothing while it runs already. */
  start(run: (options: TaskOptions) => Promise<Report>): void
  cancel(): void
}

/** A drawing takes some 10 ms: ten of them a second would keep a tenth of a core busy beside the work itself. */
const frameMs = 250

/** Work that runs in the background of the views. Progress shows four times a second, however often it is reported. */
export function useTask<Report>(): Task<Report> {
  const [now, setNow] = useState<TaskState<Report>>({ state: 'idle' })
  const running = useRef<AbortController | null>(null)

  const cancel = useCallback(() => running.current?.abort(new Error('cancelled')), [])
  useEffect(() => cancel, [cancel])

  const start = useCallback((run: (options: TaskOptions) => Promise<Report>) => {
    if (running.current !== null) return
    const controller = new AbortController()
    running.current = controller
    const started = performance.now()
    let progress: PostsProgress | null = null
    let from = 0
    const show = () => setNow({ state: 'running', progress, from, seconds: (performance.now() - started) / 1000 })
    show()
    const timer = setInterval(show, frameMs)
    const end = (state: TaskState<Report>) => {
      clearInterval(timer)
      running.current = null
      setNow(state)
    }
    run({
      startAt: (done) => {
        from = done
      },
      onProgress: (latest) => {
        progress = latest
      },
      signal: controller.signal,
    }).then(
      (report) => end({ state: 'done', report }),
      (error: unknown) =>
        end(controller.signal.aborted ? { state: 'cancelled' } : { state: 'failed', message: messageOf(error) }),
    )
  }, [])

  return { now, start, cancel }
}
