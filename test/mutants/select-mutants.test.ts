import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import type { Mutant } from './mutant.ts'
import { affectedMutants } from './select-mutants.ts'

const patchOf = (file: string) => `--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-a\n+b\n`
const mutant = (name: string, target: string, caughtBy: string): Mutant => ({
  name,
  description: '',
  caughtBy,
  needs: [],
  patch: patchOf(target),
})

const mutants = [
  mutant('in-target', 'src/fold.ts', 'test/unit/guard.test.ts'),
  mutant('in-suite', 'src/store.ts', 'test/contract/outbox.test.ts --match=x'),
  mutant('in-script', 'src/gate.ts', 'npm run simulate:protocol -- --schedules 9'),
]

test('mutants whose patch, target or catching test changed since the newest release tag are selected', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'post-rate-select-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  const git = (...args: string[]) =>
    t.is(spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root }).status, 0)
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const selected = () => affectedMutants(mutants, root).map(({ name }) => name)
  t.deepEqual(selected(), ['in-target', 'in-suite', 'in-script'], 'all outside a checkout')
  git('init', '--quiet')
  write('src/fold.ts', 'a')
  write('test/contract/outbox.ts', 'a')
  git('add', '.')
  git('commit', '--quiet', '--message', 'one')
  t.deepEqual(selected(), ['in-target', 'in-suite', 'in-script'], 'all without a tag')

  git('tag', 'v1.0.0')
  t.deepEqual(selected(), [])
  write('src/fold.ts', 'b')
  t.deepEqual(selected(), ['in-target'])
  write('test/contract/outbox.ts', 'b')
  git('commit', '--quiet', '--all', '--message', 'two')
  t.deepEqual(selected(), ['in-target', 'in-suite'])
  write('test/simulation/new.ts', 'untracked')
  t.deepEqual(selected(), ['in-target', 'in-suite', 'in-script'])
  write('src/fold.ts', 'a')
  write('test/contract/outbox.ts', 'a')
  write('test/mutants/in-suite.patch', 'untracked')
  t.deepEqual(selected(), ['in-suite', 'in-script'])
})
