/** @jsxRuntime automatic */
import { Box } from 'ink'
import { Activity, type ActivityProps } from './activity.tsx'
import { attentionOf } from './attention.ts'
import { AttentionPanel, attentionRows } from './attention-panel.tsx'
import { Dependencies } from './dependencies.tsx'
import { Lag } from './lag.tsx'
import { Leases } from './leases.tsx'

export type OverviewProps = ActivityProps

const topHeight = 6
/** More where much is wrong, and the panels above do not need the rows. */
const attentionHeight = 5
const leastMiddle = 5

/** The whole deployment at a glance: activity, dependencies, lag per partition, relay shards, and what is wrong. */
export function Overview({ status, past, verify, width, height }: OverviewProps) {
  const left = Math.ceil(width / 2)
  const right = width - left
  const attention = attentionOf(status, verify)
  const wanted = attentionRows(attention, width) + 2
  const spare =
    height - topHeight - Math.max(leastMiddle, (status.lag ?? []).length + 2, (status.leases ?? []).length + 3)
  const bottom =
    height >= topHeight + attentionHeight + leastMiddle ? Math.max(attentionHeight, Math.min(wanted, spare)) : 0
  const middle = height - topHeight - bottom
  return (
    <Box flexDirection="column">
      <Box>
        <Activity status={status} past={past} verify={verify} width={left} height={topHeight} />
        <Dependencies status={status} width={right} height={topHeight} />
      </Box>
      <Box>
        <Lag lag={status.lag} kafka={status.dependencies.kafka} width={left} height={middle} />
        <Leases leases={status.leases} width={right} height={middle} />
      </Box>
      {bottom > 0 && <AttentionPanel all={attention} width={width} height={bottom} />}
    </Box>
  )
}
