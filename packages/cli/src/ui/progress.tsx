/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { PostsProgress } from 'post-rate'
import { Bar } from './bar.tsx'
import { count, rate, span } from './numbers.ts'
import { Say } from './tone.tsx'

export interface ProgressProps {
  /** Null before the first report. */
  progress: PostsProgress | null
  /** Posts that were done before this run; they say nothing of its speed. */
  from: number
  seconds: number
  /** What `progress.found` counts. */
  found: string
  width: number
}

/** Part done, speed and time left; `left` is null where nothing is known. */
export function progressFigures({ done, total }: PostsProgress, from: number, seconds: number) {
  const all = Math.max(done, total)
  const perSecond = seconds > 0 ? (done - from) / seconds : 0
  const left = perSecond > 0 ? (all - done) / perSecond : null
  return { part: all === 0 ? 0 : done / all, all, perSecond, left }
}

/** A bar with done and total, rate and remaining time. */
export function Progress({ progress, from, seconds, found, width }: ProgressProps) {
  if (progress === null) return <Say tone="quiet">Starting…</Say>
  const { part, all, perSecond, left } = progressFigures(progress, from, seconds)
  const facts = [
    `${count(progress.done)} of ${count(all)} posts`,
    rate(perSecond),
    left === null ? '' : `${span(left)} left`,
    `${count(progress.found)} ${found}`,
  ]
  return (
    <>
      <Box>
        <Bar value={part} max={1} width={Math.max(0, width - 6)} track />
        <Say tone="title">{`${Math.floor(part * 100)} %`.padStart(6)}</Say>
      </Box>
      <Say>{facts.filter((fact) => fact !== '').join(' · ')}</Say>
    </>
  )
}
