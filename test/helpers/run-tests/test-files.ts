import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { projectDirectory } from '../services/directories.ts'

/** `suite` is `npm test`, `proofs` is `npm run test:proofs`, `unit` is the part of the suite that needs no server. */
export const selections = ['suite', 'proofs', 'unit'] as const
export type Selection = (typeof selections)[number]

/** Attacks on the promise, bad input, load, and tests that build or start the whole product. They take as long as the rest. */
const proofs = [
  'test/changes/',
  'test/cli/replacing.test.ts',
  'test/cli/tui-load.test.ts',
  'test/faults/',
  'test/integration/host-globals.test.ts',
  'test/integration/large-deletion.test.ts',
  'test/integration/large-redis.test.ts',
  'test/integration/moved-clock.test.ts',
  'test/interleavings/',
  'test/mutants/',
  'test/security/',
  'test/servers/',
  'test/simulation/',
  'test/package/dev-script.test.ts',
  'test/package/quiet.test.ts',
  'test/package/readme-administer.test.ts',
  'test/package/readme-snippets.test.ts',
  'test/package/release.test.ts',
  'test/package/tarballs.test.ts',
]

/** Commands of their own run these. */
const elsewhere = ['test/bench/', 'test/package/long/', 'test/pictures/', 'test/servers/long/']

/**
 * Files that measure frames, statements or deadlines: a neighbour could change the result. Browsers are not among them:
 * they wait for what appears, with deadlines that leave room.
 */
const alone = [
  'test/cli/replacing.test.ts',
  'test/cli/tui-load.test.ts',
  'test/integration/reading-cost.test.ts',
  'test/integration/standing-still.test.ts',
]

/** The test files of a selection, from the project's directory. */
export function testFiles(selection: Selection): string[] {
  const all = readdirSync(join(projectDirectory, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(projectDirectory, join(entry.parentPath, entry.name)))
    .filter((file) => !startsWith(file, elsewhere) && !file.includes('/fixtures/'))
    .sort()
  if (selection === 'unit') return all.filter((file) => file.startsWith('test/unit/'))
  return all.filter((file) => startsWith(file, proofs) === (selection === 'proofs'))
}

/** Whether a file must have the machine to itself. */
export function runsAlone(file: string): boolean {
  return alone.includes(file)
}

function startsWith(file: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => file.startsWith(beginning))
}
