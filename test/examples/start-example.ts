import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

export interface Example {
  stdout: () => string
  stderr: () => string
  /** Resolves with the first match in what it printed so far or prints later. */
  printed: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>
  signal: (signal: NodeJS.Signals) => void
}

/** Runs an example as its README says, on the built packages, with nothing in its environment but what is given. */
export function startExample(
  t: ExecutionContext<unknown>,
  file: string,
  environment: Record<string, string> = {},
): Example {
  if (!existsSync(join(projectDirectory, 'packages/express/dist/index.js')))
    throw new Error('The examples run on the built packages: run `npm run build` first')
  const loader = file.endsWith('.ts') ? [`--import=${import.meta.resolve('tsx')}`] : []
  const child = spawn(process.execPath, [...loader, join(projectDirectory, 'examples', file)], {
    cwd: projectDirectory,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')]
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
  // A test process that crashes runs no teardown.
  process.once('exit', kill)
  cleanUp(t, async () => {
    kill()
    await ended
    process.off('exit', kill)
  })
  const printed = (pattern: RegExp) =>
    eventually(
      () => {
        const match = pattern.exec(stdout())
        if (match === null && child.exitCode !== null) throw new Error(`It ended: ${stderr()}`)
        return match
      },
      { timeout: 30_000, message: `${file} did not print ${pattern}; ${stderr()}` },
    )
  return { stdout, stderr, printed, ended, signal: (signal) => child.kill(signal) }
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  let text = ''
  child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
