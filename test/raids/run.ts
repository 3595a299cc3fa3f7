import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectDirectory } from '../helpers/services/directories.ts'
import { allTables, type Table, withTables } from './all-tables.ts'

const usage = `usage: npm run raids -- DIRECTORY [--quiet FILE]… [--write]
Prints the tables of DESIGN.md about recorded raids, as Markdown. DIRECTORY has metacritic-animal-crossing-2020.csv (day,score of
0-10) and steam-labelled.csv (incident,at,recommended,raid). FILE: ratings of many posts that nobody raids, such as MovieLens'.
--write: puts the tables into DESIGN.md.`

const design = join(projectDirectory, 'packages/post-rate/DESIGN.md')

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quiet: { type: 'string', multiple: true, default: [] },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [directory] = positionals
  if (values.help || directory === undefined) {
    console.error(usage)
    return values.help ? 0 : 2
  }
  const tables: Table[] = []
  for await (const table of allTables(directory, values.quiet)) {
    tables.push(table)
    console.log(`\n${table.name}\n\n${table.lines.join('\n')}`)
  }
  if (values.write) writeFileSync(design, withTables(readFileSync(design, 'utf8'), tables))
  return 0
}
