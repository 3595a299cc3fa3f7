import { isAhead } from '../domain/display-window.ts'
import { encodeCursor, type PageKey } from '../domain/page-cursor.ts'
import type { Post, PostText } from '../domain/post.ts'
import type { PagedPost } from '../ports/post-store.ts'

/** A post as everybody sees it: without anybody's own score. */
export interface ShownPost {
  post: Omit<Post, 'myScore'>
  /** The same as JSON, up to where the own score follows. */
  json: string
  /** Version of the state that it shows. */
  version: number
  /** The database's time until which nothing in it changes; null where a change may show at any moment. */
  until: number | null
}

/** A page that a server sends as it is. */
export interface PostPageJson {
  /** The posts as a JSON array, the same as the items of a `PostPage`. */
  items: string
  /** Cursor of the next page; null at the end. */
  next: string | null
  /** The nearest `nextUpdateAt` of the posts in it, milliseconds since the epoch; null where none has one. */
  nextUpdateAt: number | null
  /** True where a change may show at any moment: a post without `nextUpdateAt`, or no post at all. */
  unpromised: boolean
}

/** A page of posts' texts, and what is still true of what was shown with them. */
export class ShownPage {
  readonly texts: readonly PostText[]
  readonly ids: readonly number[]
  /** Where the next page starts; null at the end. */
  readonly next: PageKey | null
  /** Characters, about: what keeping it costs. */
  readonly size: number
  readonly #keys: ReadonlyMap<number, PageKey>
  readonly #shown = new Map<number, ShownPost>()
  /** The latest time at which it was asked for. */
  #latest = 0
  /** Until when all of it holds, once all of it has been shown. */
  #until = 0
  #posts: ShownPost[] = []
  #forAll: PostPageJson | null = null

  /** `more`: whether other posts follow. */
  constructor(posts: readonly PagedPost[], more: boolean) {
    this.texts = posts.map(({ post }) => post)
    this.ids = this.texts.map((text) => text.id)
    this.#keys = new Map(posts.map(({ post, key }) => [post.id, key]))
    this.next = more ? (posts.at(-1)?.key ?? null) : null
    this.size = this.texts.reduce((sum, { title, content }) => sum + 2 * (title.length + content.length) + 1000, 0)
  }

  /** The posts whose figures have to be read again at this time. */
  due(now: number): number[] {
    // What was promised under a clock that was ahead is void.
    if (isAhead(this.#latest, now)) this.#shown.clear()
    else if (now < this.#until) return []
    this.#latest = now
    return this.ids.filter((id) => (this.#shown.get(id)?.until ?? 0) <= now)
  }

  /** Of two readings that overtook each other the newer state of a post stays. */
  show(posts: readonly ShownPost[]): void {
    for (const shown of posts) {
      const before = this.#shown.get(shown.post.id)
      if (before === undefined || before.version <= shown.version) this.#shown.set(shown.post.id, shown)
    }
    this.#posts = this.ids.flatMap((id) => this.#shown.get(id) ?? [])
    this.#until = Math.min(...this.#posts.map(({ until }) => until ?? 0))
    this.#forAll = null
  }

  /** What is shown of every post, in the order of the page, after each has been shown once. */
  get posts(): readonly ShownPost[] {
    return this.#posts
  }

  /** Where a page starts that follows this post of the page. */
  keyOf(postId: number): PageKey | null {
    return this.#keys.get(postId) ?? null
  }

  /** The whole page without own scores: the same object for as long as nothing in it changes. */
  get forAll(): PostPageJson {
    this.#forAll ??= pageJson(this.posts, this.next, new Map())
    return this.#forAll
  }
}

/** Some posts of a page, each with the reader's own score. */
export function pageJson(
  posts: readonly ShownPost[],
  next: PageKey | null,
  scores: ReadonlyMap<number, number>,
): PostPageJson {
  let items = ''
  let nextUpdateAt = Number.POSITIVE_INFINITY
  let unpromised = posts.length === 0
  for (const { post, json, until } of posts) {
    items += `${items === '' ? '' : ','}${json}${scores.get(post.id) ?? null}}`
    if (until === null) unpromised = true
    else if (until < nextUpdateAt) nextUpdateAt = until
  }
  return {
    items: `[${items}]`,
    next: next && encodeCursor(next),
    nextUpdateAt: Number.isFinite(nextUpdateAt) ? nextUpdateAt : null,
    unpromised,
  }
}
