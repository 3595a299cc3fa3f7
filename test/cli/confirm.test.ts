import type { ExecutionContext } from 'ava'
import type { AuditEntry } from 'post-rate'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { type Invocation, runCli, runJson, workingDirectory } from './run-cli.ts'

/** Posts 1 and 2, each rated by ada and ben; no relay has been there. */
async function rated(t: ExecutionContext) {
  const url = await testDatabase(t)
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) values ('Bread', 'Text', 'ada'), ('Soup', 'Text', 'ada')`,
  )
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score) select post, who, 4 from generate_series(1, 2) post, unnest('{ada,ben}'::text[]) who`,
  )
  const invocation: Invocation = { env: { DATABASE_URL: url }, cwd: await workingDirectory(t) }
  const state = async () => ({
    ratings: await runSql(url, 'select post_id, user_id, excluded_rated_at from post_rate.ratings order by 1, 2'),
    posts: await runSql(url, 'select id from post_rate.posts'),
    settings: await runJson(['settings'], invocation),
  })
  return { invocation, state }
}

const commands: { argv: string[]; plan: RegExp; subject: string | null }[] = [
  {
    argv: ['posts', 'delete', '1'],
    plan: /Would delete post 1, Bread, with all its ratings, 2 of them counted/,
    subject: 'post 1',
  },
  { argv: ['users', 'erase', 'ada'], plan: /Would withdraw 2 ratings of ada/, subject: null },
  { argv: ['settings', 'set', 'window', '600'], plan: /Would change window from 300 s to 600/, subject: 'window' },
  {
    argv: ['moderate', 'exclude', '1', '--from', '2020-01-01', '--reason', 'raid'],
    plan: /Would exclude 2 ratings of post 1/,
    subject: 'post 1',
  },
]

for (const { argv, plan, subject } of commands)
  withPostgres(
    `${argv.slice(0, 2).join(' ')} shows its plan, asks at a terminal alone, --yes answers, and an audit entry stays`,
    async (t) => {
      const { invocation, state } = await rated(t)
      const before = await state()
      const dry = await runCli([...argv, '--dry-run'], invocation)
      t.is(dry.code, 0, dry.stderr)
      t.regex(dry.stdout, plan)
      t.true((await runJson<{ dryRun: boolean }>([...argv, '--dry-run'], invocation)).dryRun)
      for (const input of ['n\n', '\n', ''] as const) {
        const refused = await runCli(argv, { ...invocation, terminal: true, input })
        t.is(refused.code, 1)
        t.is(refused.stdout, '')
        t.regex(refused.stderr, plan)
        t.regex(refused.stderr, /Go on\? \[y\/N\] .*Nothing was changed\./s)
      }
      t.deepEqual(await state(), before)

      t.deepEqual(await runJson(['audit'], invocation), [])

      const why = argv.includes('--reason') ? [] : ['--reason', 'raid']
      const agreed = await runCli([...argv, ...why, '--by', 'eve'], { ...invocation, terminal: true, input: 'y\n' })
      t.is(agreed.code, 0, agreed.stderr)
      t.notDeepEqual(await state(), before)
      const [entry, ...others] = await runJson<AuditEntry[]>(['audit'], invocation)
      t.like(entry, { by: 'eve', action: argv.slice(0, 2).join(' '), reason: 'raid', subject })
      t.truthy(entry?.endedAt)
      t.deepEqual(others, [])

      const other = await rated(t)
      const told = await runCli([...argv, '--yes'], { ...other.invocation, terminal: true })
      t.is(told.code, 0, told.stderr)
      t.notRegex(told.stderr, /Go on/)
      t.notDeepEqual(await other.state(), before)
    },
  )

withPostgres('migrate up --dry-run says what is pending and applies nothing', async (t) => {
  const invocation = {
    env: { DATABASE_URL: await testDatabase(t, { migrated: false }) },
    cwd: await workingDirectory(t),
  }
  t.regex((await runCli(['migrate', 'up', '--dry-run'], invocation)).stdout, /^Would apply 1 /)
  t.is((await runCli(['stats', 'top'], invocation)).code, 6)
  t.is((await runCli(['migrate'], invocation)).code, 0)
  t.is((await runCli(['migrate', '--dry-run'], invocation)).stdout, 'The schema is up to date.\n')
})

withPostgres('guard release asks, plans and leaves an audit entry', async (t) => {
  const { invocation } = await rated(t)
  const release = ['guard', 'release', '1']
  await runSql(
    invocation.env?.DATABASE_URL as string,
    `update post_rate.post_stats set counts = '{60,0,0,0,0,20}', displayed_counts = '{60,0,0,0,0,20}', displayed_count = 80,
  displayed_average = 4.2, window_end = '2100-01-01', step_at = '2100-01-01',
  guard = '{"armed":true,"gap":2.95,"since":1767225600000,"memory":{"dayRate":144}}' where post_id = 1`,
  )
  t.regex((await runCli([...release, '--dry-run'], invocation)).stdout, /Would release .* post 1: .* 4\.20 to 1\.25/)
  const refused = await runCli(release, { ...invocation, terminal: true, input: 'n\n' })
  t.is(refused.code, 1)
  t.regex(refused.stderr, /Would release the guard of post 1/)
  t.deepEqual(await runJson(['audit'], invocation), [])
  t.is((await runCli([...release, '--reason', 'news'], { ...invocation, terminal: true, input: 'y\n' })).code, 0)
  const [entry] = await runJson<AuditEntry[]>(['audit'], invocation)
  t.like(entry, { action: 'guard release', subject: 'post 1', reason: 'news', outcome: { released: true } })
  t.regex((await runCli(['audit'], invocation)).stdout, /guard release +post 1 +released true +news/)
})

withPostgres('seed refuses a database that has posts unless --yes, and leaves an audit entry', async (t) => {
  const { invocation, state } = await rated(t)
  const before = await state()
  const argv = ['seed', '--posts', '1', '--users', '2', '--ratings', '1']
  const refused = await runCli(argv, invocation)
  t.is(refused.code, 1)
  t.regex(refused.stderr, /has posts already: add --yes/)
  t.deepEqual(await state(), before)
  t.is((await runCli([...argv, '--yes'], invocation)).code, 0)
  t.is((await state()).posts.length, 3)
  t.like((await runJson<AuditEntry[]>(['audit'], invocation))[0], { action: 'seed', outcome: { posts: 1, ratings: 1 } })
})
