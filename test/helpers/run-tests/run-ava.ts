import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectDirectory } from '../services/directories.ts'
import { TapReader } from './tap.ts'

/** Runs AVA and prints what it reports as it comes. `signal` interrupts it: it prints what it has, and ends. */
export async function runAva(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<TapReader> {
  const ava = join(projectDirectory, 'node_modules/ava/entrypoints/cli.mjs')
  const child = spawn(process.execPath, [ava, '--tap', ...args], {
    cwd: projectDirectory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const interrupt = () => child.kill('SIGINT')
  if (signal.aborted) interrupt()
  else signal.addEventListener('abort', interrupt)
  const ended = exitCodeOf(child)
  const reader = new TapReader()
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    const text = reader.read(line)
    if (text !== null) console.log(text)
  }
  reader.end(await ended)
  return reader
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
