import { readLines } from './lines.ts'
import { Objects } from './objects.ts'
import type { FileRating, Reading } from './reading.ts'

/** One JSON object a line. Blank lines are skipped. JSON has no line break inside a text, so a line is a record. */
export async function* readNdjson(chunks: AsyncIterable<Buffer>, reading: Reading): AsyncGenerator<FileRating> {
  const objects = new Objects(reading)
  let record = 0
  for await (const { line, text } of readLines(chunks)) {
    if (text?.trim() === '') continue
    const rating = objects.rating({ record: ++record, line }, text)
    if (rating !== null) yield rating
  }
}
