import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { eventually } from '../helpers/eventually.ts'
import { withTmux } from '../helpers/requires.ts'

const script = new URL('tui/run-fake.ts', import.meta.url).pathname

withTmux('in a real terminal: every view at 80x24, resizing, and the terminal as it was after q', async (t) => {
  const terminal = await openTerminal(t, `node --import=tsx --conditions=source ${script}`)
  const { keys, shows, resize } = terminal

  const overview = await shows('[1 Overview]', 'p5    ████', 'api-1:4711', 'Nothing needs attention')
  t.true(overview.split('\n').every((line) => line.length <= 80))
  t.regex(overview, /^╭─ Activity ─+╮╭─ Dependencies ─+╮$/m)
  await keys('2')
  await shows('▶ 40', 'evil\\x1b[2J', 'xxx…', 'next change in')
  await keys('j')
  await shows('▶ 39', 'Post 39')
  await resize(120, 30)
  await shows(/╮╭─ Post 39 ─/)
  await resize(50, 12)
  await shows('The dashboard needs 60x16 cells; here are 50x12.')
  await resize(80, 24)
  await keys('r')
  await shows('Rebuild all posts?')
  await keys('y')
  await shows(/█░+ +\d+ %/)
  await shows('3 of 1,000 posts repaired')
  await keys('q')
  const after = await shows('the dashboard has ended', 'before the dashboard')
  t.false(after.includes('╭'))
  t.is(await terminal.modes(), '0 1')
})

withTmux('in a real terminal: Ctrl-C and SIGTERM leave it as it was', async (t) => {
  const { keys, shows, modes, run } = await openTerminal(t, `node --import=tsx --conditions=source ${script}`)
  await shows('Nothing needs attention')
  await keys('C-c')
  await shows('the dashboard has ended')
  t.is(await modes(), '0 1')
  await run(`clear; node --import=tsx --conditions=source ${script}`)
  await shows('Nothing needs attention')
  await run('', 'TERM')
  await shows('the dashboard has ended')
  t.is(await modes(), '0 1')
})

/** A shell in a terminal of 80x24 cells of a tmux server of its own. */
async function openTerminal(t: ExecutionContext, command: string) {
  const socket = `post-rate-${randomUUID()}`
  const tmux = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('tmux', ['-L', socket, '-f', '/dev/null', ...args])
    return stdout.trimEnd()
  }
  t.teardown(() => tmux('kill-server'))
  const { CI: _, NO_COLOR: __, ...env } = process.env
  await promisify(execFile)(
    'tmux',
    ['-L', socket, '-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', 'env PS1="$ " sh'],
    { env: { ...env, TERM: 'xterm-256color' } },
  )
  const run = async (line: string, signal?: string) => {
    if (signal !== undefined) {
      const pane = await tmux('display-message', '-p', '#{pane_pid}')
      const { stdout } = await promisify(execFile)('pgrep', ['-P', pane])
      for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), `SIG${signal}` as NodeJS.Signals)
      return
    }
    await tmux('send-keys', '-l', line)
    await tmux('send-keys', 'Enter')
  }
  await run('echo before the dashboard')
  await run(command)
  return {
    run,
    keys: (...names: string[]) => tmux('send-keys', ...names),
    resize: (x: number, y: number) => tmux('resize-window', '-x', String(x), '-y', String(y)),
    /** Whether the alternate screen is on, and the cursor visible. */
    modes: () => tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}'),
    /** Resolves with the screen when it shows all of these. */
    async shows(...texts: (string | RegExp)[]): Promise<string> {
      let screen = ''
      try {
        return await eventually(
          async () => {
            screen = await tmux('capture-pane', '-p')
            const has = (text: string | RegExp) =>
              typeof text === 'string' ? screen.includes(text) : text.test(screen)
            return texts.every(has) ? screen : null
          },
          { timeout: 40_000, interval: 100 },
        )
      } catch {
        throw new Error(`Missing ${texts.join(' or ')} in\n${screen}`)
      }
    },
  }
}
