import type { LatestRating, PostRate } from 'post-rate'
import { useCallback } from 'react'
import { usePoll } from './use-poll.ts'
import type { PostRow } from './use-posts.ts'

/** More than a panel shows. */
const limit = 100

export interface Latest {
  /** Newest first; null while they are read for the first time. */
  ratings: readonly LatestRating[] | 'too many' | null
  /** Why the last read failed; null when it did not. */
  error: string | null
}

/**
 * The newest ratings of a post, null for none, read when it is chosen and when its version has changed: they are looked for
 * among all of its ratings. An exclusion that changes no figure is seen when the post is chosen again.
 */
export function useLatest(postRate: { ratings: Pick<PostRate['ratings'], 'latest'> }, row: PostRow | null): Latest {
  // A host's post that nobody rated yet has nothing to inspect.
  const { postId = null, version } = row?.inspection ?? {}
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version has other ratings
  const read = useCallback(async () => {
    const ratings = postId === null ? [] : await postRate.ratings.latest(postId, { limit })
    return { postId, ratings: ratings ?? ('too many' as const) }
  }, [postRate, postId, version])
  const { value, error } = usePoll(row === null ? null : read, 1000, { once: true })
  return { ratings: value?.postId === postId ? value.ratings : null, error }
}
