import type { PostRate } from 'post-rate'
import { useCallback, useState } from 'react'
import type { RebuildResult } from './rebuild.tsx'
import { type TaskState, useTask } from './use-task.ts'

export interface RebuildTask {
  now: TaskState<RebuildResult>
  /** Of the last run: it only looks. */
  dryRun: boolean
  start(options: { dryRun: boolean }): void
  cancel(): void
}

/** A rebuild of all posts, started and stopped by keys. */
export function useRebuild(postRate: { stats: Pick<PostRate['stats'], 'rebuild'> }): RebuildTask {
  const { now, start, cancel } = useTask<RebuildResult>()
  const [dryRun, setDryRun] = useState(false)
  const startRebuild = useCallback(
    (options: { dryRun: boolean }) => {
      setDryRun(options.dryRun)
      start(async ({ startAt, onProgress, signal }) => ({
        ...(await postRate.stats.rebuild({
          ...options,
          onResume: ({ posts }) => startAt(posts),
          onProgress,
          signal,
        })),
        dryRun: options.dryRun,
      }))
    },
    [postRate, start],
  )
  return { now, dryRun, start: startRebuild, cancel }
}
