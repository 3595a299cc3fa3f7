import {
  type HistoryQuery,
  type ListQuery,
  longestTitle,
  type Post,
  type PostDraft,
  type PostHistory,
  type PostPage,
  type PostPageJson,
  PostRateError,
  type RatingReceipt,
  type Score,
  type ShownStats,
} from 'post-rate'
import { decodeCursor, encodeCursor, type PageKey } from '../../packages/post-rate/src/domain/page-cursor.ts'

/** The part of the library that the router uses, in memory: no window, no store that can be away unless told so. */
export class FakePostRate {
  readonly stored: { id: number; title: string; content: string; createdBy: string }[] = []
  readonly scores = new Map<string, { score: Score; ratedAt: string }>()
  /** What `rate` was called with. */
  readonly rated: { postId: number; userId: string; score: number; established?: boolean | undefined }[] = []
  /** Everything that was asked of it, in order. */
  readonly calls: string[] = []
  /** Thrown by every call while it is set. */
  failure: unknown = null
  /** Added to the stats of a post. */
  readonly shown = new Map<number, Partial<ShownStats>>()
  /** Added to the history of a post. */
  readonly histories = new Map<number, Partial<PostHistory>>()
  clock = Date.parse('2030-01-01T00:00:00Z')

  now = (): number => this.clock

  readonly posts = {
    create: async (draft: PostDraft): Promise<Post> => {
      this.#enter('create')
      if (draft.title.length > 2 * longestTitle) throw new Error('The router let a long title through')
      const post = { id: this.stored.length + 1, ...draft }
      this.stored.push(post)
      return this.#show(post, draft.createdBy)
    },
    get: async (id: number, { userId = null }: { userId?: string | null } = {}): Promise<Post> => {
      this.#enter('get')
      return this.#show(this.#find(id), userId)
    },
    list: async ({ limit = 20, after = null, sort = 'newest', userId = null }: ListQuery = {}): Promise<PostPage> => {
      this.#enter('list')
      const key = after === null ? null : decodeCursor(after, sort)
      if (after !== null && key === null) throw invalid('after', 'must be a cursor of this list')
      const sorted = this.stored
        .map((post) => this.#show(post, userId))
        .sort((a, b) => (sort === 'top' ? (b.stats.average ?? 0) - (a.stats.average ?? 0) : 0) || b.id - a.id)
      const start = key === null ? 0 : sorted.findIndex(({ id }) => id === key.postId) + 1
      const items = sorted.slice(start, start + limit)
      const last = items.at(-1)
      return { items, next: last && start + limit < sorted.length ? encodeCursor(keyOf(sort, last)) : null }
    },
    listJson: async (query: ListQuery = {}): Promise<PostPageJson> => {
      const { items, next } = await this.posts.list(query)
      const promises = items.flatMap(({ stats: { nextUpdateAt } }) => (nextUpdateAt ? [Date.parse(nextUpdateAt)] : []))
      return {
        items: JSON.stringify(items),
        next,
        nextUpdateAt: promises.length === 0 ? null : Math.min(...promises),
        unpromised: promises.length === 0 || promises.length < items.length,
      }
    },
    history: async (id: number, query: HistoryQuery = {}): Promise<PostHistory> => {
      this.#enter(`history ${JSON.stringify(query)}`)
      const { stats } = this.#show(this.#find(id), null)
      const { asOf, nextUpdateAt, average } = stats
      const unit = query.unit ?? 'day'
      const known: Partial<PostHistory> = this.histories.get(id) ?? {}
      const before = [0, 0, 0, 0, 0, 0] as const
      return {
        postId: id,
        unit,
        asOf,
        nextUpdateAt,
        average,
        before,
        buckets: [],
        incidents: [],
        exclusions: [],
        ...known,
      }
    },
    delete: async (): Promise<boolean> => false,
    removed: async (): Promise<void> => {},
  }

  readonly ratings = {
    rate: async (rating: FakePostRate['rated'][number]): Promise<RatingReceipt> => {
      this.#enter('rate')
      this.rated.push(rating)
      this.#find(rating.postId)
      const key = `${rating.postId} ${rating.userId}`
      const before = this.scores.get(key)
      const score = rating.score as Score
      const changed = before?.score !== score
      const ratedAt = changed ? new Date(this.clock).toISOString() : before.ratedAt
      this.scores.set(key, { score, ratedAt })
      return { ...rating, score, previousScore: before?.score ?? null, changed, ratedAt }
    },
    withdraw: async ({ postId, userId }: { postId: number; userId: string }): Promise<void> => {
      this.#enter('withdraw')
      this.#find(postId)
      this.scores.delete(`${postId} ${userId}`)
    },
    import: async (): Promise<never> => unused(),
    export: (): never => unused(),
  }

  /** Makes posts without anybody asking. */
  seed(count: number): void {
    for (let index = 0; index < count; index++) {
      const id = this.stored.length + 1
      this.stored.push({ id, title: `Post ${id}`, content: 'Text', createdBy: 'author' })
    }
  }

  #enter(call: string): void {
    this.calls.push(call)
    if (this.failure !== null) throw this.failure
  }

  #find(id: number) {
    const post = this.stored.find((candidate) => candidate.id === id)
    if (post) return post
    throw new PostRateError('POST_NOT_FOUND', `There is no post ${id} at db.internal.example.`)
  }

  #show(post: { id: number; title: string; content: string; createdBy: string }, userId: string | null): Post {
    const histogram: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]
    for (const [key, { score }] of this.scores) if (key.startsWith(`${post.id} `)) histogram[score]++
    const count = histogram.reduce((sum, value) => sum + value, 0)
    const sum = histogram.reduce((total, value, score) => total + value * score, 0)
    const time = new Date(this.clock).toISOString()
    return {
      ...post,
      createdAt: time,
      stats: {
        count,
        average: count === 0 ? null : sum / count,
        histogram,
        asOf: time,
        nextUpdateAt: null,
        guard: null,
        ...this.shown.get(post.id),
      },
      myScore: this.scores.get(`${post.id} ${userId}`)?.score ?? null,
    }
  }
}

function keyOf(sort: 'newest' | 'top', { id: postId, stats }: Post): PageKey {
  return sort === 'newest'
    ? { sort, postId }
    : { sort, rank: (stats.average ?? 0).toFixed(12), count: stats.count, postId }
}

function invalid(field: string, message: string): PostRateError {
  return new PostRateError('INVALID_INPUT', `${field}: ${message}`, { problems: [{ field, message }] })
}

function unused(): never {
  throw new Error('The router has no business here')
}
