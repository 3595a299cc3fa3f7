import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import test from 'ava'
import { showDashboard, type TuiContext } from '../../packages/cli/src/commands/tui.ts'
import { DashboardLog } from '../../packages/cli/src/ui/dashboard-log.ts'
import { fakePostRate, hostileTitle } from './tui/fake-post-rate.ts'

test('without a terminal one plain snapshot is printed', async (t) => {
  const text = await snapshot({ titles: { 1: hostileTitle } }, {})
  t.regex(text, /^database +shop\n/)
  t.true(text.includes('1,234 rows, oldest 0.4 s') && text.includes('16,502 messages on 6 partitions'))
  t.regex(text, /top post +live +avg +displayed +avg +title\n1 +86 +4\.28 +81 +4\.23 +evil\\x1b\[2J/)
  t.notRegex(text.replaceAll('\n', ''), /\p{Cc}|\p{Cf}/u)
})

test('TERM=dumb, or a terminal without raw mode, gets the snapshot too', async (t) => {
  t.regex(await snapshot({}, { term: 'dumb', isTTY: true, rawMode: true }), /^database/)
  t.regex(await snapshot({}, { term: 'xterm', isTTY: true }), /^database/)
})

test('an empty database is no error', async (t) => {
  t.regex(await snapshot({ posts: 0 }, {}), /No posts yet\.\n$/)
})

test('nothing of Ink is loaded for the snapshot', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'post-rate-tui-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const script = new URL('tui/run-fake.ts', import.meta.url).pathname
  const env = { ...process.env, NODE_V8_COVERAGE: folder }
  const { stdout } = await promisify(execFile)('node', ['--import=tsx', '--conditions=post-rate-source', script], {
    env,
  })
  t.true(stdout.includes('the dashboard has ended'))
  const reports = await readdir(folder)
  const loaded = (await Promise.all(reports.map((report) => readFile(join(folder, report), 'utf8')))).join()
  t.true(loaded.includes('ui/snapshot.ts'))
  t.false(/node_modules\/(ink|react|yoga-layout)\//.test(loaded))
})

async function snapshot(
  options: Parameters<typeof fakePostRate>[0],
  { term = 'xterm', isTTY = false, rawMode = false }: { term?: string; isTTY?: boolean; rawMode?: boolean },
): Promise<string> {
  const stdin = Object.assign(new PassThrough(), { isTTY, ...(rawMode && { setRawMode() {} }) })
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  await showDashboard({
    postRate: fakePostRate(options),
    stdin: stdin as unknown as TuiContext['stdin'],
    stdout: stdout as unknown as TuiContext['stdout'],
    term,
    signal: new AbortController().signal,
    databaseName: 'shop',
    color: false,
    log: new DashboardLog(),
  })
  return stdout.read() ?? ''
}
