import { hostname } from 'node:os'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, spawnCli, workingDirectory } from './run-cli.ts'

const posts = 3_000
/** Every fifth post is wrong; the first range of a rebuild ends at post 2000. */
const wrong = posts / 5

withPostgres('a rebuild goes on after SIGINT and after a kill, and no post is repaired twice', async (t) => {
  t.timeout(120_000)
  const url = await testDatabase(t)
  const invocation = { env: { DATABASE_URL: url }, cwd: await workingDirectory(t) }
  const count = async (where: string) => {
    const [row] = await runSql<{ n: number }>(url, `select count(*)::int as n from post_rate.post_stats where ${where}`)
    return row?.n as number
  }
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) select 'Title', 'Text', 'ada' from generate_series(1, ${posts})`,
  )
  await runSql(url, `update post_rate.post_stats set counts = '{1,0,0,0,0,0}' where post_id % 5 = 0`)
  const reached = (n: number) => eventually(async () => (await count('version > 0')) >= n, { timeout: 40_000 })

  const first = spawnCli(t, ['stats', 'rebuild'], invocation)
  await reached(100)
  first.kill('SIGINT')
  const interrupted = await first.exited
  t.is(interrupted.code, 130, interrupted.stderr)
  t.regex(interrupted.stderr, /stays repaired; run it again within an hour/)
  const [left] = await runSql<{ holder: string; repaired: number }>(
    url,
    'select holder, repaired::int from post_rate.rebuild_progress',
  )
  t.deepEqual(left, { holder: '', repaired: await count('version > 0') })

  const second = spawnCli(t, ['stats', 'rebuild'], invocation)
  await reached(450)
  second.kill('SIGKILL')
  await second.exited
  t.regex(second.stderr, /Goes on with the rebuild of .* after post 0: 0 posts done, \d+ repaired/)

  const refused = await runCli(['stats', 'rebuild'], invocation)
  t.is(refused.code, 1)
  t.regex(refused.stderr, new RegExp(`at work already: process ${second.pid} on ${hostname()}`))
  // Single posts and dry runs are not in its way.
  t.is((await runCli(['stats', 'rebuild', '1'], invocation)).code, 0)
  t.is((await runCli(['stats', 'rebuild', '--dry-run'], invocation)).code, 5)
  await runSql(url, "update post_rate.rebuild_progress set seen_at = seen_at - interval '9 s'")

  const third = await runCli(['stats', 'rebuild', '--json'], invocation)
  t.is(third.code, 0, third.stderr)
  t.regex(third.stderr, /Goes on with the rebuild of .* after post 2000: 2000 posts done/)
  const report = JSON.parse(third.stdout) as { posts: number; repaired: number; seconds: number }
  t.is(report.posts, posts)
  // What was repaired in the quarter of a second before the kill was not noted any more.
  t.true(report.repaired > 450 && report.repaired <= wrong, third.stdout)
  t.deepEqual(Object.keys(report), ['posts', 'repaired', 'seconds'])
  t.deepEqual([await count('version = 1'), await count('version > 1'), await count('counts[1] = 1')], [wrong, 0, 0])
  t.deepEqual(await runSql(url, 'select from post_rate.rebuild_progress'), [])

  await runSql(url, `update post_rate.post_stats set counts = '{1,0,0,0,0,0}' where post_id <= 3`)
  await runSql(
    url,
    `insert into post_rate.rebuild_progress (holder, last_post, posts, repaired) values ('', 2000, 2000, 5)`,
  )
  const restarted = await runCli(['stats', 'rebuild', '--restart', '--json'], invocation)
  t.like(JSON.parse(restarted.stdout), { posts, repaired: 3 })
  t.notRegex(restarted.stderr, /Goes on/)
})
