// Controls, formats (bidirectional, zero-width, tags), surrogates, line and paragraph separators, and letters that
// render as nothing: what a terminal obeys instead of showing, and what a reader cannot see.
const unprintable = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\u034F|\u115F|\u1160|\u17B4|\u17B5|\u2800|\u3164|\uFFA0/gu

/**
 * Text that came from the database, safe to print: every control, bidirectional or invisible character becomes a
 * visible escape such as `\x1b` or `\u{202e}`. The joiner inside an emoji is escaped as well.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped)
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
