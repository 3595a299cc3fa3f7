import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { PostPage } from 'post-rate'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, runJson, workingDirectory } from './run-cli.ts'

async function deployment(t: ExecutionContext, options?: { migrated: boolean }) {
  const DATABASE_URL = await testDatabase(t, options)
  const cwd = await workingDirectory(t)
  const invocation = { env: { DATABASE_URL } as Record<string, string>, cwd }
  const create = async (title = 'Title') => {
    const argv = ['posts', 'create', '--title', title, '--content', 'Text', '--by', 'ada']
    return (await runJson<{ id: number }>(argv, invocation)).id
  }
  return { invocation, create, url: DATABASE_URL, cwd }
}

withPostgres('migrate up and status; a new deployment gets its settings from the environment', async (t) => {
  const { invocation } = await deployment(t, { migrated: false })
  t.is((await runCli(['stats', 'top'], invocation)).code, 6)
  t.is((await runCli(['doctor'], invocation)).code, 6)
  const pending = await runJson<{ appliedAt: string | null }[]>(['migrate', 'status'], invocation)
  t.true(pending.length > 0 && pending.every(({ appliedAt }) => appliedAt === null))
  const env = { ...invocation.env, POST_RATE_DISPLAY: 'live', POST_RATE_WINDOW_SECONDS: '60', POST_RATE_PRIOR: '5:3' }
  const [first, second] = await Promise.all([runCli(['migrate'], { env }), runCli(['migrate', 'up'], { env })])
  t.is(first.code, 0, first.stderr)
  t.is(second.code, 0, second.stderr)
  t.deepEqual(await runJson(['migrate', 'up'], invocation), [])
  const applied = await runJson<{ appliedAt: string | null }[]>(['migrate', 'status'], invocation)
  t.true(applied.every(({ appliedAt }) => appliedAt !== null))
  const { display, windowSeconds, prior } = await runJson<Record<string, unknown>>(['settings'], invocation)
  t.deepEqual({ display, windowSeconds, prior }, { display: 'live', windowSeconds: 60, prior: { weight: 5, mean: 3 } })
})

withPostgres('a schema that is newer is refused with exit 6', async (t) => {
  const { invocation, url } = await deployment(t)
  await runSql(url, "insert into post_rate.migrations (version, name) values (999, 'from the future')")
  for (const argv of [['migrate'], ['stats', 'top'], ['relay']]) t.is((await runCli(argv, invocation)).code, 6)
})

withPostgres('settings set; a process configured otherwise exits 3', async (t) => {
  const { invocation } = await deployment(t)
  for (const [key, value] of [
    ['display', 'live'],
    ['window', '120'],
    ['prior', '20:3'],
    ['shards', '2'],
  ] as const)
    t.is((await runCli(['settings', 'set', key, value], invocation)).code, 0)
  const settings = await runJson<Record<string, unknown>>(['settings'], invocation)
  t.like(settings, { display: 'live', windowSeconds: 120, prior: { weight: 20, mean: 3 }, relayShards: 2 })
  const other = { ...invocation, env: { ...invocation.env, POST_RATE_DISPLAY: 'freeze' } }
  for (const argv of [['relay'], ['serve', '--auth', 'header:X-User'], ['stats', 'top'], ['migrate']]) {
    const { code, stderr } = await runCli(argv, other)
    t.is(code, 3, stderr)
    t.regex(stderr, /POST_RATE_DISPLAY.*settings set display/)
  }
  t.is((await runCli(['doctor'], other)).code, 3)
  t.is((await runCli(['settings', 'set', 'display', 'freeze'], other)).code, 0)
  t.is((await runCli(['stats', 'top'], other)).code, 0)
})

withPostgres('the spike guard is set in hours, and switched off', async (t) => {
  const { invocation } = await deployment(t)
  const settings = async () => runJson<Record<string, unknown>>(['settings'], invocation)
  t.like(await settings(), { display: 'guard', starPerDay: 0.1, minCount: 0 })
  t.is((await runCli(['settings', 'set', 'spikeGuard', '2.5'], invocation)).code, 0)
  t.is((await runCli(['settings', 'set', 'min-count', '3'], invocation)).code, 0)
  t.like(await settings(), { display: 'guard', starPerDay: 2.5, minCount: 3 })
  const other = { ...invocation, env: { ...invocation.env, POST_RATE_SPIKE_GUARD: '9' } }
  const { code, stderr } = await runCli(['stats', 'top'], other)
  t.is(code, 3)
  t.regex(stderr, /POST_RATE_SPIKE_GUARD.*9 stars a day.*settings set spike-guard/)
  t.is((await runCli(['settings', 'set', 'spike-guard', 'off'], invocation)).code, 0)
  t.like(await settings(), { display: 'freeze' })
  t.regex((await runCli(['settings'], invocation)).stdout, /spike-guard +off/)
  t.regex((await runCli(['guard'], invocation)).stderr, /spike guard is off/)
})

withPostgres('guard status and guard release', async (t) => {
  const { invocation, url } = await deployment(t)
  t.deepEqual(await runJson(['guard', 'status'], invocation), [])
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) values ('Raided', 'Text', 'ada');
update post_rate.post_stats set counts = '{60,0,0,0,0,20}', displayed_counts = '{60,0,0,0,0,20}', displayed_count = 80,
  displayed_average = 4.2, window_end = '2100-01-01', step_at = '2100-01-01',
  guard = '{"armed":true,"gap":2.95,"since":1767225600000,"memory":{"dayRate":144}}'`,
  )
  t.deepEqual(await runJson(['guard', 'status'], invocation), [
    {
      ...{ postId: 1, count: 80, shownAverage: 4.2, trueAverage: 1.25, gap: 2.95, since: '2026-01-01T00:00:00.000Z' },
      ...{ nextUpdateAt: '2100-01-01T00:00:00.000Z', normalPerHour: 6, released: false },
    },
  ])
  t.regex((await runCli(['guard'], invocation)).stdout, /^ +1 +80 +4\.20 +1\.25 +\+2\.95 +2026-01-01/m)
  t.deepEqual(await runJson(['guard', 'release', '1'], invocation), { postId: 1, released: true })
  t.deepEqual(await runSql(url, 'select kind, post_id::int from post_rate.rating_outbox'), [
    { kind: 'released', post_id: 1 },
  ])
  t.deepEqual(await runJson(['guard', 'release', '2'], invocation), { postId: 2, released: false })
  t.regex((await runCli(['guard', 'release', '2'], invocation)).stderr, /not guarded/)
})

withPostgres('posts create, list and delete', async (t) => {
  const { invocation, create } = await deployment(t)
  const ids = [await create(), await create(), await create()]
  const page = await runJson<PostPage>(['posts', 'list', '--limit', '2'], invocation)
  t.deepEqual(
    page.items.map(({ id }) => id),
    ids.slice(1).reverse(),
  )
  const rest = await runJson<PostPage>(['posts', 'list', '--after', page.next as string], invocation)
  t.deepEqual(
    rest.items.map(({ id }) => id),
    ids.slice(0, 1),
  )
  t.is((await runCli(['posts', 'list', '--after', 'forged'], invocation)).code, 2)
  t.is((await runCli(['posts', 'delete', String(ids[0])], invocation)).code, 0)
  t.is((await runCli(['posts', 'delete', String(ids[0])], invocation)).code, 1)
  t.is((await runCli(['stats', 'show', '999'], invocation)).stdout, '', 'no table without a line')
  t.is((await runJson<PostPage>(['posts', 'list', '--sort', 'top'], invocation)).items.length, 2)
})

withPostgres('rate, then users erase', async (t) => {
  const { invocation, create } = await deployment(t)
  const id = await create()
  const receipt = await runJson(['rate', String(id), 'grace', '4'], invocation)
  t.like(receipt, { postId: id, userId: 'grace', score: 4, previousScore: null, changed: true })
  t.like(await runJson(['rate', String(id), 'grace', '4'], invocation), { previousScore: 4, changed: false })
  const { items } = await runJson<PostPage>(['posts', 'list', '--user', 'grace'], invocation)
  t.is(items[0]?.myScore, 4)
  t.deepEqual(await runJson(['users', 'erase', 'grace'], invocation), { userId: 'grace', erased: 1 })
  t.is((await runCli(['rate', '999', 'grace', '4'], invocation)).code, 1)
  t.is((await runCli(['rate', String(id), 'a\u0001b', '4'], invocation)).code, 2)
})

withPostgres('stats show has the shape of the contract', async (t) => {
  const { invocation, create } = await deployment(t)
  const id = await create()
  for (const [user, score] of [
    ['a', '5'],
    ['b', '4'],
    ['c', '3'],
  ] as const)
    await runCli(['rate', String(id), user, score], invocation)
  t.is((await runCli(['stats', 'rebuild'], invocation)).code, 0)
  const [stats] = await runJson<Record<string, unknown>[]>(['stats', 'show', String(id)], invocation)
  t.deepEqual(Object.keys(stats ?? {}), ['postId', 'version', 'live', 'displayed', 'source'])
  t.is(stats?.source, 'postgres')
  t.like(stats?.displayed, { count: 0, average: null, nextUpdateAt: null, guard: null })
  const { code, stderr } = await runCli(['stats', 'show', String(id), '999'], invocation)
  t.is(code, 1)
  t.regex(stderr, /no post 999/)
})

withPostgres('stats top and watch', async (t) => {
  const { invocation, create } = await deployment(t)
  const id = await create('First')
  t.like((await runJson<Record<string, unknown>[]>(['stats', 'top'], invocation))[0], { postId: id, title: 'First' })
  const { code, stdout } = await runCli(['stats', 'watch', '--times', '3', '--interval', '0.05', '--json'], invocation)
  t.is(code, 0)
  const looks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.is(looks.length, 3)
  t.is(looks[0].posts[0].postId, id)
})

withPostgres('stats verify exits 5 on drift, rebuild --dry-run too; rebuild repairs it', async (t) => {
  const { invocation, create, url } = await deployment(t)
  const id = await create()
  const clean = await runJson<Record<string, unknown>>(['stats', 'verify', '--wait', '0'], invocation)
  t.deepEqual(clean, { posts: 1, checked: 1, drift: [], pending: 0 })
  await runSql(url, 'alter table post_rate.ratings disable trigger user')
  await runSql(url, "insert into post_rate.ratings (post_id, user_id, score) values ($1, 'ada', 5)", [id])
  await runSql(url, 'alter table post_rate.ratings enable trigger user')
  const drift = await runCli(['stats', 'verify', '--wait', '0', '--json'], invocation)
  t.is(drift.code, 5)
  t.like(JSON.parse(drift.stdout), { posts: 1, checked: 1, pending: 0 })
  t.is(JSON.parse(drift.stdout).drift[0].postId, id)
  t.is((await runCli(['stats', 'verify', '--wait', '0'], invocation)).code, 5)
  const dry = await runCli(['stats', 'rebuild', '--dry-run', '--json'], invocation)
  t.is(dry.code, 5)
  t.like(JSON.parse(dry.stdout), { posts: 1, repaired: 1 })
  t.like(await runJson(['stats', 'rebuild', String(id)], invocation), { posts: 1, repaired: 1 })
  t.is((await runCli(['stats', 'verify', '--wait', '0'], invocation)).code, 0)
})

withPostgres('seed is reproducible', async (t) => {
  const one = await deployment(t)
  const two = await deployment(t)
  const argv = ['seed', '--posts', '5', '--users', '20', '--ratings', '60', '--seed', 'x']
  const ratings = async ({ invocation }: typeof one) => {
    t.like(await runJson(argv, invocation), { posts: 5, users: 20, ratings: 60 })
    const { stdout } = await runCli(['export', '-', '--format', 'ndjson'], invocation)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    return rows.map(({ post, user, score }) => `${post} ${user} ${score}`).sort()
  }
  const first = await ratings(one)
  t.is(first.length, 60)
  t.deepEqual(await ratings(two), first)
})

withPostgres('import and export: idempotent, bad lines by number, both formats, exact', async (t) => {
  const { invocation, cwd } = await deployment(t)
  const user = '=cmd(),"x" \u202e😀'
  const csv = `post,user,score,ratedAt\n7,"${user.replaceAll('"', '""')}",4,1600000000\n7,bo,9,1600000000\n8,bo,2,2020-01-01T00:00:00Z\nx,bo,2,5\n`
  await writeFile(join(cwd, 'in.csv'), csv)
  const without = await runCli(['import', 'in.csv'], invocation)
  t.is(without.code, 1)
  t.regex(without.stderr, /^record 1, line 2: post: there is no post 7$/m)
  t.regex(without.stderr, /^2 records are of posts that do not exist; --create-posts makes them/m)
  const first = await runCli(['import', 'in.csv', '--create-posts', '--json'], invocation)
  t.is(first.code, 1)
  t.deepEqual(JSON.parse(first.stdout), { lines: 4, changed: 2, unchanged: 0, rejected: 2, postsCreated: 2 })
  t.regex(first.stderr, /^record 2, line 3: score/m)
  t.regex(first.stderr, /^record 4, line 5: post/m)
  for (const file of ['out.csv', 'out.ndjson']) {
    t.is((await runCli(['export', file], invocation)).code, 0)
    const again = await runJson(['import', file], invocation)
    t.deepEqual(again, { lines: 2, changed: 0, unchanged: 2, rejected: 0, postsCreated: 0 })
  }
  const [row] = (await readFile(join(cwd, 'out.ndjson'), 'utf8')).split('\n')
  t.deepEqual(JSON.parse(row as string), {
    post: 7,
    user,
    score: 4,
    ratedAt: '2020-09-13T12:26:40.000Z',
    excluded: false,
  })
  t.true(
    (await readFile(join(cwd, 'out.csv'), 'utf8')).startsWith(
      'post,user,score,ratedAt,excluded,established\n7,"=cmd()',
    ),
  )
  const piped = await runCli(['export', '-'], invocation)
  t.is(piped.stdout, await readFile(join(cwd, 'out.csv'), 'utf8'))
  t.is((await runCli(['import', '-'], { ...invocation, input: piped.stdout })).code, 0)
})

withPostgres('import and export say what is wrong with a file', async (t) => {
  const { invocation, cwd } = await deployment(t)
  t.is((await runCli(['import', 'missing.csv'], invocation)).code, 1)
  t.is((await runCli(['import', '.'], invocation)).code, 1)
  await writeFile(join(cwd, 'headless.csv'), '1,ada,5,5\n')
  const headless = await runCli(['import', 'headless.csv'], invocation)
  t.is(headless.code, 1)
  t.regex(headless.stderr, /Line 1 must be a header/)
  const { code, stderr } = await runCli(['export', 'no/such/place.csv'], invocation)
  t.is(code, 1)
  t.regex(stderr, /Cannot write no\/such\/place\.csv/)
})

withPostgres('doctor: one line for each dependency', async (t) => {
  const { invocation } = await deployment(t)
  const { code, stdout } = await runCli(['doctor'], invocation)
  t.is(code, 0)
  for (const name of ['postgres', 'redis', 'kafka', 'schema', 'settings', 'relay', 'clock'])
    t.regex(stdout, new RegExp(`^\\w+ +${name} `, 'm'))
  const { checks } = await runJson<{ checks: { name: string; verdict: string }[] }>(['doctor'], invocation)
  t.is(checks.find(({ name }) => name === 'postgres')?.verdict, 'ok')
  const away = { ...invocation, env: { ...invocation.env, REDIS_URL: 'redis://127.0.0.1:1' } }
  const failed = await runCli(['doctor'], away)
  t.is(failed.code, 4)
  t.regex(failed.stdout, /^failed +redis .*docker compose up/m)
})

withPostgres('text from the database never controls a terminal', async (t) => {
  const { invocation, create } = await deployment(t)
  const id = await create('\u001b[2J\u009b31m\u0007\u202e\u200bx\u2028')
  await runCli(['rate', String(id), '\u202eada\u200b', '5'], invocation)
  const safe = /^[\n\x20-\x7e\u00a0-\u200a\u2010-\u2027\u202f-\u205f\u2070-\uffff]*$/
  for (const argv of [
    ['posts', 'list'],
    ['posts', 'list', '--json'],
    ['stats', 'top'],
    ['stats', 'top', '--json'],
    ['rate', String(id), '\u202eada', '4'],
    ['rate', String(id), '\u202eada', '4', '--json'],
    ['users', 'erase', '\u202eada', '--json'],
    ['export', '-'],
    ['export', '-', '--format', 'ndjson'],
  ]) {
    const { stdout } = await runCli([...argv, '--no-color'], { ...invocation, columns: 80 })
    t.regex(stdout, safe, argv.join(' '))
    t.not(stdout, '')
  }
  const { items } = await runJson<PostPage>(['posts', 'list'], invocation)
  t.is(items[0]?.title, '\u001b[2J\u009b31m\u0007\u202e\u200bx\u2028')
})

withPostgres('colours only on a terminal, and not with NO_COLOR, --no-color or TERM=dumb', async (t) => {
  const { invocation } = await deployment(t)
  const colour = '\u001b['
  const terminal = { ...invocation, columns: 80 }
  t.true((await runCli(['doctor'], terminal)).stdout.includes(colour))
  t.false((await runCli(['doctor'], invocation)).stdout.includes(colour))
  t.false((await runCli(['--no-color', 'doctor'], terminal)).stdout.includes(colour))
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
    t.false(
      (await runCli(['doctor'], { ...terminal, env: { ...invocation.env, ...env } as never })).stdout.includes(colour),
    )
})

withPostgres('tui without a terminal prints a snapshot', async (t) => {
  const { invocation, create } = await deployment(t)
  await create('Seen in the snapshot')
  const { code, stdout } = await runCli(['tui'], invocation)
  t.is(code, 0)
  t.true(stdout.includes('Seen in the snapshot'))
})
