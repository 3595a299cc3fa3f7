/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { ReactNode } from 'react'
import { Say, type Tone } from './tone.tsx'

export interface FactProps {
  name: string
  value: string
  tone?: Tone
  children?: ReactNode
}

/** A line of a panel: a name, what it is now, and perhaps a small chart after it. */
export function Fact({ name, value, tone = 'plain', children }: FactProps) {
  return (
    <Box height={1} flexShrink={0}>
      <Say tone="quiet">{name.padEnd(11)}</Say>
      <Say tone={tone}>{value}</Say>
      {children}
    </Box>
  )
}
