import { Readable } from 'node:stream'
import type { ImportLine, RejectedLine } from 'post-rate'
import { readRatings } from '../../packages/cli/src/rating-file/read-ratings.ts'
import type { ReadOptions } from '../../packages/cli/src/rating-file/reading.ts'

/** What is read of a file: its ratings, its bad records, and what was said of it. Chunks are cut where the test cuts them. */
export async function read(content: string | Buffer | Buffer[], options: Partial<ReadOptions> = {}) {
  const ratings: ImportLine[] = []
  const rejected: RejectedLine[] = []
  const found: string[] = []
  const chunks = Array.isArray(content) ? content : [Buffer.from(content)]
  const file = readRatings(Readable.from(chunks), {
    onRejected: (bad) => rejected.push(bad),
    onFound: (what) => found.push(what),
    ...options,
  })
  for await (const rating of file.ratings) ratings.push(rating)
  return { ratings, rejected, found, scores: file.scores, places: rejected.map(({ record, line }) => [record, line]) }
}

/** `user@record:line` of each rating. */
export function usersOf({ ratings }: { ratings: ImportLine[] }): string[] {
  return ratings.map(({ user, record, line }) => `${user}@${record}:${line}`)
}

/** The same content, a byte a chunk. */
export function bytewise(content: string | Buffer): Buffer[] {
  return [...Buffer.from(content)].map((byte) => Buffer.from([byte]))
}
