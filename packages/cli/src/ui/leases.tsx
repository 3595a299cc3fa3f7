/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { Lease } from 'post-rate'
import { fitted } from './fitted.ts'
import { span } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say } from './tone.tsx'

/** `reconciler` and a space. */
const nameWidth = 11

export interface LeasesProps {
  /** Null where they cannot be read. */
  leases: readonly Lease[] | null
  width: number
  height: number
}

/** Who relays which shard, who reconciles, and since how many holders. */
export function Leases({ leases: known, width, height }: LeasesProps) {
  const leases = known ?? []
  const rows = height - 2
  const live = leases.filter(({ secondsLeft }) => secondsLeft > 0).length
  const sorted = [...leases].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  const shown = sorted.slice(0, leases.length > rows - 1 ? rows - 2 : rows - 1)
  const holder = Math.max(4, width - 4 - nameWidth - 5 - 9)
  return (
    <Panel
      title="Leases"
      note={leases.length === 0 ? '' : `${live} of ${leases.length} held`}
      width={width}
      height={height}
    >
      {leases.length === 0 ? (
        <Say tone="quiet">{known === null ? 'Unknown: PostgreSQL did not say.' : 'No relay has run yet.'}</Say>
      ) : (
        <Row what="what" holder="holder" term="term" left="left" holderWidth={holder} quiet />
      )}
      {shown.map(({ name, holder: by, term, secondsLeft }) => (
        <Row
          key={name}
          what={name.replace(/^reconciler:.*/, 'reconciler')}
          holder={by}
          term={String(term)}
          left={secondsLeft > 0 ? span(secondsLeft) : 'expired'}
          holderWidth={holder}
          expired={secondsLeft <= 0}
        />
      ))}
      {shown.length < leases.length && <Say tone="quiet">{`and ${leases.length - shown.length} more`}</Say>}
    </Panel>
  )
}

interface RowProps {
  /** `relay:0/1`, `reconciler` */
  what: string
  holder: string
  term: string
  left: string
  holderWidth: number
  quiet?: boolean
  expired?: boolean
}

function Row({ what, holder, term, left, holderWidth, quiet = false, expired = false }: RowProps) {
  const tone = quiet ? 'quiet' : 'plain'
  return (
    <Box height={1} flexShrink={0}>
      <Box width={nameWidth} flexShrink={0}>
        <Say tone={tone}>{fitted(what, nameWidth - 1)}</Say>
      </Box>
      <Box width={holderWidth} flexShrink={0}>
        <Say tone={quiet || expired ? 'quiet' : 'accent'}>{fitted(holder, holderWidth - 1)}</Say>
      </Box>
      <Say tone={tone}>{term.padStart(5)}</Say>
      <Say tone={expired ? 'warn' : tone}>{left.padStart(9)}</Say>
    </Box>
  )
}
