import { writeFile } from 'node:fs/promises'
import { referenceFile, referencePage } from './page.ts'
import { declaredProgram } from './program.ts'

/** `npm run reference`: writes packages/cli/REFERENCE.md anew. */
await writeFile(referenceFile, referencePage(declaredProgram()))
