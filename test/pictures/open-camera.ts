import { createRequire } from 'node:module'
import type { ExecutionContext } from 'ava'
import { type OpenPage, picture } from '../browser/open-browser.ts'
import type { TestTerminal } from '../cli/tui/terminal.ts'

const { resolve } = createRequire(import.meta.url)

/** Takes a picture of what a terminal shows. */
export type Camera = (name: string, terminal: TestTerminal) => Promise<void>

/** A terminal in the page; resolves to its size when the text is drawn. Emoji are as wide as tmux has them. */
const script = `
async function show(text, cols, rows) {
  document.body.replaceChildren()
  const terminal = new Terminal({
    cols, rows, allowProposedApi: true, fontSize: 15, cursorInactiveStyle: 'none', convertEol: true,
    fontFamily: '"DejaVu Sans Mono", "Noto Color Emoji", "WenQuanYi Zen Hei Mono", monospace',
    theme: { background: '#1e1e1e', foreground: '#d4d4d4' },
  })
  terminal.loadAddon(new Unicode11Addon.Unicode11Addon())
  terminal.unicode.activeVersion = '11'
  terminal.open(document.body)
  await new Promise((drawn) => terminal.write(text, drawn))
  const { width, height } = document.querySelector('.xterm-screen').getBoundingClientRect()
  return { width: Math.ceil(width), height: Math.ceil(height) }
}`

/** A page with xterm.js, which draws what tmux has. */
export async function openCamera(t: ExecutionContext, openPage: OpenPage): Promise<Camera> {
  const page = await openPage(t)
  await page.addStyleTag({ path: resolve('@xterm/xterm/css/xterm.css') })
  await page.addStyleTag({ content: 'body { margin: 0; overflow: hidden }' })
  for (const library of ['@xterm/xterm', '@xterm/addon-unicode11']) await page.addScriptTag({ path: resolve(library) })
  await page.addScriptTag({ content: script })
  return async (name, terminal) => {
    const { text, columns, rows } = await terminal.colours()
    const call = `show(${JSON.stringify(text)}, ${columns}, ${rows})`
    await page.setViewportSize(await page.evaluate<{ width: number; height: number }>(call))
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
    await picture(page, name)
    t.pass()
  }
}
