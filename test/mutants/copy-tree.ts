import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { compileTests } from '../helpers/compile.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

const left = new Set(['node_modules', '.git', '.cache', 'dist', '.post-rate'])

/** A copy of the sources in a temporary directory; its workspace packages resolve to the copy itself. */
export function copyTree(): { root: string; remove: () => void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'post-rate-mutant-')))
  cpSync(projectDirectory, root, { recursive: true, filter: (path) => !left.has(basename(path)) })
  for (const directory of ['.', ...workspaces()]) {
    const modules = join(projectDirectory, directory, 'node_modules')
    if (existsSync(modules)) linkModules(modules, join(root, directory, 'node_modules'), root)
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** The same with what `tsc -b` built last, and with compiled tests. */
export async function copyBuiltTree(): Promise<ReturnType<typeof copyTree>> {
  const copy = copyTree()
  for (const directory of ['post-rate', 'express', 'cli'].map((name) => `packages/${name}/dist`))
    cpSync(join(projectDirectory, directory), join(copy.root, directory), { recursive: true })
  await compileTests(copy.root)
  return copy
}

/** A workspace has modules of its own where it needs another version than the others. */
function workspaces(): string[] {
  return ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(projectDirectory, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(group, name)),
  )
}

function linkModules(from: string, to: string, root: string): void {
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    const path = join(from, name)
    // Whoever finds its caches in the copy's own directory cannot take one for the other.
    if (name === '.cache') continue
    if (!lstatSync(path).isSymbolicLink() && name.startsWith('@')) linkModules(path, join(to, name), root)
    else symlinkSync(targetIn(root, path), join(to, name))
  }
}

function targetIn(root: string, path: string): string {
  const target = realpathSync(path)
  const inside = relative(realpathSync(projectDirectory), target)
  return lstatSync(path).isSymbolicLink() && !inside.startsWith('..') ? join(root, inside) : target
}
