/** @jsxRuntime automatic */
import { Box } from 'ink'
import { Bar } from './bar.tsx'
import { fitted } from './fitted.ts'
import { average, count, countdown, shortCount, timeOfDay } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'
import type { PostRow } from './use-posts.ts'

export interface PostDetailsProps {
  row: PostRow | null
  /** The database's time, milliseconds since the epoch. */
  now: number
  width: number
  height: number
}

/** One post: the live histogram beside the one that readers see, and when that changes. */
export function PostDetails({ row, now, width, height }: PostDetailsProps) {
  if (row === null) return <Panel title="Post" width={width} height={height} />
  const { post, inspection } = row
  const shown = inspection?.displayed ?? post.stats
  const live = inspection?.live ?? null
  const half = Math.floor((width - 4 - 2) / 2)
  const max = Math.max(1, ...shown.histogram, ...(live?.histogram ?? []))
  const note = inspection === null ? '' : `version ${count(inspection.version)}, from ${inspection.source}`
  return (
    <Panel title={`Post ${post.id}`} note={note} width={width} height={height}>
      <Say tone="title">{fitted(post.title, width - 4)}</Say>
      <Box gap={2}>
        <Column title="live" figures={live} max={max} width={half} tone="accent" />
        <Column title="displayed" figures={shown} max={max} width={half} tone="good" />
      </Box>
      <Say tone={shown.guard === null ? 'quiet' : 'warn'}>{whatComes(shown, now)}</Say>
      {height > 11 && (
        <Say tone="quiet">{fitted(`by ${post.createdBy}, ${post.createdAt.slice(0, 10)}`, width - 4)}</Say>
      )}
    </Panel>
  )
}

interface Shown {
  asOf: string
  nextUpdateAt: string | null
  guard: { gap: number; since: string } | null
}

function whatComes({ asOf, nextUpdateAt, guard }: Shown, now: number): string {
  const until = nextUpdateAt === null ? 'a change shows at once' : `next change in ${countdown(nextUpdateAt, now)}`
  const held = guard === null ? '' : `damped since ${timeOfDay(guard.since)}, ${guard.gap.toFixed(2)} off · `
  return `${held}displayed as of ${timeOfDay(asOf)} UTC · ${until}`
}

interface ColumnProps {
  title: string
  figures: { count: number; average: number | null; histogram: readonly number[] } | null
  max: number
  width: number
  tone: Tone
}

function Column({ title, figures, max, width, tone }: ColumnProps) {
  const head = figures === null ? 'unknown' : `${count(figures.count)}, average ${average(figures.average)}`
  return (
    <Box flexDirection="column" width={width}>
      <Box>
        <Say tone="title">{title.padEnd(11)}</Say>
        <Say>{head}</Say>
      </Box>
      {[5, 4, 3, 2, 1, 0].map((score) => (
        <Box key={score} height={1} flexShrink={0}>
          <Say tone="quiet">{`${score} `}</Say>
          <Bar value={figures?.histogram[score] ?? 0} max={max} width={Math.max(0, width - 8)} tone={tone} />
          <Say>{figures === null ? '' : shortCount(figures.histogram[score] ?? 0).padStart(6)}</Say>
        </Box>
      ))}
    </Box>
  )
}
