import { encodeCursor } from '../domain/page-cursor.ts'
import type { PageQuery, PostStore } from '../ports/post-store.ts'
import { ShownPage } from './shown-page.ts'

/** Characters of text that are kept at most. */
const mostKept = 16 * 2 ** 20

/**
 * Pages of posts, each kept for the second that a text may be old. Readers who come meanwhile cost the database no query
 * for it: of a page's price it was the larger part.
 */
export class PageTexts {
  readonly #posts: PostStore
  readonly #maxAgeMs: number
  /** The oldest first. */
  readonly #kept = new Map<string, { page: ShownPage; readAt: number }>()
  #size = 0
  readonly #reading = new Map<string, Promise<ShownPage>>()

  constructor(posts: PostStore, maxAgeMs: number) {
    this.#posts = posts
    this.#maxAgeMs = maxAgeMs
  }

  /** The page, from memory or by one query that all who want it share. */
  async get(query: PageQuery): Promise<ShownPage> {
    if (this.#maxAgeMs <= 0) return this.#read(query)
    const key = `${query.sort} ${query.limit} ${query.after === null ? '' : encodeCursor(query.after)}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && performance.now() - kept.readAt < this.#maxAgeMs) return kept.page
    return this.#reading.get(key) ?? this.#readAndKeep(key, query)
  }

  /** A post came or went in this process: whoever asks now sees it. */
  forget(): void {
    this.#kept.clear()
    this.#size = 0
    this.#reading.clear()
  }

  #readAndKeep(key: string, query: PageQuery): Promise<ShownPage> {
    const readAt = performance.now()
    const reading = this.#read(query)
    this.#reading.set(key, reading)
    // One that was forgotten meanwhile may have been read before what made it so.
    const current = () => this.#reading.get(key) === reading
    reading
      .then((page) => current() && this.#keep(key, page, readAt))
      .catch(() => {})
      .finally(() => current() && this.#reading.delete(key))
    return reading
  }

  #keep(key: string, page: ShownPage, readAt: number): void {
    this.#drop(key)
    this.#kept.set(key, { page, readAt })
    this.#size += page.size
    const since = performance.now() - this.#maxAgeMs
    for (const [oldest, kept] of this.#kept) {
      if (kept.readAt > since && this.#size <= mostKept) break
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#size -= this.#kept.get(key)?.page.size ?? 0
    this.#kept.delete(key)
  }

  /** One more than the page tells whether there is another. */
  async #read(query: PageQuery): Promise<ShownPage> {
    const found = await this.#posts.page({ ...query, limit: query.limit + 1 })
    return new ShownPage(found.slice(0, query.limit), found.length > query.limit)
  }
}
