import { execFile } from 'node:child_process'
import { withPostgres } from '../helpers/requires.ts'
import { environment } from '../helpers/services/services.ts'
import { copyTree } from '../mutants/copy-tree.ts'
import { applyChange, readChanges } from './apply-change.ts'

withPostgres('an endpoint, a command and a display policy are added as the patches here say', async (t) => {
  t.timeout(170_000)
  const changes = readChanges()
  const { root, remove } = copyTree()
  t.teardown(remove)
  for (const change of changes) applyChange(change, root)
  const built = await run(['node_modules/typescript/bin/tsc', '-b', '--force', 'packages/cli'])
  t.is(built.code, 0, built.output)
  const { code, output } = await run(['node_modules/ava/entrypoints/cli.mjs', '--tap', ...changes.map((c) => c.tests)])
  t.is(code, 0, output)
  t.is(output.match(/^ok /gm)?.length, changes.length, output)

  function run(args: string[]): Promise<{ code: number; output: string }> {
    const { NODE_OPTIONS: _, ...inherited } = process.env
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        args,
        { cwd: root, env: { ...inherited, ...environment() } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
      )
    })
  }
})
