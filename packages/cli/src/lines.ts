import { isUtf8 } from 'node:buffer'
import type { RejectedLine } from 'post-rate'

/** What cannot be read at all is told here; the lines that can be are judged by the library. */
export type OnUnreadable = (rejected: RejectedLine) => void

const longestLine = 65_536
const newline = 10

/** Null where it is not UTF-8: two users whose ids cannot be read must not become one. */
function decode(bytes: Buffer): string | null {
  return isUtf8(bytes) ? bytes.toString('utf8').replace(/\r$/, '') : null
}

/**
 * Lines of a stream with their number from 1, without their ends and a byte order mark; text null: too long to be kept,
 * or not UTF-8. */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<{ line: number; text: string | null }> {
  let line = 0
  let parts: Buffer[] = []
  let length = 0
  const add = (part: Buffer) => {
    length += part.length
    if (length <= longestLine) parts.push(part)
    else parts = []
  }
  const take = () => {
    const text = length > longestLine ? null : decode(Buffer.concat(parts))
    parts = []
    length = 0
    line++
    return { line, text: line === 1 && text !== null ? text.replace(/^\ufeff/, '') : text }
  }
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    add(chunk.subarray(start))
  }
  if (length > 0) yield take()
}
