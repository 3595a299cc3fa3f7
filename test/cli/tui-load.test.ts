import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { createPostRate } from 'post-rate'
import { needs } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { keepRating } from './tui/keep-rating.ts'
import { openTerminal, type TestTerminal } from './tui/terminal.ts'

const launcher = fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))
const frame = '\u001b[?2026h'
const seconds = 5
/** Posts of which a rebuild takes some seconds. */
const slowlyRebuilt = 300_000
const runs = /░ +\d+ %/
/** Of Linux' /proc, in which a process' time is counted. */
const ticksPerSecond = 100

needs('tmux', 'postgres')('a live dashboard draws what changes, at most ten times a second', async (t) => {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  t.teardown(() => postRate.close())
  await postRate.start({ relay: true })
  for (let n = 0; n < 30; n++) await postRate.posts.create({ title: `Post ${n}`, content: 'Text', createdBy: 'ann' })
  keepRating(
    t,
    postRate,
    Array.from({ length: 20 }, (_, n) => 11 + n),
  )
  const terminal = await openTerminal(t, `node ${launcher} tui`, { DATABASE_URL: database })
  for (const [key, text] of [
    ['1', /Ratings +[1-9]/],
    ['2', /▶ 30 +[1-9]/],
  ] as const) {
    await terminal.keys(key)
    await terminal.shows(text)
    // What starting takes is behind it.
    await sleep(1_500)
    await drawsAtMost(10, t, `view ${key}`, terminal)
  }
})

needs('tmux', 'postgres')('a rebuild shows its progress, at most five times a second', async (t) => {
  const database = await testDatabase(t)
  await runSql(
    database,
    `insert into post_rate.posts (title, content, created_by)
select 'Post ' || n, 'Text', 'ann' from generate_series(1, $1::int) n`,
    [slowlyRebuilt],
  )
  const terminal = await openTerminal(t, `node ${launcher} tui`, { DATABASE_URL: database })
  await terminal.shows('Activity')
  await terminal.keys('r')
  await terminal.shows('Rebuild all posts?')
  await terminal.keys('y')
  await terminal.shows(runs)
  await drawsAtMost(5, t, 'a rebuild', terminal, () => terminal.shows('nothing to repair'))
})

/** Counts the frames of a second while `work` runs. What changes has to be drawn, too. */
async function drawsAtMost(
  most: number,
  t: ExecutionContext,
  what: string,
  terminal: TestTerminal,
  work: () => Promise<unknown> = () => sleep(seconds * 1_000),
): Promise<void> {
  const [pid = 0] = await terminal.processes()
  const sent = await terminal.record()
  const [before, began] = [await ticks(pid), performance.now()]
  await work()
  const text = await sent()
  const passed = (performance.now() - began) / 1_000
  // Said and not judged: on a busy machine it is more.
  const used = ((await ticks(pid)) - before) / ticksPerSecond / passed
  const frames = text.split(frame).length - 1
  t.log(`${what}: ${(frames / passed).toFixed(1)} frames a second, ${(used * 100).toFixed(1)} % of a core`)
  t.true(passed > 1, `long enough to count: ${passed} s`)
  t.true(frames >= 0.8 * passed, `what changes is drawn: ${frames} frames in ${passed} s`)
  t.true(frames <= most * passed + 1, `${frames} frames in ${passed} s`)
}

/** User and system time. */
async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
