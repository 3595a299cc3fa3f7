/** @jsxRuntime automatic */
import { Box } from 'ink'
import { Panel } from './panel.tsx'
import { Say } from './tone.tsx'

const keys: readonly (readonly [keys: string, what: string] | null)[] = [
  ['1 … 6, Tab', 'overview, posts, rebuild, guard and incidents, pipeline, log'],
  ['?', 'these keys'],
  ['q, Ctrl-C', 'quit'],
  ['Ctrl-L', 'draw the screen anew'],
  null,
  ['v', 'verify the stats against the ratings, in the background'],
  ['r', 'rebuild: asks first; d there is a dry run'],
  ['Esc', 'stop the rebuild or verify that runs'],
  null,
  ['j k, ↓ ↑', 'next and previous post, or line of the log'],
  ['PgDn PgUp, → ←', 'next and previous page'],
  ['g', 'first page; end of the log'],
  ['s', 'sort: newest or top'],
  ['/', 'search: an id, or a part of a title; Esc shows all again'],
  ['x', 'spike guard: let go of the selected post; asks first'],
]

/** Every key and what it does. */
export function Help({ width, height }: { width: number; height: number }) {
  return (
    <Panel title="Keys" note="any key goes back" tone="accent" width={width} height={height}>
      {keys.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is fixed
        <Box key={index} height={1} flexShrink={0}>
          <Box width={18} flexShrink={0}>
            <Say tone="accent">{row?.[0]}</Say>
          </Box>
          <Say>{row?.[1]}</Say>
        </Box>
      ))}
    </Panel>
  )
}
