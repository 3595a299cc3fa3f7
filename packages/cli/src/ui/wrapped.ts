import { widthOf } from './fitted.ts'

/**
 * Printable text in lines of at most `width` cells, broken between words. A command in backticks stays on one line, also
 * where it is longer, so that it can be copied.
 */
export function wrapped(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.match(/`[^`]*`\S*|\S+/g) ?? []) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
