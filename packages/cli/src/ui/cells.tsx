/** @jsxRuntime automatic */
import { Box } from 'ink'
import { fitted } from './fitted.ts'
import { Say, type Tone, useColor } from './tone.tsx'

export interface CellsProps {
  /** An id, and figures. */
  values: readonly string[]
  /** The width of each value. */
  columns: readonly number[]
  tones: readonly Tone[]
  /** Last, so that a title whose width the terminal sees otherwise moves no figure. */
  title: string
  /** Of the panel around the list. */
  width: number
  chosen?: boolean
  quiet?: boolean
}

/** A row of a list of posts. */
export function Cells({ values, columns, tones, title, width, chosen = false, quiet = false }: CellsProps) {
  const marker = useColor('accent')
  const used = columns.reduce((sum, column) => sum + column, 0)
  const room = width - 4 - 2 - used - 2
  return (
    <Box height={1} flexShrink={0}>
      <Say tone={marker ? 'accent' : 'title'}>{chosen ? '▶ ' : '  '}</Say>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed
        <Say key={index} tone={tones[index] ?? 'plain'}>
          {index === 0 ? value.padEnd(columns[0] ?? 0) : value.padStart(columns[index] ?? 0)}
        </Say>
      ))}
      <Say tone={quiet ? 'quiet' : chosen ? 'title' : 'plain'}>{`  ${fitted(title, room)}`}</Say>
    </Box>
  )
}

/** Cells for the longest of the ids, and for the word above them. */
export function idWidth(ids: readonly number[]): number {
  return Math.max('id'.length, ...ids.map((id) => String(id).length))
}
