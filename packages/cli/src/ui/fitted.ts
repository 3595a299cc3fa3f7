import { printable } from './printable.ts'

const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })
const emojiSequence = /^\p{Extended_Pictographic}/u
const keycap = /^[0-9#*]\uFE0F?\u20E3$/u
const wideEmoji = /^\p{Emoji_Presentation}/u
const combining = /\p{M}/u
const marksKept = 2
// East Asian Wide and Fullwidth blocks (UAX #11), coarse: a cell too many is left blank, a cell too few breaks a row.
const wide =
  /^[\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u

/** Cells that a text from {@link fitted} takes in a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of clusters.segment(text)) width += clusterWidth(segment)
  return width
}

/**
 * Text from the database in at most `width` cells of one line, ending in `…` where it was cut. Emoji sequences are
 * reduced to their first emoji and heaps of combining marks to two, since terminals disagree about their width. Costs
 * the same for a title of one megabyte as for one of a hundred characters.
 */
export function fitted(text: string, width: number): string {
  if (width <= 0) return ''
  const limit = width * 16
  const start = text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')
  let line = ''
  let used = 0
  let cut = text.length > limit
  let lastThatLeavesRoom = 0
  for (const { segment } of clusters.segment(start.normalize('NFC'))) {
    const plain = printable(simplified(segment))
    const cells = widthOf(plain)
    if (used + cells > width) {
      cut = true
      break
    }
    line += plain
    used += cells
    if (used < width) lastThatLeavesRoom = line.length
  }
  return cut ? `${line.slice(0, lastThatLeavesRoom)}…` : line
}

function simplified(cluster: string): string {
  const first = String.fromCodePoint(cluster.codePointAt(0) as number)
  if (emojiSequence.test(cluster) || keycap.test(cluster)) return first
  let marks = 0
  return Array.from(cluster)
    .filter((character) => !combining.test(character) || ++marks <= marksKept)
    .join('')
}

function clusterWidth(cluster: string): number {
  if (wideEmoji.test(cluster) || wide.test(cluster)) return 2
  const flag = /^\p{Regional_Indicator}{2}/u.test(cluster)
  return flag ? 2 : 1
}
