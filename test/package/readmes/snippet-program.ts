import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { cleanUp } from '../../helpers/clean-up.ts'
import { eventually } from '../../helpers/eventually.ts'
import { projectDirectory } from '../../helpers/services/directories.ts'

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ['node'],
}

/** Writes TypeScript beside the installed packages, compiles it against their types, and resolves to its directory. */
export async function compile(t: ExecutionContext<unknown>, files: Record<string, string>): Promise<string> {
  const cache = join(projectDirectory, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const directory = await mkdtemp(join(cache, 'readme-'))
  cleanUp(t, () => rm(directory, { recursive: true, force: true }))
  const all = {
    ...files,
    'package.json': '{"type":"module"}',
    'tsconfig.json': JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  }
  for (const [name, text] of Object.entries(all)) await writeFile(join(directory, name), text)
  await new Promise<void>((resolve, reject) => {
    const tsc = join(projectDirectory, 'node_modules/typescript/bin/tsc')
    execFile(process.execPath, [tsc, '--project', directory], (error, stdout) =>
      error ? reject(new Error(`It does not compile:\n${stdout}`)) : resolve(),
    )
  })
  return directory
}

export interface Running {
  /** Sends a line to its stdin. */
  tell(line: string): void
  /** Resolves with the first match in what it printed so far or prints later. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

/** Runs a compiled file on the built packages, until the test ends. */
export function runCompiled(t: ExecutionContext<unknown>, directory: string, file: string): Running {
  const child = spawn(process.execPath, [join(directory, file)], { env: { PATH: process.env.PATH } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const closed = new Promise((resolve) => child.once('close', resolve))
  cleanUp(t, async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    tell: (line) => child.stdin.write(`${line}\n`),
    printed: (pattern) =>
      eventually(
        () => {
          const match = pattern.exec(output)
          if (match === null && child.exitCode !== null) throw new Error(`It ended: ${output}`)
          return match
        },
        { timeout: 30_000, message: `It did not print ${pattern}: ${output}` },
      ),
  }
}

/** Puts a test's value in the place of the one that a README has, which must be there once. */
export function replaced(text: string, values: Record<string, string>): string {
  let result = text
  for (const [from, to] of Object.entries(values)) {
    if (result.split(from).length !== 2) throw new Error(`The snippet must have ${from} once:\n${text}`)
    result = result.replace(from, () => to)
  }
  return result
}
