import type { Readable } from 'node:stream'
import { CommandError } from '../errors.ts'
import { readCsv } from './csv.ts'
import { decode, peek } from './decode.ts'
import { readJsonArray } from './json-array.ts'
import { readNdjson } from './ndjson.ts'
import { type FileRating, Reading, type ReadOptions, type ScoresSeen } from './reading.ts'

export interface RatingFile {
  ratings: AsyncGenerator<FileRating>
  /** Of what has been read so far. */
  scores: ScoresSeen
}

/**
 * Streams ratings out of CSV with a header, NDJSON, or a JSON array: UTF-8 or UTF-16, also packed with gzip. The content tells
 * which it is.
 * @throws CommandError for an empty file, and for one that is none of these
 */
export function readRatings(source: Readable, options: ReadOptions): RatingFile {
  const reading = new Reading(options)
  return { ratings: read(source, reading), scores: reading.scores }
}

async function* read(source: Readable, reading: Reading): AsyncGenerator<FileRating> {
  const decoded = await decode(source)
  const { onFound } = reading.options
  if (decoded.found.length > 0) onFound?.(decoded.found.join(', '))
  const [start, chunks] = await peek(decoded.chunks, (bytes) => firstByte(bytes) !== undefined)
  const first = firstByte(start)
  if (first === undefined) throw new CommandError('The input is empty.')
  if (first === brace) yield* readNdjson(chunks, reading)
  else if (first === bracket) {
    onFound?.('a JSON array')
    yield* readJsonArray(chunks, reading)
  } else yield* readCsv(chunks, reading)
}

const [brace, bracket] = [123, 91]

/** The first one that is not blank. */
function firstByte(bytes: Buffer): number | undefined {
  return bytes.find((byte) => byte > 32)
}
