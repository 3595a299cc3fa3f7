import { readFile } from 'node:fs/promises'
import test from 'ava'
import { drawImports } from './architecture/draw-imports.ts'
import { document, figureIn } from './architecture/figure.ts'
import { type Imports, readImports } from './architecture/read-imports.ts'

test('the figure in DESIGN.md is what the code imports', async (t) => {
  const drawn = figureIn(await readFile(document, 'utf8'))
  t.is(drawn, drawImports(readImports()), 'Run `npm run architecture`')
})

test('imports lead inwards: nothing that is imported leads back, but for the command line and its screens', (t) => {
  const arrows = drawImports(readImports()).split('\n')
  t.deepEqual(
    arrows.filter((line) => line.includes('<-->')),
    ['  cli <--> cli_ui'],
  )
})

test('an arrow is left out where another way leads there, and never to or from parts that import each other', (t) => {
  const imports: Imports = new Map([
    ['above', new Set(['left', 'right'])],
    ['top', new Set(['middle', 'bottom', 'npm:express'])],
    ['middle', new Set(['bottom'])],
    ['bottom', new Set<string>()],
    ['left', new Set(['right', 'bottom'])],
    ['right', new Set(['left', 'bottom'])],
  ])
  t.deepEqual(arrowsOf(imports), [
    'above --> left',
    'above --> right',
    'left --> bottom',
    'left <--> right',
    'middle --> bottom',
    'right --> bottom',
    'top --> middle',
  ])
})

function arrowsOf(imports: Imports): string[] {
  return drawImports(imports)
    .split('\n')
    .filter((line) => line.includes('->'))
    .map((line) => line.trim())
    .sort()
}
