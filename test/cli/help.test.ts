import { readFile } from 'node:fs/promises'
import test from 'ava'
import { commandsOf } from '../../packages/cli/src/command-tree.ts'
import { examples } from '../../packages/cli/src/examples.ts'
import { referenceFile, referencePage } from './reference/page.ts'
import { declaredProgram } from './reference/program.ts'
import { runCli } from './run-cli.ts'

const commands = commandsOf(declaredProgram())

test('every command has examples, its help shows them, and no examples are of commands that are gone', async (t) => {
  t.deepEqual(
    Object.keys(examples).filter((path) => commands.every((command) => command.path !== path)),
    [],
  )
  for (const { path } of commands) {
    const { code, stdout } = await runCli([...path.split(' ').filter((word) => word !== ''), '--help'])
    t.is(code, 0)
    const own = examples[path] ?? []
    t.true(own.length > 0, path)
    for (const line of own) t.true(stdout.includes(line), `${path}: ${line}`)
  }
})

test('every example is of its command, with options that this has', (t) => {
  const program = declaredProgram()
  for (const { path, command } of commands)
    for (const line of examples[path] ?? []) {
      const used = /post-rate((?: [a-z][a-z-]*)*)/.exec(line)?.[1]?.trim() ?? ''
      t.true(path === '' || `${used} `.startsWith(`${path} `), `${path}: ${line}`)
      const known = [
        program,
        ...commands
          .filter((other) => other.path !== '' && `${used} `.startsWith(`${other.path} `))
          .map(({ command: other }) => other),
        command,
      ]
      for (const [flag] of line
        .split('|')
        .filter((part) => part.includes('post-rate'))
        .join()
        .matchAll(/--[a-z-]+/g))
        t.true(
          known.some(({ options }) => options.some(({ long }) => long === flag)),
          `${line}: ${flag}`,
        )
    }
})

test('a mistake names the help of its command', async (t) => {
  const { stderr } = await runCli(['posts', 'list', '--limit', 'many'])
  t.regex(stderr, /Run `post-rate posts list --help`\./)
})

test('REFERENCE.md is what `npm run reference` makes of the commands', async (t) => {
  t.is(await readFile(referenceFile, 'utf8'), referencePage(declaredProgram()))
})
