import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectDirectory } from '../../helpers/services/directories.ts'

/** By part of the code, the parts that it imports, and the modules from outside as `npm:NAME`. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>

const packages = ['cli', 'express', 'post-rate']
const entries = new Map([
  ['post-rate', 'packages/post-rate/src/index.ts'],
  ['@post-rate/express', 'packages/express/src/index.ts'],
])
/** Drivers and frameworks that one part is there to keep. Other modules from outside are left out of the figure. */
const outside = ['pg', 'sequelize', 'ioredis', 'kafkajs', '@inversifyjs/container', 'express', 'ink', 'commander']

/** `from '…'`, `import '…'`, `import('…')` and `require('…')`: what the linter allows. */
const importing = /(?:\bfrom|\bimport|\brequire)[ (]'([^']+)'/g

/** Reads the sources of the packages. */
export function readImports(): Imports {
  const imports = new Map<string, Set<string>>()
  for (const file of packages.flatMap(sourcesOf)) {
    const part = partOf(file)
    const found = imports.get(part) ?? new Set()
    imports.set(part, found)
    for (const [, module = ''] of readFileSync(join(projectDirectory, file), 'utf8').matchAll(importing)) {
      const target = targetOf(file, module)
      if (target !== null && target !== part) found.add(target)
    }
  }
  return imports
}

function sourcesOf(name: string): string[] {
  const directory = `packages/${name}/src`
  return readdirSync(join(projectDirectory, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => `${directory}/${file}`)
    .sort()
}

function targetOf(file: string, module: string): string | null {
  if (module.startsWith('.')) return partOf(join(dirname(file), module))
  const entry = entries.get(module)
  if (entry !== undefined) return partOf(entry)
  return outside.includes(module) ? `npm:${module}` : null
}

/** Folders; of the library also the files beside them; of the command line its entry, which knows all commands. */
function partOf(file: string): string {
  const [, name = '', , first = '', ...below] = file.split('/')
  if (name === 'post-rate') return first === 'adapters' && below.length > 1 ? `adapters/${below[0]}` : first
  if (name !== 'cli') return name
  if (/^(index|go|run|program[a-z-]*)\.ts$/.test(first)) return 'cli/program.ts'
  return ['commands', 'ui'].includes(first) ? `cli/${first}` : name
}
