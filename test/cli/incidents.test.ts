import { userInfo } from 'node:os'
import test, { type ExecutionContext } from 'ava'
import type { AuditEntry, Decision, Incident, IncidentList } from 'post-rate'
import { optionsOf, readConfiguration } from '../../packages/cli/src/configuration.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, runJson, workingDirectory } from './run-cli.ts'

const reason = ['--reason', 'a raid']

/** Post 1 with six zeros in an incident that is over, three fives before it, and a running incident of post 2. */
async function raided(t: ExecutionContext) {
  const url = await testDatabase(t)
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) values ('A', 'Text', 'ada'), ('B', 'Text', 'ada')`,
  )
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score, rated_at)
select 1, 'raider' || n, 0, timestamptz '2020-01-01T12:00:00Z' from generate_series(1, 6) n
union all select 1, 'reader' || n, 5, '2019-01-01T12:00:00Z' from generate_series(1, 3) n`,
  )
  await runSql(
    url,
    `insert into post_rate.incidents (post_id, starts_at, ends_at, state, arrivals, counts_before, scores, largest_gap)
values (1, '2020-01-01T11:00:00Z', '2020-01-01T13:00:00Z', 'expired', 6, '{0,0,0,0,0,3}', '{6,0,0,0,0,0}', 3.25),
  (2, now() - interval '1 hour', null, 'open', 0, '{0,0,0,0,0,0}', '{0,0,0,0,0,0}', 0)`,
  )
  return { url, invocation: { env: { DATABASE_URL: url }, cwd: await workingDirectory(t) } }
}

withPostgres('incidents list and show', async (t) => {
  const { url, invocation } = await raided(t)
  const { items, next } = await runJson<IncidentList>(['incidents'], invocation)
  t.deepEqual([items.map(({ id }) => id), next], [[2, 1], null])
  t.like(items[1], { postId: 1, from: '2020-01-01T11:00:00.000Z', state: 'expired', arrivals: 6, largestGap: 3.25 })
  for (const [flags, ids] of [
    [['--state', 'open'], [2]],
    [['--post', '1'], [1]],
    [['--after', '2'], [1]],
  ] as const)
    t.deepEqual(
      (await runJson<IncidentList>(['incidents', 'list', ...flags], invocation)).items.map(({ id }) => id),
      ids,
    )
  const first = await runCli(['incidents', 'list', '--limit', '1'], invocation)
  t.regex(first.stdout, /^ *ID +POST +STATE +FROM +TO +ARRIVALS +0-5 +GAP +DECIDED\n +2 +2 +open /)
  t.regex(first.stderr, /--after 2/)
  t.like(await runJson<Incident>(['incidents', 'show', '1'], invocation), {
    id: 1,
    newRaters: null,
    scores: [6, 0, 0, 0, 0, 0],
  })
  t.regex(
    (await runCli(['incidents', 'show', '1'], invocation)).stdout,
    /^incident +1 of post 1, expired\n.*\n.*\narrivals +6\n/,
  )
  await runSql(url, `update post_rate.ratings set excluded_rated_at = rated_at where user_id = 'raider1'`)
  await runSql(
    url,
    `insert into post_rate.exclusions (post_id, starts_at, ends_at, reason, excluded_by, release_at)
values (1, '2020-01-01T11:00:00Z', '2100-01-01', 'quarantine', 'post-rate', '2100-01-01')`,
  )
  t.regex((await runCli(['incidents', 'show', '1'], invocation)).stdout, /^quarantine 1 of them do not count/m)
  t.regex((await runCli(['doctor'], invocation)).stdout, /^warning +incidents +1 incident is open/m)
})

withPostgres('incidents exclude and release: planned first, asked, noted with who and why', async (t) => {
  const { invocation } = await raided(t)
  const exclude = ['incidents', 'exclude', '1', ...reason]
  const plan = await runJson<Decision & { dryRun: boolean }>([...exclude, '--dry-run'], invocation)
  t.like(plan, { ratings: 6, dryRun: true, before: { count: 9, average: 1.6667 }, after: { count: 3, average: 5 } })
  const refused = await runCli(exclude, { ...invocation, terminal: true, input: 'n\n' })
  t.is(refused.code, 1)
  t.regex(refused.stderr, /Would exclude 6 ratings: incident 1 of post 1, .*\naverage 1\.67 of 9 -> 5\.00 of 3\nrank /)
  t.deepEqual(await runJson(['audit'], invocation), [])
  t.deepEqual(await runJson(['moderate', 'list'], invocation), [])

  t.like(await runJson<Decision>([...exclude, '--yes'], invocation), { ratings: 6, incident: { state: 'excluded' } })
  const entries = await runJson<AuditEntry[]>(['audit'], invocation)
  const entry = entries.find(({ action }) => action === 'incidents exclude')
  t.like(entry, {
    by: userInfo().username,
    action: 'incidents exclude',
    subject: 'incident 1 of post 1',
    reason: 'a raid',
  })
  t.deepEqual(entry?.outcome, { ratings: 6 })
  const release = ['incidents', 'release', '1', '--reason', 'no raid', '--by', 'bo\u202e']
  const early = await runCli(release, invocation)
  t.is(early.code, 2)
  t.regex(early.stderr, /are excluded: restore post 1/)
  t.is((await runCli(['moderate', 'restore', '1', ...reason], invocation)).code, 0)
  t.regex((await runCli(release, invocation)).stdout, /^Released incident 1 of post 1/)
  const { stdout } = await runCli(['incidents', 'show', '1'], invocation)
  t.regex(stdout, /^decided +by bo.* at 20.*: no raid$/m)
  t.false(stdout.includes('\u202e'))
})

withPostgres('incidents: what cannot be meant is refused with its reason', async (t) => {
  const { invocation } = await raided(t)
  for (const [argv, code, message] of [
    [['show', '99'], 1, /no incident 99/],
    [['show', 'x'], 2, /whole number/],
    [['exclude', '99', ...reason], 1, /no incident 99/],
    [['exclude', '1'], 2, /--reason/],
    [['exclude', '1', '--reason', ' '], 2, /reason: must have/],
    [['list', '--state', 'closed'], 2, /open, released, excluded, expired/],
  ] as const) {
    const { code: found, stderr, stdout } = await runCli(['incidents', ...argv], invocation)
    t.is(found, code, stderr)
    t.regex(stderr, message)
    t.is(stdout, '')
  }
})

test('a webhook takes both its variables', async (t) => {
  const cwd = await workingDirectory(t)
  const [url, secret] = ['https://alerts.example/token', 'a secret that signs events']
  const read = (env: Record<string, string>) => readConfiguration({}, { cwd, env })
  const both = { POST_RATE_WEBHOOK_URL: url, POST_RATE_WEBHOOK_SECRET: secret }
  t.like(optionsOf(await read(both)), { webhook: { url, secret } })
  t.is(optionsOf(await read({})).webhook, undefined)
  for (const [env, message] of [
    [{ POST_RATE_WEBHOOK_URL: url }, /^POST_RATE_WEBHOOK_SECRET is missing/],
    [{ POST_RATE_WEBHOOK_SECRET: secret }, /^POST_RATE_WEBHOOK_URL is missing/],
    [
      { ...both, POST_RATE_WEBHOOK_URL: 'ftp://alerts.example/token' },
      /^POST_RATE_WEBHOOK_URL must be a URL that begins with https/,
    ],
    [{ ...both, POST_RATE_WEBHOOK_SECRET: 'short' }, /^POST_RATE_WEBHOOK_SECRET must have at least 16 characters/],
  ] as const) {
    const error = await t.throwsAsync(read(env), { name: 'ConfigurationError', message })
    t.notRegex(error.message, /token|short|signs/)
  }
})
