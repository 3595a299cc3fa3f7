import { checkPostId } from '../domain/ids.ts'
import { invalidInput } from '../errors.ts'
import type { LatestRating, RecordReader } from '../ports/record-reader.ts'

const most = 100

/** Ratings of a post that are looked through at most: there is no index by time, since every rating would pay for it. */
const mostLookedThrough = 100_000

export interface LatestQuery {
  /** 1-100, default 20. */
  limit?: number | undefined
}

/** The newest ratings of a post, for administrators. */
export class LatestRatings {
  readonly #record: RecordReader

  constructor(record: RecordReader) {
    this.#record = record
  }

  async read(postId: unknown, { limit = 20 }: LatestQuery = {}): Promise<LatestRating[] | null> {
    if (!Number.isInteger(limit) || limit < 1 || limit > most)
      throw invalidInput('limit', `must be an integer from 1 to ${most}`)
    return this.#record.latest(checkPostId(postId), limit, mostLookedThrough)
  }
}
