/** @jsxRuntime automatic */
import { Box } from 'ink'
import { Cells, idWidth } from './cells.tsx'
import { fitted } from './fitted.ts'
import { average, countdown, shortCount, timeOfDay } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'
import type { GuardedRow } from './use-guarded.ts'

export interface GuardProps {
  /** Null while they are read for the first time. */
  posts: readonly GuardedRow[] | null
  selected: number
  /** The post about which the question is asked; null where none is. */
  asking: number | null
  /** What became of the last release. */
  outcome: string
  /** The database's time, milliseconds since the epoch. */
  now: number
  width: number
  height: number
}

/** After the id. */
const figures = [9, 7, 6, 7, 10, 10] as const

/** The posts whose average the spike guard holds back, and the question before one is let go. */
export function Guard({ posts, selected, asking, outcome, now, width, height }: GuardProps) {
  const rows = Math.max(1, height - 6)
  const from = Math.max(0, Math.min(selected - rows + 1, (posts?.length ?? 0) - rows))
  const columns = [idWidth(posts?.map(({ postId }) => postId) ?? []), ...figures]
  const cells = ['id', 'ratings', 'shown', 'true', 'gap', 'since', 'changes']
  const tones: Tone[] = ['accent', ...figures.map((): Tone => 'plain')]
  return (
    <Panel
      title="Spike guard"
      note={posts === null ? '' : `${posts.length} held back`}
      tone={asking === null ? 'quiet' : 'warn'}
      width={width}
      height={height}
    >
      <Cells values={cells} columns={columns} tones={cells.map(() => 'quiet')} title="title" width={width} quiet />
      {posts === null && <Say tone="quiet">Reading…</Say>}
      {posts?.length === 0 && <Say tone="quiet">No post gets unusually many ratings.</Say>}
      {posts?.slice(from, from + rows).map((post, index) => (
        <Cells
          key={post.postId}
          values={cellsOf(post, now)}
          chosen={from + index === selected}
          title={post.title}
          {...{ columns, tones, width }}
        />
      ))}
      <Box marginTop={1} flexDirection="column">
        {asking === null ? (
          <Say tone={outcome.startsWith('✗') ? 'bad' : 'good'}>{fitted(outcome, width - 4)}</Say>
        ) : (
          <Say tone="warn">
            {fitted(`Let the average of post ${asking} go? It shows the true one then. y yes, n no`, width - 4)}
          </Say>
        )}
      </Box>
    </Panel>
  )
}

function cellsOf(post: GuardedRow, now: number): string[] {
  return [
    String(post.postId),
    shortCount(post.count),
    average(post.shownAverage),
    average(post.trueAverage),
    signed(post.gap),
    timeOfDay(post.since),
    post.released ? 'released' : countdown(post.nextUpdateAt, now),
  ]
}

/** No sign where nothing is left to see of the gap. */
function signed(gap: number): string {
  const text = gap.toFixed(2)
  if (Number(text) === 0) return '0.00'
  return gap > 0 ? `+${text}` : text
}
