import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { eventually } from '../../helpers/eventually.ts'

const execute = promisify(execFile)

export type TestTerminal = Awaited<ReturnType<typeof openTerminal>>

/** A shell in a terminal of 80x24 cells of a tmux server of its own. */
export async function openTerminal(t: ExecutionContext, command: string, environment: Record<string, string> = {}) {
  const socket = `post-rate-${randomUUID()}`
  const tmux = async (...args: string[]) => {
    const { stdout } = await execute('tmux', ['-L', socket, '-f', '/dev/null', ...args])
    return stdout.trimEnd()
  }
  t.teardown(() => tmux('kill-server'))
  const { CI: _, NO_COLOR: __, ...env } = process.env
  await execute(
    'tmux',
    ['-L', socket, '-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', 'env PS1="$ " sh'],
    { env: { ...env, ...environment, TERM: 'xterm-256color' } },
  )
  const run = async (line: string) => {
    await tmux('send-keys', '-l', line)
    await tmux('send-keys', 'Enter')
  }
  /** What the shell runs. */
  const processes = async () => {
    const { stdout } = await execute('pgrep', ['-P', await tmux('display-message', '-p', '#{pane_pid}')])
    return stdout.trim().split('\n').map(Number)
  }
  await run('echo before the dashboard')
  await run(`${command}; echo exit code $?`)
  return {
    run,
    processes,
    /** Sends a signal to what the shell runs. */
    async kill(signal: NodeJS.Signals) {
      for (const pid of await processes()) process.kill(pid, signal)
    },
    /** Writes down from now on what is sent to the terminal. Resolves to a function that reads it. */
    async record(): Promise<() => Promise<string>> {
      const directory = await mkdtemp(join(tmpdir(), 'post-rate-terminal-'))
      t.teardown(() => rm(directory, { recursive: true, force: true }))
      const file = join(directory, 'sent')
      await tmux('pipe-pane', '-O', `exec cat > ${file}`)
      return () => readFile(file, 'utf8')
    },
    keys: (...names: string[]) => tmux('send-keys', ...names),
    resize: (x: number, y: number) => tmux('resize-window', '-x', String(x), '-y', String(y)),
    /** The screen with its colours, as escape sequences, and the cells that it takes. */
    async colours() {
      const text = await tmux('capture-pane', '-e', '-p')
      const [columns = 80, rows = 24] = (await tmux('display-message', '-p', '#{pane_width} #{pane_height}'))
        .split(' ')
        .map(Number)
      return { text, columns, rows }
    },
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
