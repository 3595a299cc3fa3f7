import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runTests } from '../helpers/run-tests/run-tests.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

const usage = `usage: npm run pictures [-- [--out DIRECTORY] [WORD…]]
Takes pictures of what people see, on real servers: the dashboard and doctor in a real terminal, the pages in Chromium.
WORD: only what is made by files whose name has it: dashboard, doctor, host-app, stars. Default directory: a new one.
Letters that no font has are boxes: Debian's fonts-dejavu, fonts-noto-color-emoji and fonts-wqy-zenhei have them all.`

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  const files = testFiles('test/pictures', 'test/browser').filter(
    (file) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
  )
  if (values.help || files.length === 0) {
    console.error(usage)
    return values.help ? 0 : 2
  }
  const directory = values.out ? resolve(values.out) : mkdtempSync(join(tmpdir(), 'post-rate-pictures-'))
  mkdirSync(directory, { recursive: true })
  process.env.TEST_PICTURES = directory
  const code = await runTests(['--lanes=1', ...files])
  console.log(`${readdirSync(directory).length} pictures in ${directory}`)
  return code
}

function testFiles(...directories: string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(join(projectDirectory, directory))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${directory}/${file}`),
  )
}
