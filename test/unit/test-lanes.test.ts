import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { Random } from '../helpers/random.ts'
import { type Job, planJobs, runInLanes } from '../helpers/run-tests/jobs.ts'
import { TapReader } from '../helpers/run-tests/tap.ts'
import { freePorts } from '../helpers/services/ports.ts'

const files = [
  ...Array.from({ length: 30 }, (_, n) => `test/unit/short-${n}.test.ts`),
  ...Array.from({ length: 10 }, (_, n) => `test/http/short-${n}.test.ts`),
  ...['a', 'b', 'c'].map((name) => `test/cli/long-${name}.test.ts`),
]
const durations = new Map(
  files.map((file, n) => [
    file,
    file.includes('short') ? 0.5 + (n % 4) / 2 : { a: 100, b: 40, c: 9 }[file.at(14) as 'a'],
  ]),
)
const plan = (seed: number) => planJobs(files, durations, new Random(seed))

test('jobs: each file once, the longest first, short ones of one directory together', (t) => {
  const jobs = plan(1)
  t.deepEqual(jobs.flatMap((job) => job.files).sort(), [...files].sort())
  t.deepEqual(
    jobs.slice(0, 2).map((job) => job.files),
    [['test/cli/long-a.test.ts'], ['test/cli/long-b.test.ts']],
  )
  t.true(jobs.length < 12)
  for (const job of jobs) t.is(new Set(job.files.map((file) => file.split('/')[1])).size, 1)
})

test('jobs: the seed decides the order, and nothing else does', (t) => {
  t.deepEqual(plan(7), plan(7))
  t.notDeepEqual(plan(7), plan(8))
})

test('lanes: a lane takes the next job when it has ended one, and every job runs', async (t) => {
  const jobs = [50, 1, 1, 1].map((seconds, n): Job => ({ files: [`${n}`], seconds }))
  const ended: string[] = []
  let running = 0
  let most = 0
  await runInLanes(jobs, 2, async ({ files, seconds }) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, seconds))
    running--
    ended.push(files[0] as string)
  })
  t.deepEqual(ended, ['1', '2', '3', '0'])
  t.is(most, 2)
})

test('TAP: titles get their prefix, and failures are counted and named', (t) => {
  const reader = new TapReader('unit › x › ')
  for (const line of ['ok 1 - one', 'not ok 2 - two', '  ---', '    why: so', '  ...', 'ok 3 - three # SKIP'])
    reader.read(line)
  for (const line of ['# pass 1', '# fail 1']) reader.read(line)
  reader.end(1)
  t.deepEqual(reader.counts, { passed: 1, failed: 1, skipped: 1, todo: 0 })
  t.deepEqual(reader.failures, ['unit › x › two'])
  t.true(reader.lines.includes('  ✖ unit › x › two'))
})

test('TAP: a crash, an unfinished test and an empty run are failures', (t) => {
  const failuresOf = (exitCode: number, ...lines: string[]) => {
    const reader = new TapReader()
    for (const line of lines) reader.read(line)
    reader.end(exitCode)
    return { ...reader.counts, failures: reader.failures }
  }
  t.like(failuresOf(1, 'ok 1 - one', '# pass 1', '# fail 2'), { failed: 2, failures: ['2 tests did not end'] })
  t.like(failuresOf(1, 'ok 1 - one', '# pass 1', '# fail 0'), { failed: 1, failures: ['AVA ended with exit code 1'] })
  t.like(failuresOf(0), { failed: 1, failures: ['No test ran'] })
  t.is(failuresOf(0, 'ok 1 - one', '# pass 2', '# fail 0').failed, 1)
})

test('free ports: no two processes get the same one while both run', async (t) => {
  const own = await freePorts(200)
  t.is(new Set(own).size, 200)
  const script = `
    import { freePorts } from '${fileURLToPath(new URL('../helpers/services/ports.ts', import.meta.url))}'
    console.log(JSON.stringify(await freePorts(4000)))`
  const args = ['--import=tsx', '--input-type=module', '--eval', script]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  t.is(stderr, '')
  const others = new Set(JSON.parse(stdout) as number[])
  t.is(others.size, 4000)
  t.deepEqual(
    own.filter((port) => others.has(port)),
    [],
  )
})
