import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyPatch, parsePatch } from 'diff'
import { compileSource, toJavaScript } from '../helpers/compile.ts'
import type { Need } from '../helpers/requires.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

/** A planted bug: a patch to shipped files, and the tests that have to find it. */
export interface Mutant {
  name: string
  /** What is broken, in a sentence or two. */
  description: string
  /** Arguments for AVA, or a whole `npm run …`. */
  caughtBy: string
  /** What those tests cannot do without. */
  needs: Need[]
  patch: string
}

const directory = join(projectDirectory, 'test/mutants')

/** Every `NAME.patch` of this directory, or those named. */
export function readMutants(names: readonly string[] = []): Mutant[] {
  const known = readdirSync(directory)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => file.slice(0, -'.patch'.length))
    .sort()
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`There is no mutant ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  return known.filter((name) => names.length === 0 || names.includes(name)).map(readMutant)
}

function readMutant(name: string): Mutant {
  const text = readFileSync(join(directory, `${name}.patch`), 'utf8')
  const start = text.search(/^(?:diff |--- )/m)
  const header = text.slice(0, start).trim().split('\n')
  const field = (key: string) =>
    header
      .find((line) => line.startsWith(key))
      ?.slice(key.length)
      .trim()
  const caughtBy = field('Caught-by:')
  if (start < 0 || caughtBy === undefined) throw new Error(`${name}.patch needs a line "Caught-by: …" and a diff.`)
  const needs = (field('Needs:')?.split(/[ ,]+/) ?? []) as Need[]
  const description = header.filter((line) => !/^(?:Caught-by|Needs):/.test(line)).join(' ')
  return { name, description: description.trim(), caughtBy, needs, patch: text.slice(start) }
}

/**
 * Plants the bug in the sources below `root` and in what was built of them; resolves with what takes it out again.
 * Rejects where the patch does not fit.
 */
export async function plant({ name, patch }: Mutant, root: string): Promise<() => void> {
  const originals = parsePatch(patch).map(({ newFileName, ...file }) => {
    const path = join(root, (newFileName ?? '').replace(/^b\//, ''))
    const original = readFileSync(path, 'utf8')
    const patched = applyPatch(original, { newFileName, ...file })
    if (patched === false) throw new Error(`${name}.patch does not fit ${newFileName}: make it anew.`)
    return { path, original, patched }
  })
  const built = originals
    .filter(({ path }) => /\.tsx?$/.test(path))
    .map(({ path }) => {
      const output = toJavaScript(path.replace('/src/', '/dist/'))
      return { path: output, original: readFileSync(output, 'utf8'), source: path }
    })
  for (const { path, patched } of originals) writeFileSync(path, patched)
  for (const { path, source } of built) writeFileSync(path, await compileSource(root, source))
  return () => {
    for (const { path, original } of [...originals, ...built]) writeFileSync(path, original)
  }
}
