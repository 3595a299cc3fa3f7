import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPostRate } from 'post-rate'
import { needs } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { openTerminal } from './tui/terminal.ts'

const launcher = fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))
const frame = '\u001b[?2026h'
const seconds = 5
/** Of Linux' /proc, in which a process' time is counted. */
const ticksPerSecond = 100

needs('tmux', 'postgres')('a live dashboard draws what changes, at most ten times a second', async (t) => {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  t.teardown(() => postRate.close())
  await postRate.start({ relay: true })
  for (let n = 0; n < 30; n++) await postRate.posts.create({ title: `Post ${n}`, content: 'Text', createdBy: 'ann' })
  let live = true
  const rating = (async () => {
    for (let n = 0; live; n++) {
      await postRate.ratings.rate({ postId: 11 + (n % 20), userId: `user-${n % 997}`, score: n % 6 })
      await sleep(5)
    }
  })()
  try {
    const { keys, shows, processes, record } = await openTerminal(t, `node ${launcher} tui`, { DATABASE_URL: database })
    for (const [key, text] of [
      ['1', /Ratings +[1-9]/],
      ['2', /▶ 30 +[1-9]/],
    ] as const) {
      await keys(key)
      await shows(text)
      // What starting takes is behind it.
      await sleep(5_000)
      const [pid = 0] = await processes()
      const sent = await record()
      const before = await ticks(pid)
      await sleep(seconds * 1_000)
      // Said and not judged: on a busy machine it is more.
      const used = ((await ticks(pid)) - before) / ticksPerSecond / seconds
      const frames = ((await sent()).split(frame).length - 1) / seconds
      t.log(`view ${key}: ${frames} frames a second, ${(used * 100).toFixed(1)} % of a core`)
      t.true(frames >= 0.8, `what changes is drawn: ${frames} frames a second`)
      t.true(frames <= 10, `${frames} frames a second`)
    }
  } finally {
    live = false
    await rating
  }
})

/** User and system time. */
async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
