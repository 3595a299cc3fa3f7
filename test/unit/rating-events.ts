import fc from 'fast-check'
import {
  type FoldContext,
  foldEvent,
  newPostStats,
  type PostStats,
  type RatingEvent,
  type StatsChange,
  stepWindows,
} from '../../packages/post-rate/src/domain/post-stats.ts'
import {
  defaultDisplaySettings,
  defaultRoleSettings,
  type Settings,
} from '../../packages/post-rate/src/domain/settings.ts'

/** A Thursday at noon; windows of five minutes. */
export const noon = Date.UTC(2026, 0, 1, 12)
export const windowMs = 300_000

export function settingsOf(changes: Partial<Settings> = {}): Settings {
  return { ...defaultDisplaySettings, ...defaultRoleSettings, effectiveAt: 0, previous: null, ...changes }
}

export function contextOf(changes: Partial<FoldContext> = {}): FoldContext {
  return { settings: settingsOf(), versionFloor: 0, watermark: Number.NEGATIVE_INFINITY, ...changes }
}

/** Ratings of one post, as users give them: what each change replaces follows from the one before. */
export class Ratings {
  readonly current = new Map<string, { score: number; ratedAt: number }>()
  readonly postId: number

  constructor(postId = 1) {
    this.postId = postId
  }

  /** Undefined where nothing changes. */
  change(userId: string, score: number | null, at: number, ratedAt = at): RatingEvent | undefined {
    const old = this.current.get(userId)
    if ((old?.score ?? null) === score) return undefined
    if (score === null) this.current.delete(userId)
    else this.current.set(userId, { score, ratedAt })
    return {
      kind: 'rating',
      postId: this.postId,
      userId,
      score,
      previousScore: old?.score ?? null,
      ratedAt,
      previousRatedAt: old?.ratedAt ?? null,
      at,
    }
  }

  counts(): number[] {
    const counts = [0, 0, 0, 0, 0, 0]
    for (const { score } of this.current.values()) counts[score] = (counts[score] ?? 0) + 1
    return counts
  }
}

/** Folds one after the other; resolves to every change on the way. */
export function foldInto(stats: PostStats, events: RatingEvent[], context = contextOf()): StatsChange[] {
  const changes: StatsChange[] = []
  for (const event of events) changes.push(...foldEvent(changes.at(-1)?.stats ?? stats, event, context))
  return changes
}

export function stepTo(stats: PostStats, time: number, context = contextOf()): PostStats {
  return stepWindows(stats, time, context).at(-1)?.stats ?? stats
}

export function created(postId = 1): PostStats {
  return newPostStats(postId, noon - 1)
}

/** Intentions of users: who, what (null: withdraw), and how long after the one before. Up to three windows apart. */
export const intentions = fc.array(
  fc.record({
    user: fc.integer({ min: 1, max: 4 }).map((n) => `u${n}`),
    score: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 4 }),
    pause: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 3 * windowMs })),
  }),
  { maxLength: 40 },
)

/** Intentions as events in the order of time. */
export function eventsOf(
  list: { user: string; score: number | null; pause: number }[],
  ratings = new Ratings(),
): RatingEvent[] {
  let at = noon
  return list.flatMap(({ user, score, pause }) => {
    at += pause
    return ratings.change(user, score, at) ?? []
  })
}
