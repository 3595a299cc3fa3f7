import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { eventually } from '../../helpers/eventually.ts'

const execute = promisify(execFile)

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
  await run('echo before the dashboard')
  await run(`${command}; echo exit code $?`)
  return {
    run,
    /** Sends a signal to what the shell runs. */
    async kill(signal: NodeJS.Signals) {
      const { stdout } = await execute('pgrep', ['-P', await tmux('display-message', '-p', '#{pane_pid}')])
      for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), signal)
    },
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
