import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { toJavaScript } from '../compile.ts'
import { compiledDirectory, projectDirectory } from '../services/directories.ts'
import { TapReader } from './tap.ts'

/**
 * Runs compiled test files of one directory in one AVA process and resolves with its results. An abort of `signal` interrupts
 * AVA, which then reports what it has and ends.
 */
export async function runAva(
  files: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<TapReader> {
  const ava = join(projectDirectory, 'node_modules/ava/entrypoints/cli.mjs')
  const child = spawn(process.execPath, [ava, '--tap', ...files.map(toJavaScript)], {
    cwd: join(projectDirectory, compiledDirectory),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const interrupt = () => child.kill('SIGINT')
  if (signal.aborted) interrupt()
  else signal.addEventListener('abort', interrupt)
  const ended = exitCodeOf(child)
  const reader = new TapReader(titlePrefix(files))
  createInterface({ input: child.stderr }).on('line', (line) => reader.note(line))
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }))
    reader.read(line)
  reader.end(await ended)
  signal.removeEventListener('abort', interrupt)
  return reader
}

/** AVA names a file in its titles only when it runs several, and then without the directory that they share. */
function titlePrefix(files: readonly string[]): string {
  const [first = ''] = files
  const shared = files.length > 1 ? dirname(first) : first.replace(/\.test\.tsx?$/, '')
  return shared
    .replace(/^test\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => `${part} › `)
    .join('')
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
