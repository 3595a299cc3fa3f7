/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { DependencyStatus, Status } from 'post-rate'
import type { LogLine } from './dashboard-log.ts'
import { Lag } from './lag.tsx'
import { Leases } from './leases.tsx'
import { LogLines } from './log.tsx'
import { count, rate, span } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'

export interface PipelineProps {
  status: Status
  /** What the dashboard's log has. */
  lines: readonly LogLine[]
  width: number
  height: number
}

const stagesHeight = 4
const errorsHeight = 5

/** The way of a rating in the order of its stages, who works at each, how much waits there, and what went wrong last. */
export function Pipeline({ status, lines, width, height }: PipelineProps) {
  const left = Math.ceil(width / 2)
  const middle = height - stagesHeight - errorsHeight
  const errors = lines.filter(({ level }) => level !== 'info').slice(2 - errorsHeight)
  return (
    <Box flexDirection="column">
      <Stages status={status} width={width} />
      <Box>
        <Leases leases={status.leases} width={left} height={middle} />
        <Lag lag={status.lag} kafka={status.dependencies.kafka} width={width - left} height={middle} />
      </Box>
      <Panel title="Errors" tone={errors.length === 0 ? 'quiet' : 'warn'} width={width} height={errorsHeight}>
        {errors.length === 0 && <Say tone="quiet">None since the dashboard was opened.</Say>}
        <LogLines lines={errors} width={width - 4} />
      </Panel>
    </Box>
  )
}

function Stages({ status, width }: { status: Status; width: number }) {
  const { outbox, lag, freshnessSeconds, ratingsPerSecond, dependencies } = status
  const waiting = lag?.reduce((sum, partition) => sum + partition.lag, 0) ?? null
  const stages: { name: string; says: string; tone: Tone }[] = [
    { name: 'ratings', says: ratingsPerSecond === null ? 'unknown' : rate(ratingsPerSecond), tone: 'plain' },
    { name: 'outbox', says: outbox === null ? 'unknown' : count(outbox.rows), tone: late(outbox?.oldestSeconds ?? 0) },
    {
      name: 'topic',
      says: topicSays(dependencies.kafka, waiting),
      tone: (waiting ?? 0) > 10_000 ? 'warn' : 'plain',
    },
    {
      name: 'readers',
      says: freshnessSeconds === null ? 'unknown' : `${span(freshnessSeconds)} behind`,
      tone: late(freshnessSeconds ?? 0),
    },
  ]
  const cell = Math.floor((width - 4) / stages.length)
  return (
    <Panel title="From a rating to its readers" width={width} height={stagesHeight}>
      <Box>
        {stages.map(({ name }, index) => (
          <Say key={name} tone="quiet">
            {(index === 0 ? name : `─▶ ${name}`).padEnd(cell)}
          </Say>
        ))}
      </Box>
      <Box>
        {stages.map(({ name, says, tone }, index) => (
          <Say key={name} tone={tone}>
            {(index === 0 ? says : `   ${says}`).padEnd(cell)}
          </Say>
        ))}
      </Box>
    </Panel>
  )
}

function topicSays({ configured, reachable }: DependencyStatus, waiting: number | null): string {
  if (!configured) return 'none'
  return reachable && waiting !== null ? `${count(waiting)} waiting` : 'unknown'
}

function late(seconds: number): Tone {
  if (seconds > 60) return 'bad'
  return seconds > 10 ? 'warn' : 'plain'
}
