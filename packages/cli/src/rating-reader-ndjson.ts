import type { ImportLine } from 'post-rate'
import { type OnUnreadable, readLines } from './lines.ts'

/** One JSON object a line. Blank lines are passed over, but counted. */
export async function* readNdjson(
  source: AsyncIterable<Buffer>,
  onUnreadable: OnUnreadable,
): AsyncGenerator<ImportLine> {
  for await (const { line, text } of readLines(source)) {
    if (text === null) onUnreadable({ line, message: 'too long, or not UTF-8' })
    else if (text.trim() !== '') {
      const value = parseObject(text)
      if (value === null) onUnreadable({ line, message: 'not a JSON object' })
      else yield { line, post: value.post, user: value.user, score: value.score, ratedAt: value.ratedAt }
    }
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
