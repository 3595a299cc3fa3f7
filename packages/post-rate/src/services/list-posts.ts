import { settingsAt } from '../domain/display-window.ts'
import { checkPostId, checkUserId } from '../domain/ids.ts'
import { decodeCursor, encodeCursor, type PageKey, type PostSort } from '../domain/page-cursor.ts'
import { checkPostDraft, type Post, type PostText } from '../domain/post.ts'
import { newPostStats } from '../domain/post-stats.ts'
import { type ShownStats, showStats } from '../domain/shown-stats.ts'
import { invalidInput } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { PostStore } from '../ports/post-store.ts'
import type { Deployment } from './deployment.ts'
import { PageTexts } from './page-texts.ts'
import type { ReadStats, ReadStatsResult } from './read-stats.ts'
import type { RecentFigures } from './recent-figures.ts'
import { type PostPageJson, pageJson, type ShownPage, type ShownPost } from './shown-page.ts'
import { visiblePost } from './visible-post.ts'

export const largestPage = 100
export const defaultPage = 20

export interface ListQuery {
  /** 1-100, default 20. */
  limit?: number | undefined
  /** `next` of the page before. */
  after?: string | null | undefined
  /** Default `newest`. */
  sort?: PostSort | undefined
  /** Whose own scores to add. */
  userId?: string | null | undefined
}

export interface PostPage {
  items: Post[]
  /** Cursor of the next page; null at the end. */
  next: string | null
}

/** What a page is made of for one reader. */
interface PageForReader {
  page: ShownPage
  /** The posts of the page that the reader may see. */
  posts: readonly ShownPost[]
  /** Where the next page starts. It tells nothing of a post that the reader may not see. */
  next: PageKey | null
  scores: ReadonlyMap<number, number>
}

const noScores: ReadonlyMap<number, number> = new Map()

/** Pages of posts and single posts, with what is displayed of their ratings and the reader's own scores. */
export class ListPosts {
  readonly #posts: PostStore
  readonly #stats: ReadStats
  readonly #recent: RecentFigures
  readonly #deployment: Deployment
  readonly #clock: Clock
  readonly #pages: PageTexts

  /** `textMaxAgeMs`: how old a text may be that another process changed. */
  constructor(
    posts: PostStore,
    stats: ReadStats,
    recent: RecentFigures,
    deployment: Deployment,
    clock: Clock,
    textMaxAgeMs: number,
  ) {
    this.#posts = posts
    this.#stats = stats
    this.#recent = recent
    this.#deployment = deployment
    this.#clock = clock
    this.#pages = new PageTexts(posts, textMaxAgeMs)
  }

  async list(query: ListQuery): Promise<PostPage> {
    const { posts, next, scores } = await this.#page(query)
    return {
      items: posts.map(({ post }) => ({ ...post, myScore: scores.get(post.id) ?? null })),
      next: next && encodeCursor(next),
    }
  }

  /** The same for a server: what all readers have in common is made into JSON once, not for each of them. */
  async listJson(query: ListQuery): Promise<PostPageJson> {
    const { page, posts, next, scores } = await this.#page(query)
    return scores === noScores && posts === page.posts ? page.forAll : pageJson(posts, next, scores)
  }

  /** A post came or went in this process. */
  forgetPages(): void {
    this.#pages.forget()
  }

  /**
   * Of a page that is kept only the own scores are read, and the figures that may have changed. Posts that the reader may not see are
   * left out. A page without any other is skipped, because it could not be left without naming one of them.
   */
  async #page(query: ListQuery): Promise<PageForReader> {
    const limit = checkLimit(query.limit ?? defaultPage)
    const sort = checkSort(query.sort ?? 'newest')
    const after = checkCursor(query.after ?? null, sort)
    const userId = checkReader(query.userId)
    for (let start = after, size = limit; ; size = largestPage) {
      const page = await this.#pages.get({ sort, limit: size, after: start })
      const [scores, visible] = await Promise.all([this.#refresh(page, userId), this.#posts.visible(page.ids, userId)])
      if (size === limit && visible.length === page.ids.length)
        return { page, posts: page.posts, next: page.next, scores }
      const seen = new Set(visible)
      const left = page.posts.filter(({ post }) => seen.has(post.id))
      const last = left.slice(0, limit).at(-1)
      if (last === undefined && page.next !== null) {
        start = page.next
        continue
      }
      const more = left.length > limit || page.next !== null
      return { page, posts: left.slice(0, limit), next: more && last ? page.keyOf(last.post.id) : null, scores }
    }
  }

  async #refresh(page: ShownPage, userId: string | null): Promise<ReadonlyMap<number, number>> {
    const ids = page.due(this.#clock.now())
    if (page.ids.length === 0 || (ids.length === 0 && userId === null)) return noScores
    const read = await this.#stats.read(ids, userId === null ? null : { userId, postIds: page.ids })
    const due = new Set(ids)
    if (due.size > 0)
      page.show(
        await this.#show(
          page.texts.filter((text) => due.has(text.id)),
          read,
        ),
      )
    return userId === null ? noScores : read.scores
  }

  async get(id: unknown, reader: string | null | undefined): Promise<Post> {
    const postId = checkPostId(id, 'id')
    const userId = checkReader(reader)
    const post = await visiblePost(this.#posts, postId, userId)
    const read = await this.#stats.read([postId], userId === null ? null : { userId, postIds: [postId] })
    const [shown] = await this.#show([post], read)
    return { ...(shown as ShownPost).post, myScore: read.scores.get(postId) ?? null }
  }

  async create(input: { title: unknown; content: unknown; createdBy: unknown }): Promise<Post> {
    const post = await this.#posts.create(checkPostDraft(input))
    this.#pages.forget()
    const { settings } = await this.#deployment.get()
    const stats = showStats(newPostStats(post.id, post.createdAt), settings, {
      now: this.#clock.now(),
      watermark: null,
    })
    return { ...textOf(post), stats, myScore: null }
  }

  async #show(texts: readonly PostText[], read: ReadStatsResult): Promise<ShownPost[]> {
    const now = this.#clock.now()
    const timeOf = (postId: number) => ({ now, watermark: read.watermarkOf(postId) })
    const shown = texts.map((text) => {
      const known = read.states.get(text.id)
      const state = known === undefined || known.deleted ? newPostStats(text.id, text.createdAt) : known
      return { text, state, stats: showStats(state, settingsAt(read.settings, text.id, now), timeOf(text.id)) }
    })
    // Of a post that the guard holds it would show what the guard holds back.
    const free = shown.filter(({ stats }) => stats.guard === null).map(({ state }) => state)
    const recent = await this.#recent.read(free, read.settings, timeOf)
    return shown.map(({ text, stats }) => {
      const figure = recent.get(text.id)
      const version = read.states.get(text.id)?.version ?? 0
      return shownPost(text, figure === undefined ? stats : { ...stats, recent: figure }, version)
    })
  }
}

function shownPost(text: PostText, stats: ShownStats, version: number): ShownPost {
  const post = { ...textOf(text), stats }
  return {
    post,
    json: `${JSON.stringify(post).slice(0, -1)},"myScore":`,
    version,
    until: stats.nextUpdateAt === null ? null : Date.parse(stats.nextUpdateAt),
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
