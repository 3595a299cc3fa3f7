import { parsePostId } from 'post-rate'
import { UsageError } from './errors.ts'

/** Post ids as they were typed. @throws UsageError */
export function readPostIds(texts: readonly string[]): number[] {
  return texts.map((text) => {
    const id = parsePostId(text)
    if (id === null) throw new UsageError(`${text} is no post id: that is a positive integer below 2^53, in digits.`)
    return id
  })
}

export function readPostId(text: string): number {
  return readPostIds([text])[0] as number
}
