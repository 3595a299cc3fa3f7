import type { GuardedPost, PostRate } from 'post-rate'
import { useCallback, useRef, useState } from 'react'
import { account } from '../decision.ts'
import { present } from './find-posts.ts'
import { messageOf } from './message-of.ts'
import { type Polled, usePoll } from './use-poll.ts'

export interface GuardedRow extends GuardedPost {
  /** Empty for a post that was deleted meanwhile. */
  title: string
}

export interface Guarded {
  polled: Polled<readonly GuardedRow[]>
  /** Index of the selected row. */
  selected: number
  move(rows: number): void
  /** The selected post; undefined where there is none. */
  post: GuardedRow | undefined
  /** What became of the last release; empty before the first. */
  outcome: string
  release(postId: number): void
}

/** The guarded posts, read every second while `active`, and letting one go. */
export function useGuarded(
  postRate: Pick<PostRate, 'guard' | 'audit'> & { posts: Pick<PostRate['posts'], 'get'> },
  { active }: { active: boolean },
): Guarded {
  const [selectedId, select] = useState<number | null>(null)
  const [outcome, tell] = useState('')
  /** Of the posts that were listed last. Titles do not change: each is read once. */
  const titles = useRef(new Map<number, string>())
  const read = useCallback(async () => {
    const armed = await postRate.guard.armed(100)
    const known = titles.current
    const unread = armed.map(({ postId }) => postId).filter((id) => !known.has(id))
    for (const { id, title } of await present(postRate.posts.get, ...unread)) known.set(id, title)
    const rows = armed.map((post) => ({ ...post, title: known.get(post.postId) ?? '' }))
    titles.current = new Map(rows.map(({ postId, title }) => [postId, title]))
    return rows
  }, [postRate])
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
      postRate.guard.release(postId, { by: account() }).then(
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
