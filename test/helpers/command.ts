import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { Timings } from '../../packages/post-rate/src/container.ts'
import { cleanUp } from './clean-up.ts'
import { eventually } from './eventually.ts'

const launcher = fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))
const roleProgram = fileURLToPath(new URL('role.js', import.meta.url))

export interface RunningCommand {
  process: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves with the exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>
  /** Waits until the output has this. */
  says(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
}

/** Starts `post-rate ARGS` as a process of its own, as it was built last; ended by its pid after the test. */
export function startCommand(
  t: ExecutionContext<unknown>,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): RunningCommand {
  return startProgram(t, launcher, args, env, cwd)
}

/** Starts a relay or a consumer on the full profile that `env` names, with shorter durations than `post-rate relay` has. */
export function startRole(
  t: ExecutionContext<unknown>,
  role: 'relay' | 'consumer',
  env: Record<string, string>,
  timings: Timings,
): RunningCommand {
  return startProgram(t, roleProgram, [role, JSON.stringify(timings)], env)
}

function startProgram(
  t: ExecutionContext<unknown>,
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd?: string,
): RunningCommand {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk
  })
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)))
  })
  const running = () => child.exitCode === null && child.signalCode === null
  cleanUp(t, async () => {
    if (running()) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    }
    await exited
  })
  return {
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited,
    says: (pattern, timeout = 20_000) =>
      eventually(
        () => {
          if (!running() && !pattern.test(output.stdout + output.stderr))
            throw new Error(`post-rate ${args.join(' ')} ended: ${output.stderr}`)
          return pattern.exec(output.stdout) ?? pattern.exec(output.stderr)
        },
        { timeout, message: `post-rate ${args.join(' ')} did not say ${pattern}` },
      ),
    kill: (signal) => {
      if (running()) child.kill(signal)
    },
  }
}

/** Runs `post-rate ARGS` to its end. */
export async function runCommand(
  t: ExecutionContext<unknown>,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<{ code: number | NodeJS.Signals; stdout: string; stderr: string }> {
  const command = startCommand(t, args, env, cwd)
  const code = await command.exited
  return { code, stdout: command.stdout(), stderr: command.stderr() }
}
