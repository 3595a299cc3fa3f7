import type { Histogram } from 'post-rate'
import type { Fate, Spell } from './policies.ts'
import type { ReplayRating } from './ratings.ts'

type Action = { at: number; place: number; kind: 'arrive' | 'add' | 'remove' | 'replace' }

/** Which ratings of a post count, as time goes by. Its owner schedules each rating, then applies window after window. */
export class Counted {
  readonly counts: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]
  /** Sums of the weights, and of weight times score. */
  weight = 0
  sum = 0
  /** Arrivals so far, also of ratings that do not count. */
  activity = 0
  readonly #ratings: readonly ReplayRating[]
  readonly #weightOf: (at: number) => number
  readonly #windowMs: number
  /** By the window, as its number since the epoch. */
  readonly #due = new Map<number, Action[]>()
  readonly #counting = new Set<number>()
  /** Ratings that shall not count any more. */
  readonly #ended = new Set<number>()

  constructor(ratings: readonly ReplayRating[], windowMs: number, weightOf: (at: number) => number = () => 1) {
    this.#ratings = ratings
    this.#windowMs = windowMs
    this.#weightOf = weightOf
  }

  /** Whether a scheduled change has not been applied yet. */
  get isDue(): boolean {
    return this.#due.size > 0
  }

  /** Schedules a rating of a window that has not been applied yet. */
  schedule(place: number, { from, until, replaces }: Spell): void {
    const { at, arrival, replaces: earlier } = this.#rating(place)
    if (arrival) this.#at({ at, place, kind: 'arrive' })
    if (earlier !== null) this.#at({ at: replaces, place, kind: 'replace' })
    this.#at({ at: from, place, kind: 'add' })
    this.#at({ at: until, place, kind: 'remove' })
  }

  /** Applies what is due before the window's end. `onFirst`: called when a rating begins to count that is then the only one. */
  apply(end: number, onFirst: (at: number) => void): void {
    const window = Math.ceil(end / this.#windowMs) - 1
    const actions = this.#due.get(window)?.sort((a, b) => a.at - b.at) ?? []
    this.#due.delete(window)
    for (const action of actions) {
      this.#apply(action)
      if (action.kind === 'add' && this.#counting.size === 1 && this.#counting.has(action.place)) onFirst(action.at)
    }
  }

  /** The histogram if these ratings counted at once. */
  preview(from: number, to: number): Histogram {
    const counts: Counted['counts'] = [...this.counts]
    const counting = new Set<number>()
    for (let place = from; place < to; place++) {
      const { score, replaces } = this.#rating(place)
      const replaced = replaces !== null && (this.#counting.has(replaces) || counting.delete(replaces))
      if (replaced) counts[this.#rating(replaces).score as 0]--
      counts[score as 0]++
      counting.add(place)
    }
    return counts
  }

  #at(action: Action): void {
    if (action.at === Number.POSITIVE_INFINITY) return
    const window = Math.floor(action.at / this.#windowMs)
    const others = this.#due.get(window)
    if (others === undefined) this.#due.set(window, [action])
    else others.push(action)
  }

  #apply({ place, kind }: Action): void {
    if (kind === 'arrive') this.activity++
    else if (kind === 'replace') this.#replaceEarlier(place)
    else if (kind === 'remove') this.#end(place)
    else if (!this.#ended.has(place)) this.#count(place, 1)
  }

  #replaceEarlier(place: number): void {
    const { replaces } = this.#rating(place)
    for (let earlier = replaces; earlier !== null && !this.#ended.has(earlier); ) {
      this.#end(earlier)
      earlier = this.#rating(earlier).replaces
    }
  }

  #end(place: number): void {
    this.#ended.add(place)
    if (this.#counting.has(place)) this.#count(place, -1)
  }

  #count(place: number, by: 1 | -1): void {
    const { at, score } = this.#rating(place)
    const weight = by * this.#weightOf(at)
    this.counts[score as 0] += by
    this.weight += weight
    this.sum += weight * score
    if (by === 1) this.#counting.add(place)
    else this.#counting.delete(place)
  }

  #rating(place: number): ReplayRating {
    return this.#ratings[place] as ReplayRating
  }
}

/** The fate of a rating, by the period in which it counts. */
export function fateOf({ at }: ReplayRating, { from, until }: Spell): Fate {
  if (from === Number.POSITIVE_INFINITY || until !== Number.POSITIVE_INFINITY) return 'lost'
  return from > at ? 'delayed' : 'counted'
}
