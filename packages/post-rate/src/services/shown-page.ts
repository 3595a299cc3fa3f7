import type { PageKey } from '../domain/page-cursor.ts'
import type { Post, PostText } from '../domain/post.ts'

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

/** A page of posts' texts, and what is still true of what was shown with them. */
export class ShownPage {
  readonly texts: readonly PostText[]
  readonly ids: readonly number[]
  /** Where the next page starts; null at the end. */
  readonly next: PageKey | null
  /** Characters, about: what keeping it costs. */
  readonly size: number
  readonly #shown = new Map<number, ShownPost>()
  #json: string | null = null

  constructor(texts: readonly PostText[], next: PageKey | null) {
    this.texts = texts
    this.ids = texts.map((text) => text.id)
    this.next = next
    this.size = texts.reduce((sum, { title, content }) => sum + 2 * (title.length + content.length) + 1000, 0)
  }

  /** The posts whose figures have to be read again at this time. */
  due(now: number): number[] {
    return this.ids.filter((id) => !holds(this.#shown.get(id), now))
  }

  /** Of two readings that overtook each other the newer state stays. */
  show(shown: ShownPost): void {
    const before = this.#shown.get(shown.post.id)
    if (before !== undefined && before.version > shown.version) return
    this.#shown.set(shown.post.id, shown)
    this.#json = null
  }

  /** What is shown of every post, in the order of the page. Each has been shown before. */
  get posts(): ShownPost[] {
    return this.ids.map((id) => this.#shown.get(id) as ShownPost)
  }

  /** The posts as a JSON array for a reader without own scores. */
  get json(): string {
    this.#json ??= jsonOf(this.posts, new Map())
    return this.#json
  }
}

function holds(shown: ShownPost | undefined, now: number): boolean {
  return shown !== undefined && shown.until !== null && shown.until > now
}

/** Posts as a JSON array, each with the reader's own score. */
export function jsonOf(posts: readonly ShownPost[], scores: ReadonlyMap<number, number>): string {
  let text = '['
  for (const { post, json } of posts) text += `${text === '[' ? '' : ','}${json}${scores.get(post.id) ?? null}}`
  return `${text}]`
}
