/** @jsxRuntime automatic */
import { Text } from 'ink'
import { createContext, type ReactNode, useContext } from 'react'

/** What a text says, not how it looks. Nothing is said by colour alone: signs and words repeat it. */
export type Tone = 'plain' | 'quiet' | 'title' | 'accent' | 'good' | 'warn' | 'bad'

const colors = { accent: 'cyan', good: 'green', warn: 'yellow', bad: 'red' } as const

/** False where the terminal or its user wants no colours. */
export const ColorContext = createContext(true)

/** The colour of a tone; undefined for none. */
export function useColor(tone: Tone): string | undefined {
  const wanted = useContext(ColorContext)
  return wanted && tone in colors ? colors[tone as keyof typeof colors] : undefined
}

/** One line of text in a tone; what does not fit is cut, or with `wrap` goes on below. */
export function Say({ tone = 'plain', wrap = false, children }: { tone?: Tone; wrap?: boolean; children?: ReactNode }) {
  const color = useColor(tone)
  return (
    <Text
      wrap={wrap ? 'wrap' : 'truncate'}
      bold={tone === 'title'}
      dimColor={tone === 'quiet'}
      {...(color && { color })}
    >
      {children}
    </Text>
  )
}
