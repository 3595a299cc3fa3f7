import type { GuardedPost, PostRate } from 'post-rate'
import { useCallback, useState } from 'react'
import { messageOf } from './message-of.ts'
import { type Polled, usePoll } from './use-poll.ts'

export interface Guarded {
  polled: Polled<readonly GuardedPost[]>
  /** Index of the selected row. */
  selected: number
  move(rows: number): void
  /** The selected post; undefined where there is none. */
  post: GuardedPost | undefined
  /** What became of the last release; empty before the first. */
  outcome: string
  release(postId: number): void
}

/** The guarded posts, read every second while `active`, and letting one go. */
export function useGuarded(postRate: { guard: PostRate['guard'] }, { active }: { active: boolean }): Guarded {
  const [selectedId, select] = useState<number | null>(null)
  const [outcome, tell] = useState('')
  const read = useCallback(() => postRate.guard.armed(100), [postRate])
  const polled = usePoll(active ? read : null, 1000)
  const posts = polled.value ?? []
  const selected = Math.max(
    0,
    posts.findIndex(({ postId }) => postId === selectedId),
  )
  return {
    polled,
    selected,
    post: posts[selected],
    outcome,
    move: (rows) => select(posts[Math.max(0, Math.min(posts.length - 1, selected + rows))]?.postId ?? null),
    release: (postId) => {
      postRate.guard.release(postId).then(
        (released) =>
          tell(
            released
              ? `✓ Post ${postId} shows its true average at its next update.`
              : `Post ${postId} is not guarded any more.`,
          ),
        (error: unknown) => tell(`✗ ${messageOf(error)}`),
      )
    },
  }
}
