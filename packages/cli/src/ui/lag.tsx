/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { DependencyStatus, PartitionLag } from 'post-rate'
import { Bar } from './bar.tsx'
import { counted, shortCount } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'

export interface LagProps {
  /** Null where it is unknown. */
  lag: readonly PartitionLag[] | null
  kafka: DependencyStatus
  width: number
  height: number
}

// Below it a bar is not drawn full, so that a handful of messages does not look like a jam.
const fullBar = 100

/** How many messages the consumers are behind, a bar a partition; the worst ones where there are more than rows. */
export function Lag({ lag: known, kafka, width, height }: LagProps) {
  const lag = known ?? []
  const rows = height - 2
  const total = lag.reduce((sum, partition) => sum + partition.lag, 0)
  const max = Math.max(fullBar, ...lag.map((partition) => partition.lag))
  const shown =
    lag.length <= rows
      ? [...lag].sort((a, b) => a.partition - b.partition)
      : [...lag].sort((a, b) => b.lag - a.lag).slice(0, rows - 1)
  const bar = Math.max(0, width - 4 - 6 - 6)
  return (
    <Panel title="Consumer lag" note={lag.length === 0 ? '' : counted(total, 'message')} width={width} height={height}>
      {lag.length === 0 && <Say tone="quiet">{whyNone(kafka, known !== null)}</Say>}
      {shown.map(({ partition, lag: behind }) => (
        <Box key={partition} height={1} flexShrink={0}>
          <Say tone="quiet">{`p${partition}`.padEnd(6)}</Say>
          <Bar value={behind} max={max} width={bar} tone={lagTone(behind)} />
          <Say tone={behind === 0 ? 'quiet' : 'plain'}>{shortCount(behind).padStart(6)}</Say>
        </Box>
      ))}
      {shown.length < lag.length && (
        <Say tone="quiet">{`and ${counted(lag.length - shown.length, 'partition')} less behind`}</Say>
      )}
    </Panel>
  )
}

function whyNone({ configured, reachable }: DependencyStatus, known: boolean): string {
  if (!configured) return 'No Kafka: relays apply directly.'
  if (!reachable) return 'Unknown: Kafka cannot be reached.'
  return known ? 'No topic yet: a relay makes it.' : 'Unknown: Kafka did not answer in time.'
}

function lagTone(lag: number): Tone {
  if (lag > 100_000) return 'bad'
  return lag > 10_000 ? 'warn' : 'accent'
}
