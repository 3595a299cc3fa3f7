import { randomUUID } from 'node:crypto'

/** Changes of ratings as a relay sends them: posts in random order, each with its versions in order. */
export class Changes {
  #source
  #states
  #asOf = new Date().toISOString()
  #windowEnd = new Date(Date.now() + 3_600_000).toISOString()
  #users = 0

  constructor(source, posts) {
    this.#source = source
    this.#states = Array.from({ length: posts }, () => ({ version: 0, counts: [0, 0, 0, 0, 0, 0], shown: null }))
  }

  /** The first rating of every post. */
  first() {
    return this.#states.map((_, n) => this.#of(n + 1))
  }

  next() {
    return this.#of(1 + Math.floor(Math.random() * this.#states.length))
  }

  #of(postId) {
    const state = this.#states[postId - 1]
    const score = Math.floor(Math.random() * 6)
    state.version++
    state.counts[score]++
    state.shown ??= { count: 1, sum: score, average: score, histogram: [...state.counts] }
    const pending = state.version > 1
    return {
      schema: 1,
      kind: 'rating',
      source: this.#source,
      eventId: randomUUID(),
      userId: `user-${this.#users++}`,
      score,
      previousScore: null,
      ratedAt: this.#asOf,
      postId,
      version: state.version,
      counts: state.counts,
      activity: state.version,
      displayed: {
        ...state.shown,
        asOf: this.#asOf,
        nextUpdateAt: this.#windowEnd,
        stepAt: pending ? this.#windowEnd : null,
        activity: 1,
        guard: null,
      },
    }
  }
}
