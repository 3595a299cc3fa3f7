import type { ExecutionContext } from 'ava'
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

const commands: { argv: string[]; plan: RegExp }[] = [
  { argv: ['posts', 'delete', '1'], plan: /Would delete post 1, Bread, with all its ratings, 2 of them counted/ },
  { argv: ['users', 'erase', 'ada'], plan: /Would withdraw 2 ratings of ada/ },
  { argv: ['settings', 'set', 'window', '600'], plan: /Would change window from 300 s to 600/ },
  {
    argv: ['moderate', 'exclude', '1', '--from', '2020-01-01', '--reason', 'raid'],
    plan: /Would exclude 2 ratings of post 1/,
  },
]

for (const { argv, plan } of commands)
  withPostgres(
    `${argv.slice(0, 2).join(' ')} shows its plan, asks at a terminal alone, and --yes answers`,
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

      const agreed = await runCli(argv, { ...invocation, terminal: true, input: 'y\n' })
      t.is(agreed.code, 0, agreed.stderr)
      t.notDeepEqual(await state(), before)

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
