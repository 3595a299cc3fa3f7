import type { Readable } from 'node:stream'
import { parseTime, type RejectedLine, timeForms } from 'post-rate'
import { seededRandom } from '../demo/random.ts'
import { CommandError } from '../errors.ts'
import type { RequiredFields } from '../rating-file/columns.ts'
import { readRatings } from '../rating-file/read-ratings.ts'
import type { FileRating, ReadOptions } from '../rating-file/reading.ts'
import type { RecordedRating } from './ratings.ts'

const dayMs = 86_400_000
const replayFields: RequiredFields = { fields: ['score', 'ratedAt'], header: 'at,score' }

export interface PostsOptions extends Omit<ReadOptions, 'required'> {
  /** Spreads dates without a time over their day. */
  seed: string
  /** Only this post. */
  post?: string | undefined
}

/** The ratings of each post, in the order of the file. A file without the column `post` is about one post, named ''. */
export type RecordedPosts = Map<string, RecordedRating[]>

/**
 * Reads a file of ratings for a replay; bad records are rejected and left out. `excluded` of an export says what `raid` would say,
 * where there is no such column.
 * @throws CommandError where it has no ratings
 */
export async function readPosts(source: Readable, { seed, post: wanted, ...options }: PostsOptions) {
  const random = seededRandom(`${seed} times of dates`)
  const posts: RecordedPosts = new Map()
  const { ratings, scores } = readRatings(source, { ...options, required: replayFields })
  for await (const line of ratings) {
    try {
      const post = postOf(line)
      const rating = readRating(line, random)
      if (wanted !== undefined && post !== wanted) continue
      const others = posts.get(post)
      if (others === undefined) posts.set(post, [rating])
      else others.push(rating)
    } catch (error) {
      if (!(error instanceof BadField)) throw error
      const { record, line: begin } = line
      const rejected: RejectedLine = { record, line: begin, message: error.message }
      options.onRejected(rejected)
    }
  }
  return { posts, scores }
}

class BadField extends Error {}

function postOf({ post }: FileRating): string {
  return typeof post === 'string' || typeof post === 'number' ? String(post) : ''
}

function readRating(line: FileRating, random: () => number): RecordedRating {
  const { score, user, ratedAt, established, excluded, raid } = line
  return {
    at: readTime(ratedAt, random),
    score: readScore(score),
    user: typeof user === 'string' && user !== '' ? user : null,
    raid: readFlag('raid', raid) ?? readFlag('excluded', excluded),
    established: readFlag('established', established),
  }
}

function readScore(score: unknown): number {
  const number = typeof score === 'string' && /^[0-5](\.0+)?$/.test(score) ? Number(score) : score
  if (Number.isInteger(number) && (number as number) >= 0 && (number as number) <= 5) return number as number
  throw new BadField('score: must be an integer from 0 to 5; --range LOW:HIGH converts another scale')
}

/** A date alone is some moment of that day, UTC. */
function readTime(time: unknown, random: () => number): number {
  const at = parseTime(time)
  if (Number.isNaN(at)) throw new BadField(`at: must be ${timeForms}, or a date`)
  const dateAlone = typeof time === 'string' && /^\s*\d{4}-\d\d-\d\d\s*$/.test(time)
  return dateAlone ? at + Math.floor(random() * dayMs) : at
}

function readFlag(field: string, value: unknown): boolean | null {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : value
  if (text === undefined || text === null || text === '') return null
  if ([true, 1, 'true', 't', 'yes', '1'].includes(text as never)) return true
  if ([false, 0, 'false', 'f', 'no', '0'].includes(text as never)) return false
  throw new BadField(`${field}: must be true or false`)
}

/** The post to replay: the one asked for, or the one with the most ratings. @throws CommandError where there is none */
export function choosePost(
  posts: RecordedPosts,
  wanted: string | undefined,
): [post: string, ratings: RecordedRating[]] {
  const [most] = [...posts].sort(([, a], [, b]) => b.length - a.length)
  if (most === undefined)
    throw new CommandError(
      wanted === undefined ? 'The input has no ratings.' : `The input has no ratings of post ${wanted}.`,
    )
  return most
}
