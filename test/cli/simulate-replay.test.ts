import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import type { RecordedRating } from '../../packages/cli/src/replay/ratings.ts'
import { raidFrom, recordedRaid } from '../helpers/recorded-raid.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { runCli, runJson, workingDirectory } from './run-cli.ts'

interface Replay {
  post?: string
  ratings: number
  policies: {
    name: string
    points: { at: string; count: number; plain: number | null; shown: number | null }[]
    incidents: { from: string; to: string | null }[]
  }[]
}

const hourly = ['--every', '3600']

/** Runs a replay in a directory that has these files. */
async function replaying(t: ExecutionContext, files: Record<string, string | Buffer>) {
  const cwd = await workingDirectory(t)
  for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content)
  return {
    cwd,
    json: (...argv: string[]) => runJson<Replay>(['simulate', ...argv], { cwd }),
    run: (...argv: string[]) => runCli(['simulate', ...argv], { cwd }),
  }
}

function csv(ratings: readonly RecordedRating[], time = (at: number) => new Date(at).toISOString()): string {
  return `at,score\n${ratings.map(({ at, score }) => `${time(at)},${score}\n`).join('')}`
}

test('replay: the document of the contract, for each window and for each so many seconds', async (t) => {
  const { json } = await replaying(t, { 'ratings.csv': csv(recordedRaid()) })
  const found = await json('--replay', 'ratings.csv', 'guard', 'freeze')
  t.deepEqual(Object.keys(found), ['ratings', 'policies'])
  t.is(found.ratings, 440)
  t.deepEqual(
    found.policies.map(({ name }) => name),
    ['freeze', 'guard'],
  )
  const points = found.policies[0]?.points ?? []
  for (const { points: own } of found.policies) {
    for (const [n, point] of own.entries()) {
      t.deepEqual(Object.keys(point), ['at', 'count', 'plain', 'shown'])
      t.is(point.at, new Date(Date.parse(own[0]?.at as string) + n * 300_000).toISOString())
      t.is(point.plain, points[n]?.plain ?? null)
      t.true(Number.isInteger(Math.round((point.shown as number) * 1e8) / 1e4))
    }
    t.is(own.at(-1)?.count, 440)
  }
  t.true(points.every(({ plain, shown }) => plain === shown))
  t.deepEqual(found.policies[0]?.incidents, [])
  const [incident] = found.policies[1]?.incidents ?? []
  t.true(
    Date.parse(incident?.from as string) > raidFrom && Date.parse(incident?.from as string) <= raidFrom + 1_800_000,
  )
  const gap = found.policies[1]?.points.map(({ plain, shown }) => Math.abs((plain as number) - (shown as number))) ?? []
  t.true(Math.max(...gap) > 0.5)

  const daily = await json('--replay', 'ratings.csv', '--every', '86400', 'guard')
  const days = daily.policies[0]?.points ?? []
  t.true(days.every(({ at }) => at.endsWith('T00:00:00.000Z')))
  t.deepEqual([days.length, days.at(-1)?.count], [24, 440])
  for (const day of days.slice(0, -1))
    t.deepEqual(
      day,
      found.policies[1]?.points.find(({ at }) => at === day.at),
    )
})

test('replay: order, form of the times, format, packing and stdin make no difference', async (t) => {
  const ratings = recordedRaid().map((one) => ({ ...one, at: Math.floor(one.at / 1_000) * 1_000 }))
  const sorted = ratings.toSorted((a, b) => a.at - b.at)
  const postgres = csv(ratings, (at) => new Date(at).toISOString().replace('T', ' ').replace('Z', '+00'))
  const ndjson = ratings.map(({ at, score }) => `${JSON.stringify({ at: at / 1_000, score })}\n`).join('')
  const { json } = await replaying(t, {
    'sorted.csv': csv(sorted),
    'postgres.csv': postgres,
    'seconds.csv': csv(ratings, (at) => String(at / 1_000)),
    'ratings.ndjson': ndjson,
    'packed.csv.gz': gzipSync(csv(ratings)),
  })
  const expected = await json('--replay', 'sorted.csv', 'guard', ...hourly)
  for (const file of ['postgres.csv', 'seconds.csv', 'ratings.ndjson', 'packed.csv.gz'])
    t.deepEqual(await json('--replay', file, 'guard', ...hourly), expected, file)
  t.deepEqual(await runJson(['simulate', '--replay', '-', 'guard', ...hourly], { input: csv(ratings) }), expected)
})

test('replay: dates alone are spread over their day, by the seed', async (t) => {
  const { json } = await replaying(t, {
    'days.csv': csv(recordedRaid(), (at) => new Date(at).toISOString().slice(0, 10)).replace('at,', 'day,'),
  })
  const first = await json('--replay', 'days.csv', ...hourly, 'freeze')
  t.deepEqual(await json('--replay', 'days.csv', ...hourly, 'freeze'), first)
  const other = await json('--replay', 'days.csv', ...hourly, 'freeze', '--seed', '2')
  t.notDeepEqual(other, first)
  const counts = ({ policies }: Replay) =>
    (policies[0]?.points ?? []).filter(({ at }) => at.includes('T00:00') && at < '2026-03-24').map(({ count }) => count)
  t.deepEqual(counts(other), counts(first))
  // The 200 zeros of a day do not come at its midnight.
  const points = first.policies[0]?.points ?? []
  const byHour = points.map(({ count }, n) => count - (points[n - 1]?.count ?? 0))
  t.true(Math.max(...byHour) < 30)
})

test('replay: another scale and other columns, and policies that need labels', async (t) => {
  const rows = recordedRaid().map(
    ({ at, score, raid, established }) => `${at / 1_000},${2 * score},${raid},${established}`,
  )
  const { json, run } = await replaying(t, { 'reviews.csv': `when,points,raid,established\n${rows.join('\n')}\n` })
  const dialect = ['--columns', 'at=when,score=points', '--range', '0:10', ...hourly]
  const found = await json('--replay', 'reviews.csv', ...dialect)
  const last = (name: string) => found.policies.find((one) => one.name === name)?.points.at(-1)
  t.is(last('oracle')?.count, 440)
  t.true((last('oracle')?.shown as number) > 3.5 && (last('oracle')?.plain as number) < 2.5)
  t.true(['established', 'quarantine-new'].every((name) => last(name) !== undefined))
  const { code, stderr } = await run('--replay', 'reviews.csv', '--columns', 'at=when,score=points', ...hourly)
  t.is(code, 1)
  t.regex(stderr, /^\d+ records: score: must be an integer from 0 to 5; --range LOW:HIGH/m)
})

test('replay: bad records are told with their number, and the rest is replayed', async (t) => {
  const { run } = await replaying(t, {
    'bad.csv': 'at,score\n2026-03-01T00:00Z,4\nyesterday,4\n2026-03-01T01:00Z,6\n2026-03-01T02:00Z,2\n',
    'empty.csv': '',
    'header.csv': 'at,score\n',
    'other.csv': 'when,score\n1,2\n',
  })
  const { code, stdout, stderr } = await run('--replay', 'bad.csv', '--json')
  t.is(code, 1)
  t.is((JSON.parse(stdout) as Replay).ratings, 2)
  t.regex(stderr, /^record 2, line 3: at: must be an ISO 8601 time/m)
  t.regex(stderr, /^record 3, line 4: score: must be an integer from 0 to 5/m)
  for (const [file, message] of [
    ['empty.csv', /The input is empty/],
    ['header.csv', /The input has no ratings/],
    ['other.csv', /a header with at,score; ratedAt is missing/],
    ['none.csv', /Cannot read none.csv/],
  ] as const) {
    const failed = await run('--replay', file, '--json')
    t.is(failed.code, 1, file)
    t.is(failed.stdout, '')
    t.regex(failed.stderr, message)
  }
  for (const argv of [['nobody'], ['--every', '0'], ['--every', 'x'], ['--tune'], ['--range', '1']])
    t.is((await run('--replay', 'bad.csv', ...argv)).code, 2, argv.join(' '))
})

test('replay: years of windows are refused with what to do', async (t) => {
  const { run, json } = await replaying(t, { 'long.csv': 'at,score\n2000-01-01,4\n2026-01-01,5\n' })
  const { code, stderr } = await run('--replay', 'long.csv', '--json')
  t.is(code, 2)
  t.regex(stderr, /--every 3600/)
  const { policies } = await json('--replay', 'long.csv', '--every', '31536000')
  t.deepEqual(policies[0]?.points.at(-1)?.count, 2)
})

withPostgres('replay: an export of several posts', async (t) => {
  const database = await testDatabase(t)
  const rows = recordedRaid().map(({ at, score, user }) => `7,${user},${score},${new Date(at).toISOString()}`)
  const { cwd } = await replaying(t, {
    'in.csv': `post,user,score,ratedAt\n${rows.join('\n')}\n8,ada,5,2026-03-01\n8,bob,4,2026-03-02T00:00Z\n`,
  })
  const invocation = { cwd, env: { DATABASE_URL: database } }
  t.is((await runCli(['import', 'in.csv', '--create-posts'], invocation)).code, 0)
  t.is((await runCli(['export', 'out.csv'], invocation)).code, 0)
  const { stdout, stderr } = await runCli(['simulate', '--replay', 'out.csv', ...hourly, '--json'], { cwd })
  t.regex(stderr, /440 ratings of post 7, the one with the most of 2; --post ID chooses another/)
  t.like(JSON.parse(stdout), { post: '7', ratings: 440 })
  const other = await runJson<Replay>(['simulate', '--replay', 'out.csv', '--post', '8', '--every', '86400'], { cwd })
  t.like(other, { post: '8', ratings: 2 })
  t.deepEqual(
    other.policies[0]?.points.map(({ count, plain }) => [count, plain]),
    [
      [1, 5],
      [2, 4.5],
    ],
  )
  t.is((await runCli(['simulate', '--replay', 'out.csv', '--post', '9'], { cwd })).code, 1)
})

test('replay: a table and plots for people', async (t) => {
  const { cwd, run } = await replaying(t, { 'ratings.csv': csv(recordedRaid()) })
  const { code, stdout } = await run('--replay', 'ratings.csv', '--svg', 'plot.svg')
  t.is(code, 0)
  t.regex(stdout, /^POLICY +PLAIN +SHOWN +WORST GAP +INCIDENTS/m)
  t.regex(stdout, /^quarantine-all /m)
  t.regex(stdout, /^ {3}5 │/m)
  t.regex(await readFile(join(cwd, 'plot.svg'), 'utf8'), /^<svg .*<\/svg>\n$/s)
})
