/** @jsxRuntime automatic */
import { Box } from 'ink'
import { fitted } from './fitted.ts'
import { Say, type Tone } from './tone.tsx'

export const tabs = ['overview', 'posts', 'rebuild', 'guard'] as const
export type Tab = (typeof tabs)[number]

const names: Record<Tab, string> = { overview: 'Overview', posts: 'Posts', rebuild: 'Rebuild', guard: 'Guard' }

export interface HeaderProps {
  databaseName: string
  tab: Tab
  /** Said behind the tab's name, for example how far a rebuild is. */
  notes: Partial<Record<Tab, string>>
  width: number
}

/** The first line: which deployment this is, and the tabs. */
export function Header({ databaseName, tab, notes, width }: HeaderProps) {
  const labels = tabs.map((each, index) => {
    const note = notes[each] ? ` ${notes[each]}` : ''
    const label = `${index + 1} ${names[each]}${note}`
    return { each, label: each === tab ? `[${label}]` : ` ${label} ` }
  })
  const room = width - 13 - labels.reduce((sum, { label }) => sum + label.length + 1, 0)
  return (
    <Box height={1} width={width} justifyContent="space-between">
      <Box>
        <Say tone="accent">{' post-rate  '}</Say>
        <Say tone="title">{fitted(databaseName, room)}</Say>
      </Box>
      <Box gap={1} flexShrink={0}>
        {labels.map(({ each, label }) => (
          <Say key={each} tone={each === tab ? 'title' : 'quiet'}>
            {label}
          </Say>
        ))}
      </Box>
    </Box>
  )
}

/** A line that says what is going wrong, or asks; blank when there is nothing. */
export function Message({ text, tone, width }: { text: string; tone: Tone; width: number }) {
  return (
    <Box height={1} width={width}>
      <Say tone={tone}>{text === '' ? ' ' : ` ${fitted(text, width - 2)}`}</Say>
    </Box>
  )
}

/** The last line: the keys of the view. */
export function Footer({ keys, width }: { keys: readonly (readonly [key: string, what: string])[]; width: number }) {
  return (
    <Box height={1} width={width} overflow="hidden">
      {keys.map(([key, what]) => (
        <Box key={key} flexShrink={0}>
          <Say tone="accent">{` ${key}`}</Say>
          <Say tone="quiet">{` ${what} `}</Say>
        </Box>
      ))}
    </Box>
  )
}
