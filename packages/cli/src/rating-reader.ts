import type { Readable } from 'node:stream'
import type { ImportLine } from 'post-rate'
import type { OnUnreadable } from './lines.ts'
import { readCsv } from './rating-reader-csv.ts'
import { readNdjson } from './rating-reader-ndjson.ts'

export type Format = 'csv' | 'ndjson'

/** By the name's extension; null where it tells nothing. */
export function formatOfName(name: string): Format | null {
  if (/\.(ndjson|jsonl)$/i.test(name)) return 'ndjson'
  return /\.(csv|txt)$/i.test(name) ? 'csv' : null
}

/** Streams ratings out of CSV with a header, or NDJSON; `format` null: the first byte tells. */
export async function* readRatings(
  source: Readable,
  format: Format | null,
  onUnreadable: OnUnreadable,
): AsyncGenerator<ImportLine> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>
  const start: Buffer[] = []
  let known = format
  while (known === null) {
    const { done, value } = await chunks.next()
    if (done) break
    start.push(Buffer.from(value))
    known = formatOfStart(Buffer.concat(start))
  }
  const whole = rejoin(start, chunks)
  yield* known === 'ndjson' ? readNdjson(whole, onUnreadable) : readCsv(whole, onUnreadable)
}

function formatOfStart(bytes: Buffer): Format | null {
  const text = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  if (text === '') return null
  return text.startsWith('{') ? 'ndjson' : 'csv'
}

async function* rejoin(start: readonly Buffer[], rest: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer> {
  try {
    yield* start
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield Buffer.from(next.value)
  } finally {
    await rest.return?.()
  }
}
