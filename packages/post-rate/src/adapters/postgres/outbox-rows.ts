import type { StatsChange, StatsEvent } from '../../domain/post-stats.ts'
import { type encodeStats, messageSchema, type RatingChange } from '../../domain/rating-change.ts'
import { isoTime } from '../../domain/time.ts'
import type { OutgoingChange } from '../../ports/outbox.ts'

/** An outbox row that waits to be folded. */
export interface UnfoldedRow {
  id: string
  event_id: string
  kind: StatsEvent['kind']
  post_id: number
  user_id: string
  score: number | null
  previous_score: number | null
  rated_at: number
  previous_rated_at: number | null
  at: number
}

/** What a row that was folded says of the change behind it, beside the state. */
export type OutboxRow = Pick<UnfoldedRow, 'id' | 'event_id' | 'user_id' | 'score' | 'previous_score' | 'rated_at'> & {
  kind: StatsChange['kind']
}

type EncodedStats = ReturnType<typeof encodeStats>

export function eventOf(row: UnfoldedRow): StatsEvent {
  if (row.kind !== 'rating') return { kind: row.kind, postId: row.post_id, at: row.at }
  return {
    kind: 'rating',
    postId: row.post_id,
    userId: row.user_id,
    score: row.score,
    previousScore: row.previous_score,
    ratedAt: row.rated_at,
    previousRatedAt: row.previous_rated_at,
    at: row.at,
  }
}

/** The message of a folded row. A window's end has no more of a row than its ids. */
export function outgoing(
  row: OutboxRow | { id: string; event_id: string; kind: 'display' },
  state: EncodedStats,
  source: string,
): OutgoingChange {
  return { id: `${row.id}/${row.event_id}`, message: messageOf(row, state, source) }
}

function messageOf(row: Parameters<typeof outgoing>[0], state: EncodedStats, source: string): RatingChange {
  const { kind, event_id: eventId } = row
  if (kind !== 'rating')
    return { schema: messageSchema, kind: kind === 'created' ? 'display' : kind, source, eventId, ...state }
  const { user_id: userId, score, previous_score: previousScore, rated_at: ratedAt } = row
  const rating = { userId, score, previousScore, ratedAt: isoTime(ratedAt) }
  return { schema: messageSchema, kind, source, eventId, ...rating, ...state }
}
