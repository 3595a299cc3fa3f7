import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { applyPatch, parsePatch } from 'diff'

/** A change worked out: what it takes, with a test of its own. */
export interface Change {
  name: string
  /** Commands that are run afterwards: they make anew what is made from the code. */
  then: string[]
  /** The test that it brings along, and others that it could break. */
  tests: string[]
  patch: string
}

/** Every `NAME.patch` of this directory. */
export function readChanges(): Change[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => {
      const patch = readFileSync(join(import.meta.dirname, file), 'utf8')
      const tests = /^Tests: (.+)$/m.exec(patch)?.[1]?.split(' ')
      if (tests === undefined) throw new Error(`${file} needs a line "Tests: …".`)
      const then = [...patch.matchAll(/^Then: (.+)$/gm)].map(([, command = '']) => command)
      const name = file.slice(0, -'.patch'.length)
      return { name, then, tests, patch: patch.slice(patch.indexOf('\n--- ') + 1) }
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
