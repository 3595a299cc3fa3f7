/** @jsxRuntime automatic */
import { Box } from 'ink'
import { fitted } from './fitted.ts'
import { average, countdown, shortCount } from './numbers.ts'
import { Panel } from './panel.tsx'
import { PostDetails } from './post-details.tsx'
import { Say, type Tone, useColor } from './tone.tsx'
import type { Latest } from './use-latest.ts'
import type { PostRow, PostsPage } from './use-posts.ts'

export interface PostsProps {
  page: PostsPage | null
  /** Index of the selected row. */
  selected: number
  /** The newest ratings of the selected post. */
  latest: Latest
  /** The database's time, milliseconds since the epoch. */
  now: number
  width: number
  height: number
}

const detailsHeight = 11
const wideFrom = 120

/** Where the two panels of this view go. */
export function postsLayout(width: number, height: number) {
  const beside = width >= wideFrom
  const details = beside || height >= detailsHeight + 6
  const listWidth = beside ? Math.ceil(width / 2) : width
  const listHeight = beside || !details ? height : height - detailsHeight
  return { beside, details, listWidth, listHeight, pageSize: Math.max(1, listHeight - 3) }
}

/** A page of posts, live figures beside the displayed ones, and the selected post. */
export function Posts({ page, selected, latest, now, width, height }: PostsProps) {
  const { beside, details, listWidth, listHeight } = postsLayout(width, height)
  const row = page?.rows[selected] ?? null
  return (
    <Box flexDirection={beside ? 'row' : 'column'}>
      <List page={page} selected={selected} now={now} width={listWidth} height={listHeight} />
      {details && (
        <PostDetails
          row={row}
          latest={latest}
          now={now}
          width={beside ? width - listWidth : width}
          height={beside ? height : detailsHeight}
        />
      )}
    </Box>
  )
}

const columns = [10, 7, 6, 8, 6, 9] as const

function List({ page, selected, now, width, height }: Omit<PostsProps, 'latest'>) {
  const note = page === null ? '' : `page ${page.number}${page.last ? ', the last' : ''}`
  const order = `${page?.sort ?? 'newest'}${page?.sort === 'top' ? '' : ' first'}`
  const title = page?.search ? fitted(`Posts, search: ${page.search}`, width - 24) : `Posts, ${order}`
  const cells = ['id', 'live', 'avg', 'shown', 'avg', 'changes']
  return (
    <Panel title={title} note={note} width={width} height={height}>
      <Cells values={cells} tones={cells.map(() => 'quiet')} title="title" width={width} quiet />
      {page === null && <Say tone="quiet">Reading…</Say>}
      {page?.rows.length === 0 && (
        <Say tone="quiet">
          {page.search === ''
            ? 'No posts yet: `post-rate posts create` makes one, `post-rate seed` many.'
            : 'No such id, and no such title among the newest 1,000. esc shows all posts.'}
        </Say>
      )}
      {page?.rows.map((row, index) => (
        <Line key={row.post.id} row={row} chosen={index === selected} now={now} width={width} />
      ))}
    </Panel>
  )
}

function Line({ row, chosen, now, width }: { row: PostRow; chosen: boolean; now: number; width: number }) {
  const { post, inspection } = row
  const live = inspection?.live
  const shown = inspection?.displayed ?? post.stats
  const same = live === undefined || (live.count === shown.count && live.average === shown.average)
  const values = [
    String(post.id),
    live === undefined ? '–' : shortCount(live.count),
    average(live?.average ?? null),
    shortCount(shown.count),
    average(shown.average),
    shown.guard === null ? countdown(shown.nextUpdateAt, now) : 'damped',
  ]
  const shownTone: Tone = same ? 'plain' : 'warn'
  const tones: Tone[] = ['accent', 'plain', 'plain', shownTone, shownTone, shown.guard === null ? 'quiet' : 'warn']
  return <Cells values={values} tones={tones} title={post.title} width={width} chosen={chosen} />
}

interface CellsProps {
  values: readonly string[]
  tones: readonly Tone[]
  /** Last, so that a title whose width the terminal sees otherwise moves no figure. */
  title: string
  width: number
  chosen?: boolean
  quiet?: boolean
}

function Cells({ values, tones, title, width, chosen = false, quiet = false }: CellsProps) {
  const marker = useColor('accent')
  const used = columns.reduce((sum, column) => sum + column, 0)
  const room = width - 4 - 2 - used - 2
  return (
    <Box height={1} flexShrink={0}>
      <Say tone={marker ? 'accent' : 'title'}>{chosen ? '▶ ' : '  '}</Say>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed
        <Say key={index} tone={tones[index] ?? 'plain'}>
          {index === 0 ? value.padEnd(columns[0]) : value.padStart(columns[index] ?? 0)}
        </Say>
      ))}
      <Say tone={quiet ? 'quiet' : chosen ? 'title' : 'plain'}>{`  ${fitted(title, room)}`}</Say>
    </Box>
  )
}
