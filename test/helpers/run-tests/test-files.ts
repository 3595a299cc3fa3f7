import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { projectDirectory } from '../services/directories.ts'

/** Every test of the ordinary run: neither benchmarks nor pictures nor what takes long in `test/faults` and `test/servers`. */
export function ordinaryTestFiles(): string[] {
  const entries = readdirSync(join(projectDirectory, 'test'), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(projectDirectory, join(entry.parentPath, entry.name)))
    .filter(
      (file) =>
        !file.startsWith('test/bench/') &&
        !file.startsWith('test/pictures/') &&
        !file.startsWith('test/servers/long/') &&
        !file.includes('/fixtures/') &&
        !isSoak(file),
    )
    .sort()
}

function isSoak(file: string): boolean {
  return file.startsWith('test/faults/') && /\bsoak\b/.test(file)
}
