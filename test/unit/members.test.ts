import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

const module = fileURLToPath(new URL('../../packages/cli/src/embedded/members.ts', import.meta.url))

for (const [ends, script, expected] of [
  ['without leaving', '', 'orphaned'],
  ['while it stops the server', 'member.leave()', 'orphaned'],
  ['after it has stopped the server', 'member.leave(); member.left()', ''],
] as const)
  test(`members: the last process ends ${ends}`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'post-rate-members-'))
    t.teardown(() => rm(directory, { recursive: true, force: true }))
    const program = `import { Members } from '${module}'
const member = new Members('${directory}').enter(() => process.stdout.write('orphaned'))
${script}
process.exit()`
    const args = ['--import=tsx', '--input-type=module', '--eval', program]
    t.is((await promisify(execFile)(process.execPath, args)).stdout, expected)
  })
