import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every package with its manifest, those first that others need. */
export function readPackages(root) {
  const left = readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => ({
      directory: `packages/${name}`,
      manifest: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
    }))
  const names = left.map(({ manifest }) => manifest.name)
  const ordered = []
  while (left.length > 0) {
    const waiting = new Set(left.map(({ manifest }) => manifest.name))
    const next = left.findIndex(({ manifest }) => needsOf(manifest, names).every(({ name }) => !waiting.has(name)))
    if (next < 0) throw new Error(`These need each other: ${[...waiting].join(', ')}`)
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}

/** The ranges in which a package wants others of this workspace. */
export function needsOf({ dependencies, peerDependencies }, names) {
  return Object.entries({ ...dependencies, ...peerDependencies })
    .filter(([name]) => names.includes(name))
    .map(([name, range]) => ({ name, range }))
}
