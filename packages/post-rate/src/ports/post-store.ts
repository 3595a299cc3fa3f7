import type { PageKey, PostSort } from '../domain/page-cursor.ts'
import type { PostDraft, PostText } from '../domain/post.ts'

export interface PageQuery {
  sort: PostSort
  /** 1-100. */
  limit: number
  /** The last post of the page before; null for the first page. */
  after: PageKey | null
}

/** A post and the key at which the page after it starts. */
export interface PagedPost {
  post: PostText
  key: PageKey
}

/**
 * The posts. The library has a table of its own for them; a host whose posts live elsewhere replaces this port, maps
 * its ids to positive integers below 2^53, and tells `postRate.posts.removed(id)` when one goes.
 * Methods reject with `UNAVAILABLE` when the store cannot be reached.
 */
export interface PostStore {
  /** Durable when it resolves. A store that does not create posts throws. */
  create(draft: PostDraft): Promise<PostText>
  /** At most `limit` posts in order (newest: id descending; top: displayed rank, count, id descending). */
  page(query: PageQuery): Promise<PagedPost[]>
  /** Those of the posts that exist, in any order. */
  find(ids: readonly number[]): Promise<PostText[]>
  /** Those of the ids that this user (null: nobody in particular) may see. Asked for each page, also for one that is skipped, and before each rating. */
  visible(ids: readonly number[], userId: string | null): Promise<number[]>
  /**
   * Resolves to false where there was none. Its ratings go with it, in short steps where they are many; `onGone` is called before
   * them, once nobody finds the post any more. Idempotent: a call that was interrupted is gone on with by the next one, or by a relay.
   */
  delete(id: number, onGone?: () => void): Promise<boolean>
}
