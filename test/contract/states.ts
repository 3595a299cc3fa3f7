import { averageOf, type Histogram } from '../../packages/post-rate/src/domain/histogram.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { encodeStats, type RatingChange } from '../../packages/post-rate/src/domain/rating-change.ts'

const start = Date.UTC(2025, 0, 1)

/** A state as the fold makes them; everything in it follows from the arguments. */
export function stateOf(postId: number, version: number, changes: Partial<PostStats> = {}): PostStats {
  const counts: Histogram = [version % 3, 0, 1, 0, 0, 1]
  return {
    postId,
    version,
    counts,
    activity: version,
    displayed: { counts, average: averageOf(counts), asOf: start + (version % 1000), activity: version, guard: null },
    windowEnd: start + 300_000,
    stepAt: version % 2 === 0 ? start + 300_000 : null,
    deleted: false,
    ...changes,
  }
}

/** A tombstone, as the fold makes it. */
export function tombstoneOf(postId: number, version: number): PostStats {
  const counts: Histogram = [0, 0, 0, 0, 0, 0]
  const displayed = { counts, average: null, asOf: start + (version % 1000), activity: version, guard: null }
  return stateOf(postId, version, { counts, displayed, windowEnd: null, stepAt: null, deleted: true })
}

/** A state with every field set, a damping policy's memory included. */
export function damped(postId: number, version: number): PostStats {
  const state = stateOf(postId, version)
  const guard = { armed: true, gap: 0.1234, since: start, memory: { rate: 1, low: 2.5, rankedCount: 3 } }
  return { ...state, displayed: { ...state.displayed, average: 0.0001, guard } }
}

export function changeOf(stats: PostStats, source = 'source-1'): RatingChange {
  const what = stats.deleted
    ? { kind: 'deleted' as const }
    : {
        kind: 'rating' as const,
        userId: 'u1',
        score: 4,
        previousScore: null,
        ratedAt: new Date(start).toISOString(),
      }
  return { schema: 1, source, eventId: crypto.randomUUID(), ...what, ...encodeStats(stats) }
}
