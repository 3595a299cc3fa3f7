import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Output, run } from '@post-rate/cli'
import type { ExecutionContext } from 'ava'
import { Interrupted } from '../../packages/cli/src/errors.ts'
import { cleanUp } from '../helpers/clean-up.ts'

export interface Invocation {
  env?: Record<string, string>
  /** Default: a directory without anything in it. */
  cwd?: string
  input?: string
  signal?: AbortSignal
  /** Makes stdout a terminal of so many columns; in-process only. */
  columns?: number
  /** Stdin and stderr are a terminal, at which `input` is typed; in-process only. */
  terminal?: boolean
}

export interface Result {
  code: number | null
  stdout: string
  stderr: string
}

const launcher = fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))

/** A directory of a test's own, open to the account that PostgreSQL runs as. */
export async function workingDirectory(t: ExecutionContext<unknown>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-cli-'))
  await chmod(directory, 0o755)
  cleanUp(t, () => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Runs a command inside this process. */
export async function runCli(argv: readonly string[], invocation: Invocation = {}): Promise<Result> {
  const { env = {}, cwd = join(tmpdir(), 'post-rate-nowhere'), input = '', signal, columns, terminal } = invocation
  const stdout: Output = new PassThrough()
  const stderr: Output = new PassThrough()
  if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns })
  const texts = [textOf(stdout), textOf(stderr)] as const
  const stdin = new PassThrough()
  if (terminal) for (const stream of [stdin, stderr]) Object.assign(stream, { isTTY: true })
  stdin.end(input)
  const code = await run(argv, { stdin, stdout, stderr, env, cwd, ...(signal ? { signal } : {}) })
  stdout.end()
  stderr.end()
  return { code, stdout: await texts[0], stderr: await texts[1] }
}

/** The JSON document that a command printed; fails where there is anything else on stdout. */
export async function runJson<T>(argv: readonly string[], invocation: Invocation = {}): Promise<T> {
  const { code, stdout, stderr } = await runCli([...argv, '--json'], invocation)
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** A command that runs inside this process until it is told to stop. */
export interface CliRun {
  stdout: string
  stderr: string
  /** Tells it to stop, as SIGTERM does; resolves with its exit code. */
  stop(): Promise<number>
}

/** Starts a command that goes on until it is stopped, inside this process. It is stopped with the test. */
export function startCli(t: ExecutionContext<unknown>, argv: readonly string[], invocation: Invocation = {}): CliRun {
  const { env = {}, cwd = tmpdir() } = invocation
  const [stdin, stdout, stderr]: [PassThrough, Output, Output] = [
    new PassThrough(),
    new PassThrough(),
    new PassThrough(),
  ]
  const stopping = new AbortController()
  const ended = run(argv, { stdin, stdout, stderr, env, cwd, signal: stopping.signal })
  const started: CliRun = {
    stdout: '',
    stderr: '',
    stop: () => {
      stopping.abort(new Interrupted('SIGTERM'))
      return ended
    },
  }
  const readable = stdout as unknown as PassThrough
  readable.on('data', (chunk) => {
    started.stdout += chunk
  })
  ;(stderr as unknown as PassThrough).on('data', (chunk) => {
    started.stderr += chunk
  })
  cleanUp(t, started.stop)
  return started
}

/** A command in a process of its own, as it was built last. */
export class CliProcess {
  readonly pid: number
  readonly exited: Promise<Result>
  stdout = ''
  stderr = ''
  readonly #child

  constructor(argv: readonly string[], { env = {}, cwd = tmpdir(), input = '' }: Invocation) {
    this.#child = spawn(process.execPath, [launcher, ...argv], { cwd, env: { PATH: process.env.PATH, ...env } })
    this.pid = this.#child.pid as number
    this.#child.stdout.on('data', (chunk) => {
      this.stdout += chunk
    })
    this.#child.stderr.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.#child.stdin.on('error', () => {})
    if (input !== '') this.#child.stdin.end(input)
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Into its stdin, which stays open. */
  write(text: string): void {
    this.#child.stdin.write(text)
  }

  closeStdout(): void {
    this.#child.stdout.destroy()
  }
}

/** Starts a command in a process of its own; it is ended with the test. */
export function spawnCli(
  t: ExecutionContext<unknown>,
  argv: readonly string[],
  invocation: Invocation = {},
): CliProcess {
  const child = new CliProcess(argv, invocation)
  cleanUp(t, async () => {
    child.kill('SIGTERM')
    await child.exited
  })
  return child
}

async function textOf(stream: Output): Promise<string> {
  let text = ''
  for await (const chunk of stream as unknown as AsyncIterable<Buffer>) text += chunk
  return text
}
