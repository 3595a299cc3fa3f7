import type { PostStats } from '../domain/post-stats.ts'

/** The posts whose shown average the spike guard holds back. */
export interface GuardStore {
  /** States whose guard is armed and has something to do at the end of their window, the widest gap first. */
  armed(limit: number): Promise<PostStats[]>
  /** How many posts those are. */
  count(): Promise<number>
  /**
   * Records for the relay that a guarded average may go, in its order among the post's ratings. Resolves to false where
   * the post is not guarded; repeating it is safe.
   */
  release(postId: number): Promise<boolean>
}
