import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../helpers/services/directories.ts'
import { cases } from './cases/index.ts'

const page = readFileSync(join(projectDirectory, 'test/faults/README.md'), 'utf8')
const table = page.slice(page.indexOf('## Every known hazard'))

/** How many rows each kind of hazard has. */
const rows: Readonly<Record<string, number>> = { '0.': 8, K: 14, R: 8, P: 4, S: 5, E: 2, I: 1, H: 42 }

test('every known hazard has its decision', (t) => {
  const decided = new Set([...table.matchAll(/^\| ([A-Z0-9. ]+) \|/gm)].flatMap(([, ids]) => (ids ?? '').split(' ')))
  for (const [kind, count] of Object.entries(rows))
    for (let n = 1; n <= count; n++) t.true(decided.has(`${kind}${n}`), `${kind}${n}`)
})

test('every fault of the matrix is a case', (t) => {
  const known = new Set(cases.flatMap(({ row }) => row.split(/[ ,]+/)))
  for (let n = 1; n <= 31; n++) t.true(known.has(`C${n}`), `C${n}`)
})

test('whatever the decisions name is there', (t) => {
  for (const [path] of table.matchAll(/\b(?:test|packages)\/[\w./-]*\w/g))
    t.true(existsSync(join(projectDirectory, path)), path)
  for (const [, name] of table.matchAll(/mutants\/([a-z-]+)/g))
    t.true(existsSync(join(projectDirectory, `test/mutants/${name}.patch`)), name)
  for (const [, names] of table.matchAll(/cases? ((?:`[a-z-]+`(?:, )?)+)/g))
    for (const [, name] of (names ?? '').matchAll(/`([a-z-]+)`/g))
      t.true(
        cases.some((one) => one.name === name),
        name,
      )
})
