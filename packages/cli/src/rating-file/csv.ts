import { isUtf8 } from 'node:buffer'
import { parse as parseText } from 'csv-parse/sync'
import { CommandError } from '../errors.ts'
import { describeColumns, type FoundColumns, fields, findColumns, importFields } from './columns.ts'
import { readRecords } from './csv-records.ts'
import { peek } from './decode.ts'
import type { FileRating, Place, Reading } from './reading.ts'

const delimiters = [',', ';', '\t', '|'] as const
const longestHeader = 65_536
const [newline, carriageReturn, quote] = [10, 13, 34]

/** What the first record says of the others. */
interface Header {
  names: string[]
  found: FoundColumns
  delimiter: string
  /** CR alone ends records only where it ends the header: elsewhere a text may have it. */
  lineEnds: string[]
}

/**
 * CSV as RFC 4180 has it, whose first record names the columns; further columns are ignored. A quoted field may have line
 * breaks, delimiters and quotes in it: it stays one field.
 * @throws CommandError without such a header, and for a record so large that a quote must be open
 */
export async function* readCsv(source: AsyncGenerator<Buffer>, reading: Reading): AsyncGenerator<FileRating> {
  const [start, chunks] = await peek(source, (bytes) => bytes.length > longestHeader || endOfHeader(bytes) !== null)
  const header = readHeader(start, reading)
  const { names, found } = header
  tell(header, reading)
  for await (const { place, values } of readRecords(chunks, header, reading)) {
    if (values.length !== names.length) reading.reject(place, `has ${values.length} fields, the header ${names.length}`)
    else {
      const rating = ratingOf(place, values, found, reading)
      if (rating !== null) yield rating
    }
  }
}

function ratingOf(place: Place, values: readonly Buffer[], found: FoundColumns, reading: Reading): FileRating | null {
  const texts: Record<string, unknown> = {}
  for (const field of fields) {
    const at = found.places[field]
    const bytes = at === undefined ? undefined : (values[at] as Buffer)
    if (bytes === undefined) continue
    // Two users whose ids cannot be read must not become one.
    if (!isUtf8(bytes)) {
      reading.reject(place, `${field}: is not UTF-8`)
      return null
    }
    texts[field] = bytes.toString('utf8')
  }
  if (found.places.excluded === undefined && found.excludedRatedAt !== undefined)
    texts.excluded = values[found.excludedRatedAt]?.toString() === texts.ratedAt
  return reading.rating(place, texts)
}

function readHeader(start: Buffer, reading: Reading): Header {
  const { options } = reading
  const end = endOfHeader(start) ?? Math.min(start.length, longestHeader)
  const bytes = start.subarray(0, end)
  const text = isUtf8(bytes) ? bytes.toString('utf8').trim() : ''
  const lineEnds = start[end] === carriageReturn && start[end + 1] !== newline ? ['\r'] : ['\r\n', '\n']
  const candidates = options.delimiter === undefined ? delimiters : [options.delimiter]
  const headers = candidates.map((delimiter) => ({ delimiter, names: namesOf(text, delimiter) }))
  const widest = Math.max(...headers.map(({ names }) => names.length))
  const { delimiter, names } = headers.find((one) => one.names.length === widest) as (typeof headers)[number]
  const required = options.required ?? importFields
  const found = findColumns(names, options.columns ?? {}, required)
  if (found.missing.length > 0)
    throw new CommandError(
      `Line 1 must be a header with ${required.header}; ${found.missing.join(' and ')} is missing. ${names.length > 1 ? `Columns of other names are chosen with --columns, for example --columns ${found.missing[0]}=${names[0]}.` : 'Another delimiter than comma, semicolon, tab or | is set with --delimiter.'}`,
    )
  return { names, found, delimiter, lineEnds }
}

/** Where the first record ends that is not blank; null where that is not known yet. */
function endOfHeader(bytes: Buffer): number | null {
  let quoted = false
  let begun = false
  for (let at = 0; at < Math.min(bytes.length, longestHeader); at++) {
    const byte = bytes[at] as number
    if (byte === quote) quoted = !quoted
    const ends = !quoted && (byte === newline || byte === carriageReturn)
    // Behind CR it must be known whether LF follows.
    if (ends && begun) return byte === carriageReturn && at + 1 === bytes.length ? null : at
    begun ||= byte > 32
  }
  return null
}

function namesOf(text: string, delimiter: string): string[] {
  try {
    const [names = []] = parseText(text, { delimiter, relax_column_count: true }) as string[][]
    return names.map((name) => name.trim())
  } catch {
    return []
  }
}

function tell({ names, found, delimiter, lineEnds }: Header, { options }: Reading): void {
  const what = [
    delimiter === ',' || options.delimiter !== undefined
      ? ''
      : `separated by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}`,
    lineEnds[0] === '\r' ? 'CR at the end of each line' : '',
    ...describeColumns(names, found, options.required),
  ].filter((part) => part !== '')
  if (what.length > 0) options.onFound?.(`CSV, ${what.join(', ')}`)
}
