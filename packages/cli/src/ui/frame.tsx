/** @jsxRuntime automatic */
import { Box } from 'ink'
import { fitted } from './fitted.ts'
import { Say, type Tone } from './tone.tsx'

export const tabs = ['overview', 'posts', 'rebuild', 'guard', 'pipeline', 'log'] as const
export type Tab = (typeof tabs)[number]

const names: Record<Tab, string> = {
  overview: 'Overview',
  posts: 'Posts',
  rebuild: 'Rebuild',
  guard: 'Guard',
  pipeline: 'Pipeline',
  log: 'Log',
}
const brand = ' post-rate  '
/** Cells of the database's name that are worth more than the program's. */
const leastName = 12

export interface HeaderProps {
  databaseName: string
  tab: Tab
  /** Said behind the tab's name, for example how far a rebuild is. */
  notes: Partial<Record<Tab, string>>
  width: number
}

/** The first line: which deployment this is, and the tabs; on a narrow terminal the numbers of the others. */
export function Header({ databaseName, tab, notes, width }: HeaderProps) {
  const labelsOf = (short: boolean) =>
    tabs.map((each, index) => {
      const note = notes[each] ? ` ${notes[each]}` : ''
      const label = `${index + 1}${short && each !== tab ? '' : ` ${names[each]}`}${note}`
      return { each, label: each === tab ? `[${label}]` : ` ${label} ` }
    })
  const widthOfAll = (labels: { label: string }[]) => labels.reduce((sum, { label }) => sum + label.length, 0)
  const whole = labelsOf(false)
  const labels = widthOfAll(whole) <= width - 1 ? whole : labelsOf(true)
  const branded = width - widthOfAll(labels) - brand.length >= leastName
  const room = width - widthOfAll(labels) - (branded ? brand.length : 1) - 1
  // Half a server's name says nothing; the database's own may.
  const name = databaseName.length <= room ? databaseName : databaseName.replace(/ on .*/, '')
  return (
    <Box height={1} width={width} justifyContent="space-between">
      <Box>
        <Say tone="accent">{branded ? brand : ' '}</Say>
        <Say tone="title">{fitted(name, room)}</Say>
      </Box>
      <Box flexShrink={0}>
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
