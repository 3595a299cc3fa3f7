import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { applyPatch, parsePatch } from 'diff'

/** A change worked out: what it takes, with a test of its own. */
export interface Change {
  name: string
  /** The test that it brings along. */
  tests: string
  patch: string
}

/** Every `NAME.patch` of this directory. */
export function readChanges(): Change[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => {
      const patch = readFileSync(join(import.meta.dirname, file), 'utf8')
      const tests = /^Tests: (.+)$/m.exec(patch)?.[1]
      if (tests === undefined) throw new Error(`${file} needs a line "Tests: …".`)
      return { name: file.slice(0, -'.patch'.length), tests, patch: patch.slice(patch.indexOf('\n--- ') + 1) }
    })
}

/** Makes the change below `root`; throws where it does not fit. */
export function applyChange({ name, patch }: Change, root: string): void {
  for (const { newFileName = '', ...file } of parsePatch(patch)) {
    const path = join(root, newFileName.replace(/^b\//, ''))
    const changed = applyPatch(existsSync(path) ? readFileSync(path, 'utf8') : '', { newFileName, ...file })
    if (changed === false) throw new Error(`${name}.patch does not fit ${newFileName}: make it anew.`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, changed)
  }
}
