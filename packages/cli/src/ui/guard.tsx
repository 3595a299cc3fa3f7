/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { GuardedPost } from 'post-rate'
import { fitted } from './fitted.ts'
import { average, countdown, shortCount, timeOfDay } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'

export interface GuardProps {
  /** Null while they are read for the first time. */
  posts: readonly GuardedPost[] | null
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

const widths = [10, 8, 8, 8, 8, 11, 12] as const

/** The posts whose average the spike guard holds back, and the question before one is let go. */
export function Guard({ posts, selected, asking, outcome, now, width, height }: GuardProps) {
  const rows = Math.max(1, height - 6)
  const from = Math.max(0, Math.min(selected - rows + 1, (posts?.length ?? 0) - rows))
  return (
    <Panel
      title="Spike guard"
      note={posts === null ? '' : `${posts.length} held back`}
      tone={asking === null ? 'quiet' : 'warn'}
      width={width}
      height={height}
    >
      <Cells values={['id', 'ratings', 'shown', 'true', 'gap', 'since', 'updates in']} tone="quiet" />
      {posts === null && <Say tone="quiet">Reading…</Say>}
      {posts?.length === 0 && <Say tone="quiet">No post gets unusually many ratings.</Say>}
      {posts?.slice(from, from + rows).map((post, index) => (
        <Cells key={post.postId} values={cellsOf(post, now)} tone="plain" chosen={from + index === selected} />
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

function cellsOf(post: GuardedPost, now: number): string[] {
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

function Cells({ values, tone, chosen = false }: { values: readonly string[]; tone: Tone; chosen?: boolean }) {
  const text = values.map((value, n) => (n === 0 ? value.padEnd(widths[0]) : value.padStart(widths[n] ?? 0))).join('')
  return (
    <Box height={1} flexShrink={0}>
      <Say tone="accent">{chosen ? '▶ ' : '  '}</Say>
      <Say tone={chosen ? 'title' : tone}>{text}</Say>
    </Box>
  )
}
