/** @jsxRuntime automatic */
import { Box } from 'ink'
import { Bar } from './bar.tsx'
import { fitted } from './fitted.ts'
import { Latest } from './latest.tsx'
import { average, count, countdown, shortCount, timeOfDay } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'
import type { Latest as LatestRatings } from './use-latest.ts'
import type { PostRow } from './use-posts.ts'
import { wrapped } from './wrapped.ts'

export interface PostDetailsProps {
  row: PostRow | null
  latest: LatestRatings
  /** The database's time, milliseconds since the epoch. */
  now: number
  width: number
  height: number
}

const gap = 2
const histogramRows = 7
/** Title, histograms, what comes, author. */
const usedRows = histogramRows + 3
const histogramWidth = { least: 22, most: 28 }
const leastLatest = { width: 28, height: 4 }

/** Where the newest ratings go: below where there is room for three of them, otherwise beside the histograms. */
function detailsLayout(inside: number, rows: number) {
  const below = rows - usedRows
  const forTwo = inside - leastLatest.width - 2 * gap
  if (below >= leastLatest.height || forTwo < 2 * histogramWidth.least)
    return { histogram: Math.floor((inside - gap) / 2), beside: 0, below: below < leastLatest.height ? 0 : below }
  const histogram = Math.min(histogramWidth.most, Math.floor(forTwo / 2))
  return { histogram, beside: inside - 2 * (histogram + gap), below: 0 }
}

/** One post: the live histogram beside the one that readers see, when that changes, and the newest ratings. */
export function PostDetails({ row, latest, now, width, height }: PostDetailsProps) {
  if (row === null) return <Panel title="Post" width={width} height={height} />
  const { post, inspection } = row
  const shown = inspection?.displayed ?? post.stats
  const live = inspection?.live ?? null
  const roomy = height > usedRows + 1
  const coming = roomy ? wrapped(whatComes(shown, now), width - 4) : [fitted(whatComes(shown, now), width - 4)]
  const { histogram, beside, below } = detailsLayout(width - 4, height - 1 - coming.length)
  const max = Math.max(1, ...shown.histogram, ...(live?.histogram ?? []))
  const note = inspection === null ? '' : `version ${count(inspection.version)}, from ${inspection.source}`
  return (
    <Panel title={`Post ${post.id}`} note={note} width={width} height={height}>
      <Say tone="title">{fitted(post.title, width - 4)}</Say>
      <Box gap={gap}>
        <Column title="live" figures={live} max={max} width={histogram} tone="accent" />
        <Column title="shown" figures={shown} max={max} width={histogram} tone="good" />
        {beside > 0 && <Latest latest={latest} now={now} width={beside} height={histogramRows} />}
      </Box>
      {coming.map((line) => (
        <Say key={line} tone={shown.guard === null ? 'quiet' : 'warn'}>
          {line}
        </Say>
      ))}
      {roomy && <Say tone="quiet">{fitted(`by ${post.createdBy}, ${post.createdAt.slice(0, 10)}`, width - 4)}</Say>}
      {below > 0 && <Latest latest={latest} now={now} width={width - 4} height={below} />}
    </Panel>
  )
}

interface Shown {
  asOf: string
  nextUpdateAt: string | null
  guard: { gap: number; since: string } | null
}

/** First what is waited for: the end is cut where a row has no room. */
function whatComes({ asOf, nextUpdateAt, guard }: Shown, now: number): string {
  const until = nextUpdateAt === null ? 'a change shows at once' : `next change in ${countdown(nextUpdateAt, now)}`
  const since = `${timeOfDay(asOf)} UTC`
  if (guard === null) return `${until} · displayed as of ${since}`
  const off = average(Math.abs(guard.gap))
  // Nothing is left to see of a gap that rounds to none.
  const gap = off === average(0) ? '' : `, ${off} off`
  return `${until} · damped since ${timeOfDay(guard.since)}${gap} · as of ${since}`
}

interface ColumnProps {
  title: string
  figures: { count: number; average: number | null; histogram: readonly number[] } | null
  max: number
  width: number
  tone: Tone
}

function Column({ title, figures, max, width, tone }: ColumnProps) {
  const said = width < 27 ? shortCount : count
  const head = figures === null ? 'unknown' : `${said(figures.count)}, avg ${average(figures.average)}`
  return (
    <Box flexDirection="column" width={width}>
      <Box>
        <Say tone="title">{title.padEnd(6)}</Say>
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
