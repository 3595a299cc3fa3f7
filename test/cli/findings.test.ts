import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { Bypass, Drift, DriftKind } from 'post-rate'
import { explain } from '../../packages/cli/src/findings.ts'
import { projectDirectory } from '../helpers/services/directories.ts'
import { runCli } from './run-cli.ts'

const kinds: DriftKind[] = ['counts', 'displayed', 'rank', 'missing', 'behind', 'ahead', 'differs', 'unknown']
const bypasses: Bypass[] = [
  { what: 'trigger ratings_inserted on post_rate.ratings', state: 'missing', remedy: 'create trigger …' },
  { what: 'role loader', state: 'replica', remedy: 'alter role loader reset session_replication_role' },
]

test('every kind of finding is explained once, with a command that heals it', async (t) => {
  const drift = kinds.flatMap((kind): Drift[] => [1, 2].map((postId) => ({ postId, kind, expected: 1, found: 2 })))
  const findings = explain({ drift, pending: 3 }, bypasses)
  t.deepEqual(
    findings.map(({ kind, count }) => [kind, count]),
    [...kinds.map((kind) => [kind, 2]), ['pending', 3], ['bypass', 1], ['bypass', 1]],
  )
  for (const { kind, meaning, cause, remedy } of findings) {
    for (const sentence of [meaning, cause, remedy]) t.regex(sentence, /\.$/, kind)
    t.true((await unknownCommands(remedy)).length === 0 && commandsIn(remedy).length > 0, `${kind}: ${remedy}`)
  }
  t.deepEqual(explain({ drift: [], pending: 0 }, []), [])
})

test('triggers that were all disabled are one finding, with all the SQL', (t) => {
  const disabled = (trigger: string): Bypass => ({
    what: `trigger ${trigger}`,
    state: 'disabled',
    remedy: `enable ${trigger}`,
  })
  const [finding, ...more] = explain({ drift: [], pending: 0 }, ['ratings_inserted', 'refuse_truncate'].map(disabled))
  t.deepEqual(more, [])
  t.like(finding, {
    count: 2,
    meaning:
      'The trigger ratings_inserted, the trigger refuse_truncate are disabled: changes are not counted, and TRUNCATE would lose ratings uncounted.',
    remedy:
      'Run the SQL `enable ratings_inserted; enable refuse_truncate`, then `post-rate stats rebuild` for what came in meanwhile.',
  })
})

test('every command of the runbook exists', async (t) => {
  const readme = await readFile(join(projectDirectory, 'README.md'), 'utf8')
  const runbook = readme.slice(readme.indexOf('| symptom |'), readme.indexOf('Every reading command'))
  t.true(commandsIn(runbook).length > 10)
  t.deepEqual(await unknownCommands(runbook), [])
})

/** The commands in backticks, with their subcommand. */
function commandsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/`post-rate ([a-z]+(?: [a-z]+)?)/g)].map(([, command = '']) => command))]
}

async function unknownCommands(text: string): Promise<string[]> {
  const unknown: string[] = []
  for (const command of commandsIn(text)) {
    const { stdout } = await runCli([...command.split(' '), '--help'])
    if (!stdout.startsWith(`Usage: post-rate ${command} `)) unknown.push(command)
  }
  return unknown
}
