/**
 * A message of the topic, as far as it matters here.
 * @typedef {{ schema: number, kind: string, source: string, eventId: string, postId: number, score?: number | null, ratedAt?: string }} Change
 * @typedef {{ postId: number, score: number, ratings: number, seconds: number, since: string, until: string }} Burst
 * @typedef {{ ratings: Map<string, number>, reported: boolean }} Watched
 */

/** Finds more than `limit` ratings of one score for one post within `seconds`; told once per burst. */
export class BurstDetector {
  /** @type {Map<string, Watched>} */
  #watched = new Map()
  #limit
  #seconds
  #newest = 0

  /** @param {{ limit: number, seconds: number }} options */
  constructor({ limit, seconds }) {
    this.#limit = limit
    this.#seconds = seconds
  }

  /**
   * @param {Change} change
   * @returns {Burst | null} a burst that begins with this rating
   */
  take({ schema, kind, source, eventId, postId, score, ratedAt }) {
    if (schema !== 1 || kind !== 'rating' || typeof score !== 'number' || ratedAt === undefined) return null
    const key = `${source} ${postId} ${score}`
    const watched = this.#watched.get(key) ?? { ratings: new Map(), reported: false }
    this.#watched.set(key, watched)
    const time = Date.parse(ratedAt)
    // A message that comes again has the same id, and so counts once.
    watched.ratings.set(eventId, time)
    this.#newest = Math.max(this.#newest, time)
    forgetBefore(watched, time - this.#seconds * 1000)

    const ratings = watched.ratings.size
    if (ratings <= this.#limit) {
      watched.reported = false
      return null
    }
    if (watched.reported) return null
    watched.reported = true
    const times = [...watched.ratings.values()]
    const [since, until] = [Math.min(...times), Math.max(...times)].map((t) => new Date(t).toISOString())
    return { postId, score, ratings, seconds: this.#seconds, since: since ?? '', until: until ?? '' }
  }

  /** Drops posts that have gone quiet, so that memory does not grow with the number of posts. */
  forgetQuiet() {
    for (const [key, watched] of this.#watched) {
      forgetBefore(watched, this.#newest - this.#seconds * 1000)
      if (watched.ratings.size === 0) this.#watched.delete(key)
    }
  }
}

/**
 * @param {Watched} watched
 * @param {number} start
 */
function forgetBefore({ ratings }, start) {
  for (const [eventId, time] of ratings) if (time <= start) ratings.delete(eventId)
}
