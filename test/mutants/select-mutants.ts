import { spawnSync } from 'node:child_process'
import { parsePatch } from 'diff'
import { projectDirectory } from '../helpers/services/directories.ts'
import type { Mutant } from './mutant.ts'

/** Directory of the tests behind a `Caught-by: npm run …`. */
const directoryOfScript: Record<string, string> = {
  interleavings: 'test/interleavings/',
  'simulate:protocol': 'test/simulation/',
}

/**
 * The mutants that a change since the newest release tag (`v…`) could affect: their patch, a file that they patch or a
 * test that has to catch them has changed. All of them where there is no such tag.
 */
export function affectedMutants(mutants: readonly Mutant[], root = projectDirectory): Mutant[] {
  const changed = changedFiles(root)
  if (changed === null) return [...mutants]
  return mutants.filter((mutant) => {
    const paths = pathsOf(mutant)
    return changed.some((file) => paths.some((path) => file.startsWith(path)))
  })
}

/** Beginnings of the paths that a mutant depends on. */
function pathsOf({ name, patch, caughtBy }: Mutant): string[] {
  const words = caughtBy.split(/\s+/)
  const script = words[0] === 'npm' ? directoryOfScript[words[2] ?? ''] : undefined
  // A test file and the suite beside it, which has its name: `outbox.test.ts`, `outbox.ts`.
  const tests = words.filter((word) => word.startsWith('test/')).map((file) => file.replace(/\.test\.tsx?$/, '.'))
  const targets = parsePatch(patch).map(({ newFileName = '' }) => newFileName.replace(/^b\//, ''))
  return [`test/mutants/${name}.patch`, ...targets, ...tests, ...(script ? [script] : [])]
}

/** Files that differ from the newest release tag, also untracked ones; null without a tag. */
function changedFiles(root: string): string[] | null {
  const tag = git(root, 'describe', '--tags', '--abbrev=0', '--match=v*')
  if (tag === null) return null
  const lists = [git(root, 'diff', '--name-only', tag.trim()), git(root, 'ls-files', '--others', '--exclude-standard')]
  return lists.flatMap((list) => (list ?? '').split('\n')).filter((file) => file !== '')
}

/** Output of git; null where it failed, for example outside a checkout. */
function git(cwd: string, ...args: string[]): string | null {
  const { status, stdout } = spawnSync('git', args, { cwd, encoding: 'utf8' })
  return status === 0 ? stdout : null
}
