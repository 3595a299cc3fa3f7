/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { RebuildReport } from 'post-rate'
import { fitted } from './fitted.ts'
import { count } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Progress } from './progress.tsx'
import { Say } from './tone.tsx'
import type { TaskState } from './use-task.ts'
import { wrapped } from './wrapped.ts'

/** A rebuild's report, and whether it only looked. */
export interface RebuildResult extends RebuildReport {
  dryRun: boolean
}

export interface RebuildProps {
  task: TaskState<RebuildResult>
  /** True while the question waits for its answer. */
  asking: boolean
  /** Of the run that goes on: it changes nothing. */
  dryRun: boolean
  width: number
  height: number
}

const what =
  "Recomputes every post's stats from its ratings and repairs those that differ, online: rating and reading go on meanwhile."

/** Recomputing the stats from the ratings: the question, the progress, the result. */
export function Rebuild({ task, asking, dryRun, width, height }: RebuildProps) {
  const room = width - 4
  return (
    <Panel
      title="Rebuild"
      tone={asking ? 'warn' : task.state === 'running' ? 'accent' : 'quiet'}
      width={width}
      height={height}
    >
      {wrapped(what, room).map((line) => (
        <Say key={line}>{line}</Say>
      ))}
      <Box marginTop={1} flexDirection="column">
        {asking ? <Question /> : <State task={task} dryRun={dryRun} room={room} />}
      </Box>
    </Panel>
  )
}

function Question() {
  return (
    <>
      <Say tone="warn">Rebuild all posts?</Say>
      <Box marginTop={1} flexDirection="column">
        <Choice of="y" text="yes, rebuild now" />
        <Choice of="d" text="dry run first: count what differs, change nothing" />
        <Choice of="n" text="no" />
      </Box>
    </>
  )
}

function Choice({ of, text }: { of: string; text: string }) {
  return (
    <Box>
      <Say tone="accent">{`  ${of}  `}</Say>
      <Say>{text}</Say>
    </Box>
  )
}

function State({ task, dryRun, room }: { task: TaskState<RebuildResult>; dryRun: boolean; room: number }) {
  switch (task.state) {
    case 'idle':
      return <Start text="" />
    case 'running':
      return (
        <>
          <Say tone="title">{running(dryRun, task.from)}</Say>
          <Box marginTop={1} flexDirection="column">
            <Progress
              progress={task.progress}
              from={task.from}
              seconds={task.seconds}
              found={dryRun ? 'differ' : 'repaired'}
              width={room}
            />
          </Box>
          <Box marginTop={1}>
            <Choice of="esc" text="stops it; what is repaired stays repaired" />
          </Box>
        </>
      )
    case 'done':
      return <Done result={task.report} />
    case 'failed':
      return (
        <>
          <Say tone="bad">{fitted(`✗ Rebuild failed: ${task.message}`, room)}</Say>
          <Start text=" again" />
        </>
      )
    case 'cancelled':
      return (
        <>
          <Say tone="warn">Stopped. What was repaired stays repaired.</Say>
          <Start text=" again" />
        </>
      )
  }
}

function running(dryRun: boolean, from: number): string {
  if (dryRun) return 'Looking for posts that differ (dry run)'
  return from === 0 ? 'Rebuilding' : `Rebuilding, on from the ${count(from)} posts that were done before`
}

function Done({ result: { posts, repaired, seconds, dryRun } }: { result: RebuildResult }) {
  const took = `${seconds.toFixed(1)} s`
  if (repaired === 0)
    return (
      <>
        <Say tone="good">{`✓ All ${count(posts)} posts are right; nothing to repair (${took}).`}</Say>
        <Start text=" again" />
      </>
    )
  return (
    <>
      {dryRun ? (
        <Say tone="warn">{`! ${count(repaired)} of ${count(posts)} posts differ (${took}). Nothing was changed.`}</Say>
      ) : (
        <Say tone="good">{`✓ ${count(repaired)} of ${count(posts)} posts repaired in ${took}.`}</Say>
      )}
      <Start text={dryRun ? ' and repairs them' : ' again'} />
    </>
  )
}

function Start({ text }: { text: string }) {
  return (
    <Box marginTop={1} flexDirection="column">
      <Choice of="r" text={`rebuilds${text}, after a question`} />
      <Choice of="d" text="dry run: counts what differs, changes nothing" />
    </Box>
  )
}
