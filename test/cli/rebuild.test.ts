import { hostname } from 'node:os'
import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, spawnCli, workingDirectory } from './run-cli.ts'

/** All of them wrong. The first range of a rebuild ends at post 2000, and it repairs 500 at a time. */
const posts = 3_000

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
  await runSql(url, `update post_rate.post_stats set counts = '{1,0,0,0,0,0}'`)
  const reached = (n: number) => eventually(async () => (await count('version > 0')) >= n, { timeout: 40_000 })

  const firstHeld = await held(t, url, 600)
  const first = spawnCli(t, ['stats', 'rebuild'], invocation)
  await reached(500)
  first.kill('SIGINT')
  // It finishes what is in hand, which waits for the lock.
  await firstHeld.release()
  const interrupted = await first.exited
  t.is(interrupted.code, 130, interrupted.stderr)
  t.regex(interrupted.stderr, /stays repaired; run it again within an hour/)
  const [left] = await runSql<{ holder: string; repaired: number }>(
    url,
    'select holder, repaired::int from post_rate.rebuild_progress',
  )
  t.deepEqual(left, { holder: '', repaired: 1_000 })
  t.is(await count('version > 0'), 1_000)

  const secondHeld = await held(t, url, 2_100)
  const second = spawnCli(t, ['stats', 'rebuild'], invocation)
  const noted = () => runSql(url, 'select from post_rate.rebuild_progress where last_post = 2000')
  await eventually(async () => (await noted()).length === 1, { timeout: 40_000 })
  second.kill('SIGKILL')
  await second.exited
  await secondHeld.release()
  t.regex(second.stderr, /Goes on with the rebuild of .* after post 0: 0 posts done, 1000 repaired/)

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
  // What was done on the way, single posts too, is right: the run has noted 2000 and finds the rest.
  t.is(report.repaired, posts)
  t.deepEqual(Object.keys(report), ['posts', 'repaired', 'seconds'])
  t.deepEqual([await count('version = 1'), await count('version > 1'), await count('counts[1] = 1')], [posts, 0, 0])
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

/** Keeps the lock of a post's state, as a person with psql would. */
async function held(t: ExecutionContext, url: string, postId: number): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin')
  await client.query('select from post_rate.post_stats where post_id = $1 for update', [postId])
  return {
    release: async () => {
      await client.query('rollback')
    },
  }
}
