import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { compileTests, toJavaScript } from '../helpers/compile.ts'
import { withPostgres } from '../helpers/requires.ts'
import { compiledDirectory } from '../helpers/services/directories.ts'
import { environment } from '../helpers/services/services.ts'
import { copyTree } from '../mutants/copy-tree.ts'
import { applyChange, readChanges } from './apply-change.ts'

withPostgres('an endpoint, a command and a display policy are added as the patches here say', async (t) => {
  t.timeout(170_000)
  const changes = readChanges()
  const { root, remove } = copyTree()
  t.teardown(remove)
  for (const change of changes) applyChange(change, root)
  const built = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-b', '--force', 'packages/cli'])
  t.is(built.code, 0, built.output)
  // Each of them makes another file anew.
  const commands = [...new Set(changes.flatMap(({ then }) => then))]
  await Promise.all(
    commands.map(async (command) => {
      const [program = '', ...args] = command.split(' ')
      const made = await run(program, args)
      t.is(made.code, 0, made.output)
    }),
  )
  const tests = changes.flatMap((change) => change.tests)
  await compileTests(root)
  const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
  const { code, output } = await run(process.execPath, [ava, '--tap', ...tests.map(toJavaScript)], compiledDirectory)
  t.is(code, 0, output)
  for (const {
    name,
    tests: [own = ''],
  } of changes)
    t.regex(output, RegExp(`^ok .*${basename(own, '.test.ts')}`, 'm'), `${name}: ${output}`)

  function run(command: string, args: string[], directory = '.'): Promise<{ code: number; output: string }> {
    const { NODE_OPTIONS: _, ...inherited } = process.env
    return new Promise((resolve) => {
      execFile(
        command,
        args,
        { cwd: join(root, directory), env: { ...inherited, ...environment() } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
      )
    })
  }
})
