import type { Key } from 'ink'

/** Names a key press: `tab`, `escape`, `ctrl-c`, …, or the character itself. */
export function keyName(input: string, key: Key): string {
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
  return input
}
