/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { ReactNode } from 'react'
import { fitted, widthOf } from './fitted.ts'
import { Say, type Tone, useColor } from './tone.tsx'

export interface PanelProps {
  title: string
  /** Said at the right end of the title's line. */
  note?: string
  /** Of the border. */
  tone?: Tone
  width: number
  height: number
  children?: ReactNode
}

/** A titled frame. Its inside is `width - 4` cells wide and `height - 2` rows high; what is more is cut. */
export function Panel({ title, note = '', tone = 'quiet', width, height, children }: PanelProps) {
  const color = useColor(tone)
  const noteText = note === '' ? '' : ` ${fitted(note, Math.max(0, width - title.length - 9))} `
  const line = '─'.repeat(Math.max(0, width - title.length - widthOf(noteText) - 6))
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      <Box height={1}>
        <Say tone={tone}>{'╭─ '}</Say>
        <Say tone="title">{title}</Say>
        <Say tone={tone}>{` ${line}${noteText}─╮`}</Say>
      </Box>
      <Box
        borderStyle="round"
        borderTop={false}
        borderDimColor={tone === 'quiet'}
        {...(color && { borderColor: color })}
        paddingX={1}
        flexDirection="column"
        height={height - 1}
        overflow="hidden"
      >
        {children}
      </Box>
    </Box>
  )
}
