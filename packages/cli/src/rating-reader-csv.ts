import { parse } from 'csv-parse/sync'
import type { ImportLine } from 'post-rate'
import { CommandError } from './errors.ts'
import { type OnUnreadable, readLines } from './lines.ts'

const wanted = ['post', 'user', 'score', 'ratedAt'] as const

/**
 * CSV whose first line names the columns; further columns are ignored. No field of a rating has a line break in it, so
 * every line is read by itself: one with a quote that is never closed spoils no other.
 * @throws CommandError without such a header
 */
export async function* readCsv(source: AsyncIterable<Buffer>, onUnreadable: OnUnreadable): AsyncGenerator<ImportLine> {
  let places: number[] | null = null
  let columns = 0
  for await (const { line, text } of readLines(source)) {
    if (text?.trim() === '') continue
    const fields = text === null ? null : readFields(text)
    if (places === null) {
      places = readHeader(fields)
      columns = fields?.length ?? 0
    } else if (fields === null)
      onUnreadable({ line, message: text === null ? 'too long, or not UTF-8' : 'quotes do not match' })
    else if (fields.length !== columns)
      onUnreadable({ line, message: `has ${fields.length} fields, the header ${columns}` })
    else {
      const [post, user, score, ratedAt] = places.map((place) => fields[place])
      yield { line, post, user, score, ratedAt }
    }
  }
}

/** Null where the quotes do not match. */
function readFields(text: string): string[] | null {
  if (!text.includes('"')) return text.split(',')
  try {
    return parse(text, { relax_column_count: true })[0] ?? null
  } catch {
    return null
  }
}

/** Where each of the wanted columns is. */
function readHeader(fields: string[] | null): number[] {
  const names = fields?.map((name) => name.trim()) ?? []
  const missing = wanted.filter((name) => !names.includes(name))
  if (missing.length > 0)
    throw new CommandError(`Line 1 must be a header with ${wanted.join(',')}; ${missing.join(' and ')} is missing.`)
  return wanted.map((name) => names.indexOf(name))
}
