import { isUtf8 } from 'node:buffer'
import { CommandError } from '../errors.ts'
import { Objects } from './objects.ts'
import type { FileRating, Place, Reading } from './reading.ts'

const longestElement = 1_048_576
const [newline, quote, backslash, comma] = [10, 34, 92, 44]
const opening = new Set([91, 123])
const closing = new Set([93, 125])
const blank = new Set([32, 9, 10, 13])

/** A JSON array of objects, read element by element in bounded memory. */
export async function* readJsonArray(chunks: AsyncIterable<Buffer>, reading: Reading): AsyncGenerator<FileRating> {
  const objects = new Objects(reading)
  const elements = new Elements()
  for await (const chunk of chunks)
    for (const { place, bytes } of elements.read(chunk)) {
      const rating = objects.rating(place, isUtf8(bytes) ? bytes.toString('utf8') : null)
      if (rating !== null) yield rating
    }
  const cut = elements.end()
  if (cut !== null) reading.reject(cut, 'the JSON array ends in the middle of this record')
}

/** Cuts an array into its elements. Brackets inside of texts do not count. */
class Elements {
  #depth = 0
  #inText = false
  #escaped = false
  #ended = false
  #line = 1
  #record = 0
  #place: Place | null = null
  #parts: Buffer[] = []
  #length = 0

  /** The element that is not complete; null where the array was. */
  end(): Place | null {
    return this.#ended ? null : (this.#place ?? { record: this.#record + 1, line: this.#line })
  }

  *read(chunk: Buffer): Generator<{ place: Place; bytes: Buffer }> {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === newline) this.#line++
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false
        else if (byte === backslash) this.#escaped = true
        else if (byte === quote) this.#inText = false
        continue
      }
      if (blank.has(byte)) continue
      if (this.#ended) throw new CommandError(`Something follows the JSON array, in line ${this.#line}.`)
      if (this.#depth === 1 && (byte === comma || closing.has(byte))) {
        const element = this.#take(chunk.subarray(start, at))
        if (element !== null) yield element
        this.#ended = byte !== comma
        continue
      }
      if (this.#depth === 1 && this.#place === null) {
        this.#place = { record: ++this.#record, line: this.#line }
        start = at
      }
      if (byte === quote) this.#inText = true
      else if (opening.has(byte)) this.#depth++
      else if (closing.has(byte)) this.#depth--
    }
    if (this.#place !== null) this.#add(chunk.subarray(start))
  }

  #take(rest: Buffer): { place: Place; bytes: Buffer } | null {
    const place = this.#place
    if (place === null) return null
    this.#add(rest)
    const bytes = Buffer.concat(this.#parts)
    this.#place = null
    this.#parts = []
    this.#length = 0
    return { place, bytes }
  }

  #add(part: Buffer): void {
    this.#parts.push(part)
    this.#length += part.length
    if (this.#length > longestElement)
      throw new CommandError(
        `Record ${this.#place?.record}, which begins in line ${this.#place?.line}, is longer than 1 MiB: a bracket or a quote is not closed. Records before it are stored, none behind it is read.`,
      )
  }
}
