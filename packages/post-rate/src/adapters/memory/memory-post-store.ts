import type { PageKey } from '../../domain/page-cursor.ts'
import type { PostDraft, PostText } from '../../domain/post.ts'
import { newPostStats } from '../../domain/post-stats.ts'
import { rankOf } from '../../domain/ranking.ts'
import type { PagedPost, PageQuery, PostStore } from '../../ports/post-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** Posts in a {@link MemoryRecord}. */
export class MemoryPostStore implements PostStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async create({ title, content, createdBy }: PostDraft): Promise<PostText> {
    return this.#record.addPost({ title, content, createdBy })
  }

  async page({ sort, limit, after }: PageQuery): Promise<PagedPost[]> {
    return [...this.#record.posts.values()]
      .map((post) => ({ post, key: this.#keyOf(post, sort) }))
      .sort((a, b) => order(a.key, b.key))
      .filter(({ key }) => after === null || order(after, key) < 0)
      .slice(0, limit)
  }

  async find(ids: readonly number[]): Promise<PostText[]> {
    return [...new Set(ids)].flatMap((id) => this.#record.posts.get(id) ?? [])
  }

  async visible(ids: readonly number[]): Promise<number[]> {
    return [...ids]
  }

  async delete(id: number): Promise<boolean> {
    return this.#record.removePost(id)
  }

  #keyOf({ id, createdAt }: PostText, sort: PageQuery['sort']): PageKey {
    if (sort === 'newest') return { sort, postId: id }
    const { displayed } = this.#record.stateOf(id) ?? newPostStats(id, createdAt)
    const count = displayed.counts.reduce((sum, n) => sum + n, 0)
    return { sort, rank: rankOf(displayed, this.#record.deployment.settings.prior), count, postId: id }
  }
}

/** Negative where `a` comes before `b`: the higher rank, then count, then id. Ranks have one digit before the point. */
function order(a: PageKey, b: PageKey): number {
  if (a.sort === 'top' && b.sort === 'top') {
    if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1
    if (a.count !== b.count) return b.count - a.count
  }
  return b.postId - a.postId
}
