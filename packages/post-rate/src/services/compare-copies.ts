import type { PostStats } from '../domain/post-stats.ts'
import { encodeStats } from '../domain/rating-change.ts'
import type { ReadOptions, StatsStore } from '../ports/stats-store.ts'

export type DriftKind =
  /** `post_stats` is not what the ratings add up to. */
  | 'counts'
  /** What is displayed of a settled post is not what its policy shows: other counts, or not their average. */
  | 'displayed'
  /** The post's place in the ranking is not that of what is displayed. */
  | 'rank'
  /** The stats store has nothing of the post. */
  | 'missing'
  /** The stats store has an older version. */
  | 'behind'
  /** The stats store has a newer version than the record. */
  | 'ahead'
  /** The stats store has other figures at the same version. */
  | 'differs'
  /** The stats store has a post that the record does not know. */
  | 'unknown'

export interface Drift {
  postId: number
  kind: DriftKind
  expected: unknown
  found: unknown
}

/** Compares the stats store's copies with states of the record; posts that nobody rated and deleted ones need no copy. */
export async function compareCopies(store: StatsStore, states: readonly PostStats[]): Promise<Drift[]> {
  const copies = (
    await store.read(
      states.map((stats) => stats.postId),
      { patient: true, known: states },
    )
  ).states
  return states.flatMap((stats): Drift[] => {
    const copy = copies.get(stats.postId)
    const { postId } = stats
    if (isRight(copy, stats)) return []
    if (copy === undefined) return [{ postId, kind: 'missing', expected: encodeStats(stats), found: null }]
    const kind = copy.version < stats.version ? 'behind' : copy.version > stats.version ? 'ahead' : 'differs'
    return [{ postId, kind, expected: encodeStats(stats), found: encodeStats(copy) }]
  })
}

/** Of these states those whose copy is not the same, for who does not ask why; as {@link compareCopies} finds them. */
export async function wrongCopies(
  store: StatsStore,
  states: readonly PostStats[],
  { onlyKnown = false }: Pick<ReadOptions, 'onlyKnown'> = {},
): Promise<number[]> {
  if (states.length === 0) return []
  const ids = states.map((stats) => stats.postId)
  const copies = (await store.read(ids, { patient: true, known: states, onlyKnown })).states
  return states.filter((stats) => !isRight(copies.get(stats.postId), stats)).map((stats) => stats.postId)
}

/**
 * As {@link wrongCopies}, and perhaps some that are right, for who looks again: where every copy differs, which is what a
 * rebuild is for, reading them would be a third of its work.
 */
export async function suspectCopies(store: StatsStore, rated: readonly PostStats[]): Promise<number[]> {
  const alive = rated.filter(({ deleted }) => !deleted)
  const buried = rated.filter(({ deleted }) => deleted)
  return [...(await wrongCopies(store, alive, { onlyKnown: true })), ...(await wrongCopies(store, buried))]
}

function isRight(copy: PostStats | undefined, stats: PostStats): boolean {
  if (copy === undefined) return stats.version === 0 || stats.deleted
  return copy === stats || sameState(copy, stats)
}

/** Equal in everything that a copy carries. */
export function sameState(a: PostStats, b: PostStats): boolean {
  return a.version === b.version && JSON.stringify(copyOf(a)) === JSON.stringify(copyOf(b))
}

function copyOf({ counts, activity, displayed, windowEnd, stepAt, deleted }: PostStats) {
  return [
    counts,
    activity,
    displayed.counts,
    displayed.average,
    displayed.asOf,
    displayed.activity,
    displayed.guard,
    windowEnd,
    stepAt,
    deleted,
  ]
}
