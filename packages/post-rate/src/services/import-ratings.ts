import { checkUserId, isPostId, lastGivenId, parsePostId } from '../domain/ids.ts'
import { checkScore, type DatedRating, type Score } from '../domain/rating.ts'
import { parseTime, timeForms } from '../domain/time.ts'
import { invalidInput, isPostRateError, PostRateError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { RatingStore } from '../ports/rating-store.ts'
import { untilFree } from './until-free.ts'

const batchSize = 2_000

/** A rating to import, with the place it came from. */
export interface ImportLine {
  /** Line of the source in which the rating begins, from 1. */
  line: number
  /** Number of the rating in the source, from 1, where it differs from the line: a CSV record can have several lines. */
  record?: number | undefined
  post: unknown
  user: unknown
  score: unknown
  /** ISO 8601 text, text as PostgreSQL writes times, or Unix seconds as number or digits. */
  ratedAt: unknown
  /** Whether the rating is stored without counting: a boolean, or `true`, `false`, `t`, `f`, `yes`, `no`, `1`, `0`. Absent or empty: it counts. */
  excluded?: unknown
  /** Standing of the rater: whether the account is established, said as `excluded` is. Absent or empty: unknown. */
  established?: unknown
}

export interface RejectedLine {
  line: number
  /** As the rating gave it. */
  record?: number | undefined
  message: string
  /** The post that does not exist, where that is all there is against the line: `createPosts` would take it. */
  missingPost?: number | undefined
}

export interface ImportOptions {
  /** Makes missing posts under the ids of the lines. */
  createPosts?: boolean | undefined
  onProgress?: ((report: ImportReport) => void) | undefined
  /** Called once per bad line; the rest goes on. */
  onRejected?: ((rejected: RejectedLine) => void) | undefined
  signal?: AbortSignal | undefined
}

export interface ImportReport {
  /** Ratings that were read. */
  lines: number
  /** Ratings that were new or newer than what was stored. */
  changed: number
  unchanged: number
  rejected: number
  /** Posts made with `createPosts`. */
  postsCreated: number
}

/** Where a rating stands in its source. */
type Place = Pick<ImportLine, 'line' | 'record'>

interface Entry {
  place: Place
  rating: DatedRating
}

type Reject = (place: Place, message: string, missingPost?: number) => void

/**
 * Stores ratings from elsewhere with their dates, in batches and in bounded memory. Idempotent, so an import that was
 * cut short is resumed by running it again.
 */
export class ImportRatings {
  readonly #store: RatingStore
  readonly #clock: Clock
  readonly #changed: () => void

  constructor(store: RatingStore, clock: Clock, changed: () => void) {
    this.#store = store
    this.#clock = clock
    this.#changed = changed
  }

  async import(lines: AsyncIterable<ImportLine> | Iterable<ImportLine>, options: ImportOptions): Promise<ImportReport> {
    const report: ImportReport = { lines: 0, changed: 0, unchanged: 0, rejected: 0, postsCreated: 0 }
    const reject: Reject = ({ line, record }, message, missingPost) => {
      report.rejected++
      options.onRejected?.({
        line,
        ...(record === undefined ? {} : { record }),
        message,
        ...(missingPost === undefined ? {} : { missingPost }),
      })
    }
    let batch = new Map<string, Entry>()
    const flush = async () => {
      const entries = [...batch.values()]
      batch = new Map()
      await this.#flush(entries, options, report, reject)
      options.onProgress?.({ ...report })
    }
    for await (const line of lines) {
      options.signal?.throwIfAborted()
      report.lines++
      try {
        const rating = readLine(line, this.#clock.now())
        const key = `${rating.postId} ${rating.userId}`
        const earlier = batch.get(key)
        if (earlier) report.unchanged++
        // Of several lines for one user and post the newest wins; a later line of the same date changes nothing.
        if (!earlier || earlier.rating.ratedAt < rating.ratedAt) batch.set(key, { place: line, rating })
      } catch (error) {
        if (!isPostRateError(error)) throw error
        reject(line, error.message)
      }
      if (batch.size >= batchSize) await flush()
    }
    if (batch.size > 0) await flush()
    return report
  }

  async #flush(entries: readonly Entry[], options: ImportOptions, report: ImportReport, reject: Reject): Promise<void> {
    let left = entries
    await untilFree(async () => {
      const outcome = await this.#store.import(
        left.map(({ rating }) => rating),
        { createPosts: options.createPosts ?? false },
      )
      report.changed += outcome.changed
      report.unchanged += outcome.unchanged
      report.postsCreated += outcome.postsCreated
      for (const n of outcome.unknownPosts) {
        const { place, rating } = left[n] as Entry
        if (rating.postId <= lastGivenId) reject(place, `post: there is no post ${rating.postId}`, rating.postId)
        else
          reject(
            place,
            `post: there is no post ${rating.postId}, and an import creates none with an id above ${lastGivenId}`,
          )
      }
      for (const { n, reason } of outcome.rejected ?? []) reject((left[n] as Entry).place, reason)
      if (outcome.changed > 0) this.#changed()
      left = (outcome.locked ?? []).map((n) => left[n] as Entry)
      if (left.length > 0) throw held(left)
    })
  }
}

function held([first]: readonly Entry[]): PostRateError {
  const which = `line ${first?.place.line}: another transaction keeps the rating or its post ${first?.rating.postId} locked`
  return new PostRateError('OVERLOADED', `${which}. What comes before is stored: end it, then run the import again.`)
}

/** @throws PostRateError INVALID_INPUT */
function readLine({ post, user, score, ratedAt, excluded, established }: ImportLine, now: number): DatedRating {
  const postId = typeof post === 'string' ? parsePostId(post) : post
  if (!isPostId(postId)) throw invalidInput('post', 'must be a positive integer below 2^53')
  const rating: DatedRating = {
    ...{ postId, userId: checkUserId(user, 'user'), score: readScore(score), ratedAt: readTime(ratedAt, now) },
  }
  const standing = readFlag('established', established)
  if (standing !== null) rating.established = standing
  if (readFlag('excluded', excluded) === true) rating.excluded = true
  return rating
}

function readScore(score: unknown): Score {
  return checkScore(typeof score === 'string' && /^[0-5](\.0+)?$/.test(score) ? Number(score) : score)
}

/** Null where there is no value. */
function readFlag(field: string, value: unknown): boolean | null {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : value
  if (text === undefined || text === null || text === '') return null
  if ([true, 1, 'true', 't', 'yes', '1'].includes(text as never)) return true
  if ([false, 0, 'false', 'f', 'no', '0'].includes(text as never)) return false
  throw invalidInput(field, 'must be true or false')
}

/** Milliseconds since the epoch of an ISO 8601 text or of Unix seconds. Clocks may differ by a minute; no rating is from later. */
function readTime(ratedAt: unknown, now: number): number {
  const time = parseTime(ratedAt)
  if (Number.isNaN(time)) throw invalidInput('ratedAt', `must be ${timeForms}`)
  if (time > now + 60_000) throw invalidInput('ratedAt', 'must not be in the future')
  return time
}
