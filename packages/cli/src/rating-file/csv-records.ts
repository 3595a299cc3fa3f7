import { pipeline } from 'node:stream'
import { type CsvError, parse } from 'csv-parse'
import { CommandError } from '../errors.ts'
import type { Place, Reading } from './reading.ts'

/** In bytes of one field. */
const largestField = 16 * 1_048_576
const [newline, carriageReturn] = [10, 13]

export interface CsvRecord {
  place: Place
  /** Not decoded: a column that is ignored may be in any encoding. */
  values: Buffer[]
}

/**
 * The records behind the header; blank lines are skipped. A quote that is wrong rejects the record in which it stands, which
 * ends at the next quote that can be a closing one: a text with a wrong quote in it does not become records of its own.
 */
export async function* readRecords(
  chunks: AsyncGenerator<Buffer>,
  { delimiter, lineEnds }: { delimiter: string; lineEnds: string[] },
  reading: Reading,
): AsyncGenerator<CsvRecord> {
  const lines = new LineCounter(lineEnds[0] === '\r' ? carriageReturn : newline)
  // The header is record 0, and blank lines have no number.
  let record = -1
  let rejected: readonly Buffer[] | null = null
  const onRecord = (values: Buffer[], { bytes }: { bytes: number }): CsvRecord | null => {
    if (values.length === 1 && (values[0] as Buffer).every((byte) => byte <= 32)) return null
    record++
    // Its last byte is the one before, or the end of its line.
    return record === 0 ? null : { place: { record, line: lines.at(bytes - 1) - lines.within(values) }, values }
  }
  const onSkip = (error: CsvError | undefined) => {
    // The parser tells every wrong quote of a record.
    if (rejected === fieldsOf(parser)) return undefined
    rejected = fieldsOf(parser)
    record++
    const line = lines.at(Number(error?.bytes)) - lines.within(rejected)
    if (error?.code === 'CSV_MAX_RECORD_SIZE')
      throw new CommandError(
        `Record ${record}, which begins in line ${line}, is larger than 16 MiB: a quote in it is not closed. Records before it are stored, none behind it is read.`,
      )
    const open = error?.code === 'CSV_QUOTE_NOT_CLOSED'
    reading.reject(
      { record, line },
      open ? 'a quote is not closed: everything behind it belongs to this record' : 'quotes do not match',
    )
    return undefined
  }
  const parser = parse({
    encoding: null,
    delimiter,
    record_delimiter: lineEnds,
    relax_column_count: true,
    skip_records_with_error: true,
    max_record_size: largestField,
    // csv-parse types every field as text; with `encoding: null` it is a Buffer.
    on_record: (values, info) => onRecord(values as unknown as Buffer[], info) as unknown as string[] | null,
    on_skip: onSkip,
  })
  pipeline(lines.pass(chunks), parser, () => {})
  yield* parser as AsyncIterable<CsvRecord>
}

/**
 * The fields of the record that the parser is in: another array for each record. Its options can number the records only at
 * five times the cost (`cast`).
 */
function fieldsOf(parser: unknown): readonly Buffer[] {
  return (parser as { state: { record: readonly Buffer[] } }).state.record
}

/** Finds the line of a byte. The parser counts a CRLF in a quoted field twice, and a CR that ends no line. */
class LineCounter {
  readonly #end: number
  /** Chunks with bytes whose line may still be asked for. */
  #chunks: Buffer[] = []
  /** Bytes of the file before the first chunk. */
  #offset = 0
  /** Line ends before the first chunk, and up to `#counted` in it. */
  #ends = 0
  #counted = 0

  /** `end`: the byte that ends a line. */
  constructor(end: number) {
    this.#end = end
  }

  async *pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#chunks.push(chunk)
      yield chunk
    }
  }

  /** The line, from 1, of the byte at an offset. It never lies before the one that was asked for last. */
  at(offset: number): number {
    for (let [chunk] = this.#chunks; chunk !== undefined; [chunk] = this.#chunks) {
      const until = Math.min(offset - this.#offset, chunk.length)
      if (until > this.#counted) {
        this.#ends += count(chunk.subarray(this.#counted, until), this.#end)
        this.#counted = until
      }
      if (until < chunk.length) break
      this.#offset += chunk.length
      this.#counted = 0
      this.#chunks.shift()
    }
    return this.#ends + 1
  }

  /** Line ends inside of fields. */
  within(values: readonly Buffer[]): number {
    return values.reduce((sum, value) => sum + count(value, this.#end), 0)
  }
}

function count(bytes: Buffer, byte: number): number {
  let found = 0
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) found++
  return found
}
