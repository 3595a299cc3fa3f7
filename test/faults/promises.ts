/** The part of a post that readers are promised something about. */
export interface SeenPost {
  id: number
  stats: {
    count: number
    average: number | null
    histogram: number[]
    asOf: string
    nextUpdateAt: string | null
  }
  myScore: number | null
}

interface Seen {
  receivedAt: number
  figures: string
  asOf: number
  until: number
  from: string
}

/** Clocks of one machine, and answers that were made at the very end of a window. */
const slackMs = 30

/**
 * Holds the answers that readers got against each other: nothing changes before its `nextUpdateAt`, and `asOf` never goes
 * back. Only answers are compared of which the one was received before the other was asked for.
 */
export class Promises {
  readonly broken: string[] = []
  /** Comparisons that could have failed. */
  checked = 0
  readonly #seen = new Map<number, Seen[]>()
  readonly #retired = new Set<number>()

  observe(post: SeenPost, sentAt: number, receivedAt: number, from: string): void {
    if (this.#retired.has(post.id)) return
    const { count, average, histogram, asOf, nextUpdateAt } = post.stats
    const now: Seen = {
      receivedAt,
      figures: JSON.stringify([count, average, histogram]),
      asOf: Date.parse(asOf),
      until: nextUpdateAt === null ? 0 : Date.parse(nextUpdateAt),
      from,
    }
    const earlier = this.#seen.get(post.id) ?? []
    for (const before of earlier) {
      if (before.receivedAt > sentAt) continue
      if (before.until - slackMs > receivedAt) {
        this.checked++
        if (before.figures !== now.figures)
          this.#complain(
            `post ${post.id}: ${before.figures} promised by ${before.from} until ${at(before.until)}, ${now.figures} from ${from} at ${at(receivedAt)}`,
          )
      }
      if (before.asOf > now.asOf)
        this.#complain(
          `post ${post.id}: asOf went back from ${at(before.asOf)} (${before.from}) to ${at(now.asOf)} (${from}) at ${at(receivedAt)}`,
        )
    }
    const newest = Math.max(now.asOf, ...earlier.map((seen) => seen.asOf))
    const kept = earlier.filter((seen) => seen.until > receivedAt || seen.asOf === newest)
    this.#seen.set(post.id, [...kept, now].slice(-20))
  }

  /** The post is being deleted: it is gone at once, whatever was promised. */
  retire(postId: number): void {
    this.#retired.add(postId)
  }

  /** The database went back in time: what was said before holds no longer, nor what was found broken meanwhile. */
  forget(): void {
    this.broken.length = 0
    this.#seen.clear()
  }

  #complain(text: string): void {
    this.broken.push(text)
  }
}

function at(time: number): string {
  return new Date(time).toISOString().slice(11, 23)
}
