// Draws the figure of the architecture in DESIGN.md anew, after an import was added or removed.
import { readFileSync, writeFileSync } from 'node:fs'
import { drawImports } from './draw-imports.ts'
import { document, withFigure } from './figure.ts'
import { readImports } from './read-imports.ts'

writeFileSync(document, withFigure(readFileSync(document, 'utf8'), drawImports(readImports())))
