import type { Key } from 'ink'

const longestBurst = 8

/**
 * The keys of one chunk of input. Keys that were typed quickly arrive together: each comes by itself, but a held `j` or
 * `k` as one name of several letters. Longer chunks were pasted, and are no keys.
 */
export function keyNames(input: string, key: Key): string[] {
  const name = keyName(input, key)
  if (name !== input || /^(j+|k+)$/.test(input)) return [name]
  const characters = Array.from(input)
  return characters.length > longestBurst ? [] : characters
}

/** `tab`, `escape`, `ctrl-c`, …, or the character itself. */
function keyName(input: string, key: Key): string {
  if (key.ctrl) return `ctrl-${input}`
  if (key.tab) return key.shift ? 'shift-tab' : 'tab'
  if (key.escape) return 'escape'
  if (key.upArrow) return 'up'
  if (key.downArrow) return 'down'
  if (key.leftArrow) return 'left'
  if (key.rightArrow) return 'right'
  if (key.pageUp) return 'page-up'
  if (key.pageDown) return 'page-down'
  if (key.home) return 'home'
  if (key.return) return 'return'
  if (key.backspace || key.delete) return 'backspace'
  return input
}
