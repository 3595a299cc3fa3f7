import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toJavaScript } from '../helpers/compile.ts'
import { compiledDirectory } from '../helpers/services/directories.ts'
import { type Mutant, plant } from './mutant.ts'

export interface Catch {
  mutant: Mutant
  caught: boolean
  /** What the tests say: the failed assertion with its schedule or interleaving; or why it counts for nothing. */
  evidence: string
  seconds: number
}

const longestEvidence = 60

/** Plants the bug in a copy of the tree and runs the tests that have to find it. */
export async function catchMutant(mutant: Mutant, root: string, env: NodeJS.ProcessEnv): Promise<Catch> {
  const began = performance.now()
  const verdict = (caught: boolean, evidence: string) => {
    const lines = evidence.split('\n')
    if (lines.length > longestEvidence) lines.splice(longestEvidence, lines.length, '…')
    return { mutant, caught, evidence: lines.join('\n'), seconds: (performance.now() - began) / 1000 }
  }
  const takeOut = await plant(mutant, root)
  try {
    const { code, output } = await run(mutant.caughtBy, root, env)
    if (code === 0) return verdict(false, 'The tests passed.')
    const evidence = findEvidence(output)
    // An error on the way, such as a syntax error, is no proof that anything was noticed.
    if (evidence === null) return verdict(false, `The tests failed without a failed assertion:\n${output.trim()}`)
    return verdict(true, evidence)
  } finally {
    takeOut()
  }
}

async function run(command: string, root: string, env: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, programOf(command, root), { cwd: join(root, compiledDirectory), env })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  child.stderr.on('data', (data) => {
    output += data
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** The compiled program behind a `Caught-by:`, with its arguments. */
function programOf(command: string, root: string): string[] {
  const words = command.split(/\s+/)
  if (words[0] !== 'npm')
    return [join(root, 'node_modules/ava/entrypoints/cli.mjs'), '--tap', '--fail-fast', ...words.map(toJavaScript)]
  const [, , script = '', , ...args] = words
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const program = /test\/\S+\.ts$/.exec(scripts[script])?.[0]
  if (program === undefined) throw new Error(`The script ${script} of package.json names no program.`)
  return [toJavaScript(program), ...args]
}

/** The first failed assertion of AVA's TAP, or what a script says from the line `Violation: …` on; null without one. */
function findEvidence(output: string): string | null {
  const said = /^Violation: [\s\S]*/m.exec(output)
  if (said) return said[0].trim()
  for (const [failure] of output.matchAll(/^not ok [\s\S]*?(?=^(?:not ok|ok|# tests|1\.\.)|$(?![\s\S]))/gm))
    if (/^ +name: AssertionError/m.test(failure)) return failure.trim()
  return null
}
