import type { StatsChange, StatsEvent } from '../../domain/post-stats.ts'
import { type encodeStats, messageSchema } from '../../domain/rating-change.ts'
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

/** What a row that was folded says of the change behind it, beside kind and state. */
export type OutboxRow = Pick<UnfoldedRow, 'id' | 'event_id' | 'user_id' | 'score' | 'previous_score' | 'rated_at'>

/** The state's part of a message, and what is kept of it in the outbox. */
export type EncodedStats = ReturnType<typeof encodeStats>

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

/** The message of a folded row. */
export function outgoing(
  kind: StatsChange['kind'],
  row: OutboxRow,
  state: EncodedStats,
  source: string,
): OutgoingChange {
  const { id, event_id: eventId, user_id: userId, score, previous_score: previousScore } = row
  if (kind !== 'rating') return withoutRating(kind, row, state, source)
  const rating = { userId, score, previousScore, ratedAt: isoTime(row.rated_at) }
  return { id: `${id}/${eventId}`, message: { schema: messageSchema, kind, source, eventId, ...rating, ...state } }
}

/** The message of a post's end or return, of a release, or of a window's end. */
export function withoutRating(
  kind: Exclude<StatsChange['kind'], 'rating'>,
  { id, event_id: eventId }: Pick<OutboxRow, 'id' | 'event_id'>,
  state: EncodedStats,
  source: string,
): OutgoingChange {
  const shown = kind === 'created' || kind === 'released' ? 'display' : kind
  return { id: `${id}/${eventId}`, message: { schema: messageSchema, kind: shown, source, eventId, ...state } }
}
