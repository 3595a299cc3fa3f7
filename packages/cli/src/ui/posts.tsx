/** @jsxRuntime automatic */
import { Box } from 'ink'
import { Cells, idWidth } from './cells.tsx'
import { fitted } from './fitted.ts'
import { average, countdown, shortCount } from './numbers.ts'
import { Panel } from './panel.tsx'
import { PostDetails } from './post-details.tsx'
import { Say, type Tone } from './tone.tsx'
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
/** Enough beside the list; what is wider is the list's, for its titles. */
const detailsWidth = 60

/** Where the two panels of this view go. */
export function postsLayout(width: number, height: number) {
  const beside = width >= wideFrom
  const details = beside || height >= detailsHeight + 6
  const listWidth = beside ? width - detailsWidth : width
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
          width={beside ? detailsWidth : width}
          height={beside ? height : detailsHeight}
        />
      )}
    </Box>
  )
}

/** After the id. */
const figures = [7, 6, 7, 6, 9] as const

function List({ page, selected, now, width, height }: Omit<PostsProps, 'latest'>) {
  const note = page === null ? '' : `page ${page.number}${page.last ? ', the last' : ''}`
  const order = `${page?.sort ?? 'newest'}${page?.sort === 'top' ? '' : ' first'}`
  const title = page?.search ? fitted(`Posts, search: ${page.search}`, width - 24) : `Posts, ${order}`
  const columns = [idWidth(page?.rows.map(({ post }) => post.id) ?? []), ...figures]
  const cells = ['id', 'live', 'avg', 'shown', 'avg', 'changes']
  return (
    <Panel title={title} note={note} width={width} height={height}>
      <Cells values={cells} columns={columns} tones={cells.map(() => 'quiet')} title="title" width={width} quiet />
      {page === null && <Say tone="quiet">Reading…</Say>}
      {page?.rows.length === 0 && (
        <Say tone="quiet">
          {page.search === ''
            ? 'No posts yet: `post-rate posts create` makes one, `post-rate seed` many.'
            : 'No such id, and no such title among the newest 1,000. esc shows all posts.'}
        </Say>
      )}
      {page?.rows.map((row, index) => (
        <Line key={row.post.id} row={row} columns={columns} chosen={index === selected} now={now} width={width} />
      ))}
    </Panel>
  )
}

interface LineProps {
  row: PostRow
  columns: readonly number[]
  chosen: boolean
  now: number
  width: number
}

function Line({ row, columns, chosen, now, width }: LineProps) {
  return <Cells {...cellsOf(row, now)} {...{ columns, width, chosen }} title={row.post.title} />
}

/** A shown figure stands out where it reads otherwise than the live one: what rounding hides is no difference. */
export function cellsOf({ post, inspection }: PostRow, now: number): { values: string[]; tones: Tone[] } {
  const live = inspection?.live
  const shown = inspection?.displayed ?? post.stats
  const liveFigures = live === undefined ? null : [shortCount(live.count), average(live.average)]
  const shownFigures = [shortCount(shown.count), average(shown.average)]
  const comes = shown.guard === null ? countdown(shown.nextUpdateAt, now) : 'damped'
  return {
    values: [String(post.id), ...(liveFigures ?? ['–', '–']), ...shownFigures, comes],
    tones: [
      'accent',
      'plain',
      'plain',
      ...shownFigures.map((text, n): Tone => (liveFigures === null || liveFigures[n] === text ? 'plain' : 'warn')),
      shown.guard === null ? 'quiet' : 'warn',
    ],
  }
}
