import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { AuditEntry, Exclusion, ModerationReport, PostHistory, PostInspection } from 'post-rate'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, runJson, workingDirectory } from './run-cli.ts'

const first = '2020-01-01T00:00:00.000Z'
const last = '2020-01-02T00:00:00.000Z'
const period = ['--from', first, '--to', last]
const reason = ['--reason', 'a raid']

/** Post 1 with six old ratings of 0, on 2020-01-01, and three of 5 from the day after. */
async function raided(t: ExecutionContext) {
  const url = await testDatabase(t)
  await runSql(url, `insert into post_rate.posts (title, content, created_by) values ('Title', 'Text', 'ada')`)
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 1, 'raider' || n, 0, timestamptz '2020-01-01T12:00:00Z' from generate_series(1, 6) n
union all select 1, 'reader' || n, 5, '2020-01-02T12:00:00Z' from generate_series(1, 3) n`,
  )
  return { url, invocation: { env: { DATABASE_URL: url }, cwd: await workingDirectory(t) } }
}

withPostgres('moderate exclude, list and restore: planned first, noted with who and why', async (t) => {
  const { invocation, url } = await raided(t)
  const plan = await runJson<ModerationReport & { dryRun: boolean }>(
    ['moderate', 'exclude', '1', ...period, ...reason, '--dry-run'],
    invocation,
  )
  t.like(plan, { postId: 1, from: first, to: last, ratings: 6, dryRun: true, exclusion: null })
  t.like(plan.before, { count: 9, average: 1.6667 })
  t.like(plan.after, { count: 3, average: 5, histogram: [0, 0, 0, 0, 0, 3] })
  t.deepEqual(await runJson(['moderate', 'list'], invocation), [])
  const text = await runCli(['moderate', 'exclude', '1', ...period, ...reason, '--dry-run'], invocation)
  t.regex(text.stdout, /^Would exclude 6 ratings of post 1, .*\naverage 1\.67 of 9 -> 5\.00 of 3\n/)

  const report = await runJson<ModerationReport>(['moderate', 'exclude', '1', ...period, ...reason], invocation)
  t.like(report, { ratings: 6, exclusion: { by: userInfo().username, reason: 'a raid', excluded: 6 } })
  const again = await runJson<ModerationReport>(['moderate', 'exclude', '1', ...period, ...reason], invocation)
  t.is(again.ratings, 0)
  t.is((await runJson<Exclusion[]>(['moderate', 'list', '1'], invocation)).length, 1)
  t.deepEqual(await runJson(['moderate', 'list', '2'], invocation), [])
  t.is(await scored(url), 9)

  const restore = ['moderate', 'restore', '1', '--reason', 'no raid', '--by', 'bo\u202e']
  t.like(await runJson<ModerationReport>([...restore, '--dry-run'], invocation), { ratings: 6, after: { count: 9 } })
  t.like(await runJson<ModerationReport>([...restore, ...period], invocation), { ratings: 6, from: first, to: last })
  t.like(await runJson<ModerationReport>([...restore, ...period], invocation), { ratings: 0 })
  const [entry] = await runJson<Exclusion[]>(['moderate', 'list', '1'], invocation)
  t.like(entry, { excluded: 6, restored: 6, restoredBy: 'bo\u202e', restoreReason: 'no raid', reason: 'a raid' })
  const table = (await runCli(['moderate', 'list'], invocation)).stdout
  t.regex(table, /^POST +FROM +TO +RATINGS +BY +AT +REASON +RESTORED\n/)
  t.false(table.includes('\u202e'))
  t.is((await runCli(['stats', 'rebuild'], invocation)).code, 0)
  const [stats] = await runJson<PostInspection[]>(['stats', 'show', '1'], invocation)
  t.like(stats?.live, { count: 0 }, 'a rebuild does not count what is still in the outbox')
})

withPostgres('moderate: an end that is left out is now, and the same command again notes nothing', async (t) => {
  const { invocation } = await raided(t)
  const exclude = ['moderate', 'exclude', '1', '--from', '1577836800', ...reason]
  t.like(await runJson<ModerationReport>(exclude, invocation), { ratings: 9, after: { count: 0, average: null } })
  t.like(await runJson<ModerationReport>(exclude, invocation), { ratings: 0, exclusion: null })
  t.is((await runJson<Exclusion[]>(['moderate', 'list'], invocation)).length, 1)
  t.like(await runJson<ModerationReport>(['moderate', 'restore', '1', ...reason], invocation), { ratings: 9 })
})

withPostgres("moderate: --from and --to read PostgreSQL's own times and basic ISO 8601", async (t) => {
  const { invocation } = await raided(t)
  for (const [from, to] of [
    ['2020-01-01 00:00:00+00', '2020-01-02 02:00:00.000000+02'],
    ['2019-12-31 20:30:00-03:30', '2020-01-02 00:00:00 +0000'],
    ['20200101T000000Z', '20200102T010000+0100'],
  ] as const) {
    const argv = ['moderate', 'exclude', '1', '--from', from, '--to', to, ...reason, '--dry-run']
    t.like(await runJson<ModerationReport>(argv, invocation), { from: first, to: last, ratings: 6 })
  }
})

withPostgres('moderate: what cannot be meant is refused with its reason', async (t) => {
  const { invocation } = await raided(t)
  const future = new Date(Date.now() + 3_600_000).toISOString()
  const other = ['--from', first, '--to', '2020-01-01T13:00:00Z']
  for (const [argv, code, message] of [
    [['exclude', '1', ...reason], 2, /--from/],
    [['exclude', '1', ...period], 2, /--reason/],
    [['exclude', '1', ...period, '--reason', ' '], 2, /reason: must have/],
    [['exclude', '1', ...period, ...reason, '--by', ''], 2, /by: must have/],
    [['exclude', 'x', ...period, ...reason], 2, /no post id/],
    [['exclude', '99', ...period, ...reason], 1, /no post 99/],
    [['exclude', '1', '--from', last, '--to', first, ...reason], 2, /from: must be before/],
    [['exclude', '1', '--from', 'yesterday', ...reason], 2, /from: must be an ISO 8601 time/],
    [['exclude', '1', '--from', first, '--to', future, ...reason], 2, /to: must not be in the future/],
    [['restore', '1', ...reason], 2, /active ones of post 1: none/],
    [['list', '0'], 2, /no post id/],
  ] as const) {
    const { code: found, stderr, stdout } = await runCli(['moderate', ...argv], invocation)
    t.is(found, code, stderr)
    t.regex(stderr, message)
    t.is(stdout, '')
  }
  for (const range of [period, other])
    t.is((await runCli(['moderate', 'exclude', '1', ...range, ...reason], invocation)).code, 0)
  const which = await runCli(['moderate', 'restore', '1', ...reason], invocation)
  t.is(which.code, 2)
  t.regex(which.stderr, /which exclusion.*2020-01-01T13:00:00\.000Z, .*2020-01-02T00:00:00\.000Z/)
  t.like(await runJson(['moderate', 'restore', '1', '--from', first, '--to', last, ...reason], invocation), {
    ratings: 0,
  })
  t.like(await runJson(['moderate', 'restore', '1', ...reason], invocation), { ratings: 6 })
})

withPostgres('stats verify says of each finding what it means, what caused it and what heals it', async (t) => {
  const { invocation, url } = await raided(t)
  type Verified = { drift: { kind: string }[]; findings?: { kind: string; count: number; remedy: string }[] }
  const verify = ['stats', 'verify', '--wait', '0']
  const waiting = JSON.parse((await runCli([...verify, '--json'], invocation)).stdout) as Verified
  t.deepEqual(
    waiting.findings?.map(({ kind, count }) => [kind, count]),
    [['pending', 9]],
  )
  await runSql(url, `update post_rate.post_stats set counts = '{0,0,0,0,0,1}', rank = 1`)
  await runSql(url, 'alter table post_rate.ratings disable trigger ratings_updated')
  await runSql(url, 'drop trigger posts_removed on post_rate.posts')
  await runSql(url, `alter database ${new URL(url).pathname.slice(1)} set session_replication_role = 'replica'`)
  const found = await runCli([...verify, '--json'], invocation)
  t.is(found.code, 5)
  const { drift, findings = [] } = JSON.parse(found.stdout) as Verified
  t.deepEqual(
    drift.map(({ kind }) => kind),
    ['counts'],
  )
  t.deepEqual(
    findings.map(({ kind, count }) => [kind, count]),
    [
      ['counts', 1],
      ['pending', 9],
      ['bypass', 1],
      ['bypass', 1],
      ['bypass', 1],
    ],
  )
  const { stdout } = await runCli(verify, invocation)
  t.regex(stdout, /^counts \(1\): The statistics of the post are not what its ratings add up to\.$/m)
  t.regex(stdout, /^ {2}probably: Ratings came in past the triggers/m)
  t.regex(stdout, /^ {2}do: +Run `post-rate stats rebuild`/m)
  t.regex(stdout, /The trigger ratings_updated on post_rate\.ratings is disabled/)
  t.regex(stdout, /The trigger posts_removed on post_rate\.posts is missing/)
  t.regex(stdout, /Sessions of the database test_\w+ have session_replication_role = replica/)

  const doctor = await runCli(['doctor'], invocation)
  t.is(doctor.code, 6)
  t.regex(doctor.stdout, /^failed +triggers +The trigger ratings_updated .* is disabled.*posts_removed .* is missing/m)
  // What it says to run is what puts it right.
  for (const { kind, remedy } of findings)
    if (kind === 'bypass') await runSql(url, /`([^`]+)`/.exec(remedy)?.[1] as string)
  t.regex((await runCli(['doctor'], invocation)).stdout, /^ok +triggers /m)
  t.is((await runCli(['stats', 'rebuild'], invocation)).code, 0)
  t.is((await runCli(verify, invocation)).code, 0)
})

withPostgres('users erase goes along the posts in steps, and again finds nothing', async (t) => {
  const { invocation, url } = await raided(t)
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) select 'Title', 'Text', 'ada' from generate_series(1, 4500)`,
  )
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score) select id, 'gone', 1 from post_rate.posts where id % 2 = 0
union all select id, 'stays', 2 from post_rate.posts`,
  )
  t.like(await runJson(['users', 'erase', 'gone'], invocation), { erased: 2250 })
  t.like(await runJson(['users', 'erase', 'gone'], invocation), { erased: 0 })
  t.is(await scored(url), 9 + 4501)
})

async function scored(url: string): Promise<number> {
  const [row] = await runSql<{ n: number }>(url, 'select count(*)::int as n from post_rate.ratings')
  return row?.n as number
}

withPostgres('posts history: by day, with what does not count and why, unless it is not published', async (t) => {
  const { invocation, url } = await raided(t)
  await runJson(['moderate', 'exclude', '1', ...period, ...reason], invocation)
  // What readers are shown: the state of a relay that has been here.
  await runSql(
    url,
    `update post_rate.post_stats set version = 1, counts = '{0,0,0,0,0,3}', displayed_counts = '{0,0,0,0,0,3}',
  displayed_count = 3, displayed_average = 5, as_of = clock_timestamp()`,
  )
  const history = await runJson<PostHistory>(['posts', 'history', '1', '--to', '2020-01-03'], invocation)
  t.like(history, { postId: 1, unit: 'day', average: 5 })
  t.deepEqual(
    history.buckets.map(({ start, counts, excluded }) => [start, counts.join(''), excluded.join('')]),
    [
      ['2020-01-01T00:00:00.000Z', '000000', '600000'],
      ['2020-01-02T00:00:00.000Z', '000003', '000000'],
    ],
  )
  t.deepEqual(history.exclusions, [{ from: first, to: last, count: 6, reason: 'a raid' }])
  const { stdout } = await runCli(['posts', 'history', '1', '--unit', 'hour'], invocation)
  t.regex(stdout, /^2020-01-01 12:00 +0 +6 +- +0\/0\/0\/0\/0\/0 +░+$/m)
  t.regex(stdout, /^2020-01-02 12:00 +3 +0 +5\.00 +0\/0\/0\/0\/0\/3 +█+$/m)
  t.regex(stdout, /: 6 ratings do not count: a raid$/m)
  t.is((await runCli(['posts', 'history', '1', '--from', 'yesterday'], invocation)).code, 2)
  t.is((await runCli(['settings', 'set', 'publishExclusions', 'off'], invocation)).code, 0)
  t.regex((await runCli(['settings'], invocation)).stdout, /^publishExclusions +off$/m)
  t.is((await runCli(['settings', 'set', 'quarantine', 'new'], invocation)).code, 0)
  t.is((await runCli(['settings', 'set', 'releaseAfterHours', '24'], invocation)).code, 0)
  t.regex((await runCli(['settings'], invocation)).stdout, /^quarantine +new\nreleaseAfterHours +24$/m)
  t.regex((await runCli(['settings', 'set', 'quarantine', 'some'], invocation)).stderr, /off, new or all/)
  const silent = await runJson<PostHistory>(['posts', 'history', '1'], invocation)
  t.deepEqual([silent.exclusions.length, silent.buckets.length], [0, 1])
})

withPostgres('moderate exclude --standing takes out only such raters, and says so', async (t) => {
  const { invocation, url } = await raided(t)
  await runSql(url, `update post_rate.ratings set established = false where user_id in ('raider1', 'raider2')`)
  const exclude = ['moderate', 'exclude', '1', ...period, ...reason, '--standing', 'new']
  const plan = await runJson<ModerationReport>([...exclude, '--dry-run'], invocation)
  t.like(plan, { ratings: 2, standing: 'new' })
  t.is(plan.before.rank, (10 * 2.5 + 15) / (10 + 9))
  t.is(plan.after.rank, (10 * 2.5 + 15) / (10 + 7))
  t.like(await runJson<ModerationReport>(exclude, invocation), { ratings: 2, exclusion: { standing: 'new' } })
  t.like(await runJson<ModerationReport>(['moderate', 'exclude', '1', ...period, ...reason], invocation), {
    ratings: 4,
  })
  const restore = ['moderate', 'restore', '1', ...period, ...reason]
  const unclear = await runCli([...restore], invocation)
  t.regex(unclear.stderr, /which exclusion is meant.*\(new\)/s)
  t.like(await runJson<ModerationReport>([...restore, '--standing', 'new'], invocation), { ratings: 0 })
  t.like(await runJson<ModerationReport>(restore, invocation), { ratings: 6 })
  t.is((await runCli([...exclude.slice(0, -1), 'old'], invocation)).code, 2)
  t.regex((await runCli(['moderate', 'list'], invocation)).stdout, / 2 new /)
})

withPostgres(
  'moderate exclude-user and restore-user: planned, asked, noted, and known to stats and export',
  async (t) => {
    const { invocation, url } = await raided(t)
    await writeFile(join(invocation.cwd, 'users.txt'), '\ufeffraider2\r\nraider3\n\nraider1\n')
    const exclude = ['moderate', 'exclude-user', 'raider1', '--file', 'users.txt', ...reason, '--by', 'eve']
    t.like(await runJson([...exclude, '--dry-run'], invocation), { users: 3, ratings: 3, posts: 1, dryRun: true })
    const refused = await runCli(exclude, { ...invocation, terminal: true, input: 'n\n' })
    t.is(refused.code, 1)
    t.regex(refused.stderr, /Would exclude 3 users: 3 ratings of 1 posts do not count/)
    t.deepEqual(await runJson(['audit'], invocation), [])
    t.like(await runJson(exclude, invocation), { users: 3, ratings: 3, posts: 1 })
    t.is((await runCli(['rate', '1', 'raider1', '4', '--new'], invocation)).code, 0)
    t.is(await scored(url), 9)
    const exported = await runCli(['export', '-'], invocation)
    t.regex(exported.stdout, /^1,raider1,4,[^,]+,true,false$/m)
    t.is((await runCli(['stats', 'rebuild'], invocation)).code, 0)
    t.is((await runCli(['stats', 'verify', '--wait', '0'], invocation)).code, 0)

    const page = await runJson<{ items: { userId: string }[]; next: number | null }>(
      ['moderate', 'excluded-users', '--limit', '2'],
      invocation,
    )
    t.like(page.items[0], { userId: 'raider3', state: 'excluded', by: 'eve', reason: 'a raid' })
    t.is(page.items.length, 2)
    const rest = ['moderate', 'excluded-users', '--after', String(page.next)]
    t.like(await runJson(rest, invocation), { items: [{ userId: 'raider1' }], next: null })
    t.regex((await runCli(rest, invocation)).stdout, /^USER +STATE +BY +AT +REASON\nraider1 +excluded +eve /)

    t.is((await runCli(['users', 'erase', 'raider1'], invocation)).code, 0)
    const restore = ['moderate', 'restore-user', 'raider1', 'raider2', '--reason', 'an error']
    t.like(await runJson(restore, invocation), { users: 1, ratings: 1, posts: 1 })
    t.deepEqual(
      (await runJson<AuditEntry[]>(['audit'], invocation)).map(({ action, subject, outcome }) => [
        action,
        subject,
        outcome?.ratings,
      ]),
      [
        ['moderate restore-user', '2 users', 1],
        ['users erase', null, 1],
        ['moderate exclude-user', '3 users', 3],
      ],
    )
    t.is((await runCli(['moderate', 'exclude-user', ...reason], invocation)).code, 2)
  },
)
