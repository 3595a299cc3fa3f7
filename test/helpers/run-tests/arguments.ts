import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectDirectory } from '../services/directories.ts'
import { type Selection, selections } from './test-files.ts'

export interface RunOptions {
  selection: Selection
  /** Decides the order of the files. */
  seed: number
  /** Test files that run side by side. */
  lanes: number
  /** Plant every mutant, not only those whose code or test changed. */
  allMutants: boolean
  /** Files to run in place of the selection; empty for the selection. */
  files: string[]
}

export const usage = `usage: npm test -- [FILE…] [--seed N] [--lanes N]
       npm run test:proofs -- [FILE…] [--seed N] [--lanes N] [--all]
  FILE     run these test files only
  --seed   repeat the order of a run that printed this seed
  --lanes  test files that run side by side
  --all    plant every mutant, not only those whose code or test changed since the last release tag`

/** Reads the command line. Throws an error whose message says what is wrong with it. */
export function readArguments(argv: readonly string[], defaultLanes: number): RunOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      select: { type: 'string', default: 'suite' },
      seed: { type: 'string' },
      lanes: { type: 'string' },
      all: { type: 'boolean', default: false },
    },
  })
  const selection = selections.find((name) => name === values.select)
  if (selection === undefined) throw new Error(`--select takes ${selections.join(', ')}, not ${values.select}.`)
  const files = positionals.map((file) => file.replace(/^\.\//, ''))
  const unknown = files.find((file) => !/\.test\.tsx?$/.test(file) || !existsSync(join(projectDirectory, file)))
  if (unknown !== undefined)
    throw new Error(`${unknown} is not a test file. Name it from the project's directory: test/unit/time.test.ts.`)
  return {
    selection,
    seed: integer('--seed', values.seed, 0, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32),
    lanes: integer('--lanes', values.lanes, 1, 64) ?? defaultLanes,
    allMutants: values.all,
    files,
  }
}

function integer(flag: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new Error(`${flag} takes an integer from ${low} to ${high}, not ${text}.`)
  return value
}
