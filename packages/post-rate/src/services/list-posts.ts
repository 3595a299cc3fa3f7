import { settingsAt } from '../domain/display-window.ts'
import { checkPostId, checkUserId } from '../domain/ids.ts'
import { decodeCursor, encodeCursor, type PageKey, type PostSort } from '../domain/page-cursor.ts'
import { checkPostDraft, type Post, type PostText } from '../domain/post.ts'
import { newPostStats } from '../domain/post-stats.ts'
import { showStats } from '../domain/shown-stats.ts'
import { invalidInput, postNotFound } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { PostStore } from '../ports/post-store.ts'
import type { Deployment } from './deployment.ts'
import type { ReadStats } from './read-stats.ts'

export const largestPage = 100
export const defaultPage = 20

export interface ListQuery {
  /** 1-100, default 20. */
  limit?: number
  /** `next` of the page before. */
  after?: string | null
  /** Default `newest`. */
  sort?: PostSort
  /** Whose own scores to add. */
  userId?: string | null
}

export interface PostPage {
  items: Post[]
  /** Cursor of the next page; null at the end. */
  next: string | null
}

/** Pages of posts and single posts, with what is displayed of their ratings and the reader's own scores. */
export class ListPosts {
  readonly #posts: PostStore
  readonly #stats: ReadStats
  readonly #deployment: Deployment
  readonly #clock: Clock

  constructor(posts: PostStore, stats: ReadStats, deployment: Deployment, clock: Clock) {
    this.#posts = posts
    this.#stats = stats
    this.#deployment = deployment
    this.#clock = clock
  }

  async list(query: ListQuery): Promise<PostPage> {
    const limit = checkLimit(query.limit ?? defaultPage)
    const sort = checkSort(query.sort ?? 'newest')
    const after = checkCursor(query.after ?? null, sort)
    const userId = checkReader(query.userId)
    // One more than the page tells whether there is another.
    const found = await this.#posts.page({ sort, limit: limit + 1, after })
    const page = found.slice(0, limit)
    const visible = new Set(
      await this.#posts.visible(
        page.map(({ post }) => post.id),
        userId,
      ),
    )
    const last = page.at(-1)
    return {
      items: await this.#present(
        page.map(({ post }) => post).filter((post) => visible.has(post.id)),
        userId,
      ),
      next: found.length > limit && last ? encodeCursor(last.key) : null,
    }
  }

  async get(id: unknown, reader: string | null | undefined): Promise<Post> {
    const postId = checkPostId(id, 'id')
    const userId = checkReader(reader)
    const [post] = await this.#posts.find([postId])
    if (post === undefined || !(await this.#posts.visible([postId], userId)).includes(postId))
      throw postNotFound(postId)
    return (await this.#present([post], userId))[0] as Post
  }

  async create(input: { title: unknown; content: unknown; createdBy: unknown }): Promise<Post> {
    const post = await this.#posts.create(checkPostDraft(input))
    const { settings } = await this.#deployment.get()
    const stats = showStats(newPostStats(post.id, post.createdAt), settings, {
      now: this.#clock.now(),
      watermark: null,
    })
    return { ...textOf(post), stats, myScore: null }
  }

  async #present(posts: PostText[], userId: string | null): Promise<Post[]> {
    if (posts.length === 0) return []
    const read = await this.#stats.read(
      posts.map((post) => post.id),
      userId,
    )
    const now = this.#clock.now()
    return posts.map((post) => {
      const known = read.states.get(post.id)
      const stats = known === undefined || known.deleted ? newPostStats(post.id, post.createdAt) : known
      const time = { now, watermark: read.watermarkOf(post.id) }
      return {
        ...textOf(post),
        stats: showStats(stats, settingsAt(read.settings, post.id, now), time),
        myScore: read.scores.get(post.id) ?? null,
      }
    })
  }
}

function textOf(post: PostText): Omit<Post, 'stats' | 'myScore'> {
  const { id, title, content, createdBy, createdAt } = post
  return { id, title, content, createdBy, createdAt: new Date(createdAt).toISOString() }
}

function checkReader(userId: string | null | undefined): string | null {
  return userId === null || userId === undefined ? null : checkUserId(userId)
}

function checkLimit(limit: unknown): number {
  if (Number.isInteger(limit) && (limit as number) >= 1 && (limit as number) <= largestPage) return limit as number
  throw invalidInput('limit', `must be an integer from 1 to ${largestPage}`)
}

function checkSort(sort: unknown): PostSort {
  if (sort === 'newest' || sort === 'top') return sort
  throw invalidInput('sort', 'must be newest or top')
}

function checkCursor(after: unknown, sort: PostSort): PageKey | null {
  if (after === null) return null
  const key = typeof after === 'string' ? decodeCursor(after, sort) : null
  if (key === null) throw invalidInput('after', `is no cursor of a page sorted by ${sort}`)
  return key
}
