import type { Random } from '../helpers/random.ts'

/** A score, or null where there is no rating. */
export type Held = number | null

interface Entry {
  /** The last value that was acknowledged; null before the first. */
  accepted: Held
  /** Values whose fate nobody told, sent after the last acknowledged one. */
  maybe: Set<Held>
  /** Every value ever sent. */
  sent: Set<Held>
  changedAt: number
}

/** What the clients know: every acknowledged rating, and every one whose fate is unknown. One call per pair at a time. */
export class Ledger {
  accepted = 0
  unknown = 0
  readonly #entries = new Map<string, Entry>()
  readonly #busy = new Set<string>()

  /** A pair that nobody is rating just now, taken until {@link settle}. */
  take(random: Random, posts: readonly number[], users: readonly string[]): { postId: number; userId: string } {
    for (;;) {
      const postId = random.pick(posts)
      const userId = random.pick(users)
      if (this.takePair(postId, userId)) return { postId, userId }
    }
  }

  takePair(postId: number, userId: string): boolean {
    const key = keyOf(postId, userId)
    if (this.#busy.has(key)) return false
    this.#busy.add(key)
    return true
  }

  settle(postId: number, userId: string, value: Held, outcome: 'accepted' | 'unknown' | 'refused'): void {
    const key = keyOf(postId, userId)
    this.#busy.delete(key)
    if (outcome === 'refused') return
    const entry = this.#entry(key)
    entry.sent.add(value)
    entry.changedAt = Date.now()
    if (outcome === 'accepted') {
      this.accepted++
      entry.accepted = value
      entry.maybe.clear()
    } else {
      this.unknown++
      entry.maybe.add(value)
    }
  }

  /** A value that may come to be stored: somebody else writes the pair at the same moment. */
  note(postId: number, userId: string, value: Held): void {
    const entry = this.#entry(keyOf(postId, userId))
    entry.sent.add(value)
    entry.maybe.add(value)
    entry.changedAt = Date.now()
  }

  /** What a reader must see as the own score; undefined where it may be one or another, or changed since `since`. */
  certain(postId: number, userId: string, since: number): Held | undefined {
    const key = keyOf(postId, userId)
    if (this.#busy.has(key)) return undefined
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    return entry.maybe.size > 0 || entry.changedAt >= since ? undefined : entry.accepted
  }

  isBusy(test: (postId: number, userId: string) => boolean): boolean {
    return [...this.#busy].some((key) => test(...pairOf(key)))
  }

  /** A post was deleted or a user erased. */
  forget(test: (postId: number, userId: string) => boolean): void {
    for (const key of this.#entries.keys()) if (test(...pairOf(key))) this.#entries.delete(key)
  }

  /** The pairs whose rating is not what was acknowledged, as sentences. */
  compare(ratings: ReadonlyMap<string, number>): string[] {
    const wrong: string[] = []
    for (const [key, { accepted, maybe }] of this.#entries) {
      const found = ratings.get(key) ?? null
      if (found === accepted || maybe.has(found)) continue
      wrong.push(`${key}: acknowledged ${accepted}, stored ${found}${maybe.size > 0 ? `, unknown ${[...maybe]}` : ''}`)
    }
    for (const [key, found] of ratings) if (!this.#entries.has(key)) wrong.push(`${key}: stored ${found}, never sent`)
    return wrong
  }

  /**
   * The database went back in time: what it holds is the truth from now on. Resolves to how many acknowledged ratings
   * that cost, and to values that nobody ever sent.
   */
  rebase(ratings: ReadonlyMap<string, number>): { lost: number; invented: string[] } {
    let lost = 0
    const invented: string[] = []
    for (const [key, entry] of this.#entries) {
      const found = ratings.get(key) ?? null
      if (found !== entry.accepted && !entry.maybe.has(found)) lost++
      if (!entry.sent.has(found)) invented.push(`${key}: ${found}`)
      entry.accepted = found
      entry.maybe.clear()
      entry.changedAt = Date.now()
    }
    for (const key of ratings.keys()) if (!this.#entries.has(key)) invented.push(key)
    return { lost, invented }
  }

  #entry(key: string): Entry {
    const entry = this.#entries.get(key) ?? { accepted: null, maybe: new Set(), sent: new Set([null]), changedAt: 0 }
    this.#entries.set(key, entry)
    return entry
  }
}

export function keyOf(postId: number, userId: string): string {
  return `${postId} ${userId}`
}

function pairOf(key: string): [number, string] {
  const space = key.indexOf(' ')
  return [Number(key.slice(0, space)), key.slice(space + 1)]
}
