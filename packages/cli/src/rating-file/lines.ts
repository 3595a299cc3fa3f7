import { isUtf8 } from 'node:buffer'

const longestLine = 65_536
const [newline, carriageReturn] = [10, 13]

/**
 * Lines of a stream with their number from 1, without their ends (LF, CRLF or CR). `text` is null where the line is too long to
 * be kept, or is not UTF-8: two users whose ids cannot be read must not become one.
 */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<{ line: number; text: string | null }> {
  let line = 0
  let parts: Buffer[] = []
  let length = 0
  let afterReturn = false
  const add = (part: Buffer) => {
    length += part.length
    if (length <= longestLine) parts.push(part)
    else parts = []
  }
  const take = () => {
    const bytes = Buffer.concat(parts)
    const text = length > longestLine || !isUtf8(bytes) ? null : bytes.toString('utf8')
    parts = []
    length = 0
    line++
    return { line, text }
  }
  for await (const chunk of source) {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === newline && afterReturn) start = at + 1
      else if (byte === newline || byte === carriageReturn) {
        add(chunk.subarray(start, at))
        yield take()
        start = at + 1
      }
      afterReturn = byte === carriageReturn
    }
    add(chunk.subarray(start))
  }
  if (length > 0) yield take()
}
