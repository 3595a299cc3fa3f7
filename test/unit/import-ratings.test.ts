import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { ImportRatings } from '../../packages/post-rate/src/services/import-ratings.ts'
import { noon } from './rating-events.ts'

const good: Record<string, [unknown, number]> = {
  'a date': ['2025-03-01', Date.UTC(2025, 2, 1)],
  'a date and time without a zone is UTC': ['2025-03-01T10:20:30', Date.UTC(2025, 2, 1, 10, 20, 30)],
  'with a space': ['2025-03-01 10:20', Date.UTC(2025, 2, 1, 10, 20)],
  'with Z': ['2025-03-01T10:20:30Z', Date.UTC(2025, 2, 1, 10, 20, 30)],
  'with small letters': ['2025-03-01t10:20:30z', Date.UTC(2025, 2, 1, 10, 20, 30)],
  'with an offset': ['2025-03-01T10:20:30+02:00', Date.UTC(2025, 2, 1, 8, 20, 30)],
  'with an offset without a colon': ['2025-03-01T10:20:30-0130', Date.UTC(2025, 2, 1, 11, 50, 30)],
  'with a fraction': ['2025-03-01T10:20:30.125Z', Date.UTC(2025, 2, 1, 10, 20, 30, 125)],
  'with nanoseconds': ['2025-03-01T10:20:30.123456789Z', Date.UTC(2025, 2, 1, 10, 20, 30, 123)],
  'with a comma': ['2025-03-01T10:20:30,5', Date.UTC(2025, 2, 1, 10, 20, 30, 500)],
  'Unix seconds as text': ['881250949', 881_250_949_000],
  'Unix seconds as a number': [881_250_949, 881_250_949_000],
  'Unix seconds with a fraction': [881_250_949.25, 881_250_949_250],
  'Unix seconds to the millisecond': ['1700000000.123', 1_700_000_000_123],
  'Unix seconds to the millisecond as a number': [1_700_000_000.009, 1_700_000_000_009],
  'a leap day': ['2024-02-29', Date.UTC(2024, 1, 29)],
  'before 1970': ['-1', -1_000],
  'the epoch': [0, 0],
  'half a minute ahead of the clock': [(noon + 30_000) / 1000, noon + 30_000],
  'of PostgreSQL, UTC': ['2024-01-02 03:04:05.123456+00', Date.UTC(2024, 0, 2, 3, 4, 5, 123)],
  'of PostgreSQL, with hours': ['2024-01-02 03:04:05+02', Date.UTC(2024, 0, 2, 1, 4, 5)],
  'of PostgreSQL, with half an hour': ['2024-01-02 03:04:05-03:30', Date.UTC(2024, 0, 2, 6, 34, 5)],
  'of PostgreSQL, with the seconds of an old local time': [
    '1890-01-01 00:53:28.5+00:53:28',
    Date.UTC(1890, 0, 1, 0, 0, 0, 500),
  ],
  'an offset behind a space': ['2024-01-02 03:04:05 +0000', Date.UTC(2024, 0, 2, 3, 4, 5)],
  'UTC by its name': ['2024-01-02 03:04:05 UTC', Date.UTC(2024, 0, 2, 3, 4, 5)],
  'basic ISO 8601': ['20240102T030405Z', Date.UTC(2024, 0, 2, 3, 4, 5)],
  'basic ISO 8601 with fraction and offset': ['20240102T030405.250+0200', Date.UTC(2024, 0, 2, 1, 4, 5, 250)],
  'basic ISO 8601 to the minute': ['20240102T0304', Date.UTC(2024, 0, 2, 3, 4)],
  'with T and hours alone': ['2024-01-02T03:04:05+02', Date.UTC(2024, 0, 2, 1, 4, 5)],
  'of the first century': ['0099-01-02 03:04:05+00', Date.parse('0099-01-02T03:04:05Z')],
  'with spaces around': [' 2025-03-01 ', Date.UTC(2025, 2, 1)],
}

for (const [name, [ratedAt, time]] of Object.entries(good))
  test(`ratedAt, ${name}: ${ratedAt}`, async (t) => {
    const { run, record } = importing()
    const report = await run([{ line: 1, post: '1', user: 'u', score: '4', ratedAt }])
    t.like(report, { lines: 1, changed: 1, rejected: 0 })
    t.is(record.ratingOf(1, 'u')?.ratedAt, time)
  })

const bad: Record<string, Record<string, unknown>> = {
  'post: a sign': { post: '+1' },
  'post: a leading zero': { post: '01' },
  'post: 2^53': { post: '9007199254740992' },
  'post: absent': { post: undefined },
  'post: a fraction': { post: 1.5 },
  'post: unknown': { post: '2' },
  'user: empty': { user: '' },
  'user: a number': { user: 7 },
  'user: too long': { user: 'x'.repeat(256) },
  'user: a control character': { user: 'a\nb' },
  'score: 6': { score: '6' },
  'score: a fraction': { score: '4.5' },
  'score: empty': { score: '' },
  'score: null': { score: null },
  'score: spaces': { score: ' 4' },
  'ratedAt: absent': { ratedAt: undefined },
  'ratedAt: empty': { ratedAt: '' },
  'ratedAt: a word': { ratedAt: 'yesterday' },
  'ratedAt: another order': { ratedAt: '01/03/2025' },
  'ratedAt: no such day': { ratedAt: '2025-02-29' },
  'ratedAt: no such day, with a time': { ratedAt: '2024-04-31T10:00:00Z' },
  'ratedAt: no such month': { ratedAt: '2025-13-01' },
  'ratedAt: no such day, basic': { ratedAt: '20240230T030405Z' },
  'ratedAt: no such hour': { ratedAt: '2024-01-02 25:04:05+00' },
  'ratedAt: an offset of a hundred minutes': { ratedAt: '2024-01-02 03:04:05+00:99' },
  'ratedAt: a date with a zone': { ratedAt: '2024-01-02+02' },
  'ratedAt: the infinity of PostgreSQL': { ratedAt: 'infinity' },
  'ratedAt: before our era': { ratedAt: '0044-03-15 00:00:00+00 BC' },
  'ratedAt: basic and extended mixed': { ratedAt: '2024-01-02T030405Z' },
  'ratedAt: two minutes ahead of the clock': { ratedAt: (noon + 120_000) / 1000 },
  'ratedAt: milliseconds by mistake': { ratedAt: String(noon) },
  'ratedAt: beyond the calendar': { ratedAt: -99_999_999_999 },
  'ratedAt: not finite': { ratedAt: Number.POSITIVE_INFINITY },
}

for (const [name, fields] of Object.entries(bad))
  test(`a bad line is reported with its number, and the rest goes on: ${name}`, async (t) => {
    const { run, rejected } = importing()
    const line = { line: 7, post: '1', user: 'u', score: '4', ratedAt: '2025-03-01', ...fields }
    const report = await run([line, { ...line, line: 8, post: 1, user: 'v', score: 5, ratedAt: 1 }])
    t.like(report, { lines: 2, changed: 1, rejected: 1 })
    t.is(rejected[0]?.line, 7)
    t.true(rejected[0]?.message.startsWith(name.split(':')[0] as string), rejected[0]?.message)
  })

test('of several lines for one user and post the newest wins, whatever their order', async (t) => {
  const line = (n: number, score: number, ratedAt: number) => ({ line: n, post: 1, user: 'u', score, ratedAt })
  const lines = [line(1, 1, 100), line(2, 5, 300), line(3, 2, 200), line(4, 0, 300)]
  for (const order of [lines, [...lines].reverse().sort((a, b) => a.ratedAt - b.ratedAt || a.line - b.line)]) {
    const { run, record } = importing()
    t.deepEqual(await run(order), { lines: 4, changed: 1, unchanged: 3, rejected: 0, postsCreated: 0 })
    t.is(record.ratingOf(1, 'u')?.score, 5)
    t.like(await run(order), { changed: 0, unchanged: 4 })
  }
})

test('lines are stored in batches, with progress, and an abort keeps what is stored', async (t) => {
  const { run, record } = importing()
  const lines = function* () {
    for (let n = 1; n <= 5_000; n++) yield { line: n, post: 1 + (n % 3), user: `u${n}`, score: n % 6, ratedAt: n }
  }
  const progress: number[] = []
  const controller = new AbortController()
  const onProgress = ({ lines }: { lines: number }) => {
    progress.push(lines)
    if (lines >= 4_000) controller.abort(new Error('enough'))
  }
  const options = { createPosts: true, onProgress, signal: controller.signal }
  await t.throwsAsync(run(lines(), options), { message: 'enough' })
  t.deepEqual(progress, [2_000, 4_000])
  t.is(record.ratings.size, 4_000)
  t.deepEqual(await run(lines(), { createPosts: true }), {
    lines: 5_000,
    changed: 1_000,
    unchanged: 4_000,
    rejected: 0,
    postsCreated: 0,
  })
})

function importing() {
  const record = new MemoryRecord({ clock: { now: () => noon } })
  record.addPost({ title: 'T', content: 'C', createdBy: 'a' })
  const service = new ImportRatings(memoryPorts(record).ratingStore, record.clock, () => {})
  const rejected: { line: number; message: string }[] = []
  const run = (lines: Parameters<typeof service.import>[0], options = {}) =>
    service.import(lines, { onRejected: (one) => rejected.push(one), ...options })
  return { record, rejected, run }
}
