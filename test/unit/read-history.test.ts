import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { NoStatsStore } from '../../packages/post-rate/src/adapters/memory/no-stats-store.ts'
import {
  type HistoryBucket,
  mostBuckets,
  selectBuckets,
  subtractSpans,
} from '../../packages/post-rate/src/domain/rating-history.ts'
import { defaultDisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { type HistoryIncident, ReadHistory } from '../../packages/post-rate/src/services/read-history.ts'
import { ReadStats } from '../../packages/post-rate/src/services/read-stats.ts'
import { addPosts, foldAll } from '../contract/record.ts'

const day = 86_400_000
const window = 300_000
const from = Date.parse('2026-03-01T00:00:00Z')
const iso = (time: number) => new Date(time).toISOString()
const note = { by: 'ada', reason: 'a raid' }

test('of more than 400 buckets the newest, with what counts before them', (t) => {
  const buckets = Array.from({ length: 1000 }, (_, n) => bucketOf(n * day))
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  const newest = selectBuckets(buckets, 'day', all)
  t.is(mostBuckets, 400)
  t.deepEqual(
    [newest.buckets.length, newest.buckets[0]?.start, newest.buckets.at(-1)?.start],
    [400, 600 * day, 999 * day],
  )
  t.deepEqual(newest.before, [600, 0, 0, 0, 0, 1200])
  const older = selectBuckets(buckets, 'day', { ...all, to: 600 * day })
  t.deepEqual([older.buckets[0]?.start, older.buckets.at(-1)?.start], [200 * day, 599 * day])
  t.is(selectBuckets(buckets, 'day', { ...all, from: 600 * day }).buckets.length, 400)
})

test('buckets are whole, also those in which a span begins or ends', (t) => {
  const buckets = [0, 1, 2, 3].map((n) => bucketOf(n * day))
  const days = (from: number, to: number) =>
    selectBuckets(buckets, 'day', { from, to }).buckets.map(({ start }) => start / day)
  t.deepEqual(days(day, 3 * day), [1, 2])
  t.deepEqual(days(day + 1, 2 * day + 1), [1, 2])
  t.deepEqual(days(2 * day - 1, 2 * day), [1])
  t.deepEqual(days(9 * day, 10 * day), [])
  t.deepEqual(selectBuckets(buckets, 'day', { from: 9 * day, to: 10 * day }).before, [4, 0, 0, 0, 0, 8])
  t.deepEqual(days(-9 * day, 0), [])
})

test('spans without others', (t) => {
  t.deepEqual(
    subtractSpans(
      [{ from: 0, to: 10 }],
      [
        { from: 2, to: 4 },
        { from: 8, to: 12 },
      ],
    ),
    [
      { from: 0, to: 2 },
      { from: 4, to: 8 },
    ],
  )
  t.deepEqual(subtractSpans([{ from: 0, to: 10 }], [{ from: -1, to: 10 }]), [])
  t.deepEqual(subtractSpans([{ from: 0, to: 10 }], [{ from: 10, to: 11 }]), [{ from: 0, to: 10 }])
})

test('a history is what the figures beside it are made of, and is counted once until they change', async (t) => {
  const { ports, history, clock, rate, reads, exclude } = await reading()
  await rate('a', 5, from - day)
  await rate('b', 4)
  await foldAll(ports)
  clock.time += window
  await foldAll(ports)
  const first = await history.read(1)
  t.deepEqual(shortOf(first), [
    [iso(from - day), '000001', '000000'],
    [iso(from), '000010', '000000'],
  ])
  t.true(Date.parse(first.asOf) > from && Date.parse(first.asOf) <= clock.time)
  t.is(first.average, 4.5)
  // What comes within the window waits for its end, in this process and in another.
  clock.time += 1000
  await rate('c', 0)
  await exclude(from - day, from)
  await foldAll(ports)
  for (const reader of [history, (await reading(ports, clock)).history]) {
    const { asOf, buckets, exclusions, nextUpdateAt } = await reader.read(1)
    t.deepEqual({ asOf, buckets, exclusions, nextUpdateAt }, { ...pick(first) })
  }
  t.is(reads(), 1)
  clock.time = Date.parse(first.nextUpdateAt as string) + 1
  await foldAll(ports)
  const second = await history.read(1)
  t.deepEqual(shortOf(second), [
    [iso(from - day), '000000', '000001'],
    [iso(from), '100010', '000000'],
  ])
  t.is(second.asOf, first.nextUpdateAt as string)
  t.deepEqual(second.exclusions, [{ from: iso(from - day), to: iso(from), count: 1, reason: 'a raid' }])
  t.is(second.average, 2)
  // The same figures for all ranges; hours are counted apart.
  t.deepEqual(shortOf(await history.read(1, { from: iso(from) })), [[iso(from), '100010', '000000']])
  t.deepEqual((await history.read(1, { from: iso(from) })).exclusions, [])
  t.is(reads(), 2)
  await history.read(1, { unit: 'hour' })
  t.is(reads(), 3)

  await ports.moderationStore.restore({ postId: 1, from: from - day, to: from }, note)
  await foldAll(ports)
  const another = (await reading(ports, clock)).history
  t.deepEqual(shortOf(await another.read(1)), shortOf(second), 'a restored period is out until the next update')
  clock.time = Date.parse(second.nextUpdateAt as string) + 1
  await foldAll(ports)
  const third = await history.read(1)
  t.deepEqual(shortOf(third), [
    [iso(from - day), '000001', '000000'],
    [iso(from), '100010', '000000'],
  ])
  t.deepEqual(third.exclusions, [])
})

test('many readers of one post cost one pass over its ratings; a pass that fails is tried again', async (t) => {
  const { ports, history, rate, reads, fail } = await reading()
  await rate('a', 5)
  await foldAll(ports)
  fail(new Error('away'))
  await t.throwsAsync(history.read(1), { message: 'away' })
  fail(null)
  const answers = await Promise.all(Array.from({ length: 20 }, () => history.read(1)))
  t.is(reads(), 2)
  t.is(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
})

test('without publishExclusions nothing tells that ratings do not count', async (t) => {
  const incidents: HistoryIncident[] = [
    { from: iso(from), to: iso(from + 1000), state: 'excluded' },
    { from: iso(from + 2000), to: null, state: 'open' },
  ]
  const clock = { time: from + 5000 }
  const { ports, history, rate, exclude } = await reading(undefined, clock, incidents)
  await rate('a', 5, from - day)
  await rate('b', 4, from)
  await exclude(from - day, from)
  await foldAll(ports)
  clock.time += window
  await foldAll(ports)
  t.is((await history.read(1)).incidents.length, 2)
  const { settings } = await ports.settingsStore.change({ publishExclusions: false }, 0)
  t.false(settings.publishExclusions)
  const { history: silent } = await reading(ports, clock, incidents)
  const { buckets, exclusions, incidents: told } = await silent.read(1)
  t.deepEqual({ exclusions, told }, { exclusions: [], told: incidents.slice(1) })
  t.deepEqual(shortOf({ buckets }), [[iso(from), '000010', '000000']])
})

test('an incident is told as of the figures: later ones are not, and a later end is not known', async (t) => {
  const clock = { time: from }
  const { ports, history, rate } = await reading(undefined, clock, [
    { from: iso(from + 1), to: null, state: 'open' },
    { from: iso(from - 1), to: iso(from + 1), state: 'released' },
    { from: iso(from - 5), to: iso(from - 2), state: 'expired' },
  ])
  await rate('a', 5)
  await foldAll(ports)
  t.deepEqual((await history.read(1)).incidents, [
    { from: iso(from - 5), to: iso(from - 2), state: 'expired' },
    { from: iso(from - 1), to: null, state: 'released' },
  ])
  t.deepEqual((await history.read(1, { to: iso(from - 2) })).incidents.length, 1)
})

test('what cannot be answered is refused by its name; a post nobody rated has no buckets', async (t) => {
  const { history } = await reading()
  t.like(await history.read(1), { postId: 1, unit: 'day', buckets: [], average: null, nextUpdateAt: null })
  const bad: [string, object][] = [
    ['unit', { unit: 'week' }],
    ['from', { from: 'yesterday' }],
    ['to', { to: '2026-02-30' }],
    ['from', { from: '2026-03-02', to: '2026-03-01' }],
    ['userId', { userId: '' }],
  ]
  for (const [field, query] of bad)
    await t.throwsAsync(history.read(1, query), { code: 'INVALID_INPUT', message: new RegExp(field) })
  await t.throwsAsync(history.read('1'), { code: 'INVALID_INPUT' })
  await t.throwsAsync(history.read(9), { code: 'POST_NOT_FOUND' })
})

function bucketOf(start: number): HistoryBucket {
  return { start, counts: [1, 0, 0, 0, 0, 2], excluded: [0, 3, 0, 0, 0, 0] }
}

/** A process over a record in memory, with windows of five minutes. */
async function reading(
  known?: ReturnType<typeof memoryPorts>,
  clock = { time: from },
  incidents: HistoryIncident[] = [],
) {
  const now = { now: () => clock.time }
  const display = { ...defaultDisplaySettings, display: 'freeze' as const, windowSeconds: window / 1000 }
  const ports = known ?? memoryPorts(new MemoryRecord({ clock: now, settings: display }))
  if (known === undefined) await addPosts(ports, 1)
  let [reads, failure] = [0, null as Error | null]
  const buckets: typeof ports.historyReader.buckets = async (wanted) => {
    reads++
    if (failure) throw failure
    return ports.historyReader.buckets(wanted)
  }
  const stats = new ReadStats(
    new NoStatsStore(),
    ports.recordReader,
    new Deployment(ports.settingsStore),
    now,
    silentLogger,
  )
  const find = async () => incidents
  return {
    ports,
    clock,
    history: new ReadHistory(ports.postStore, stats, { buckets }, ports.moderationStore, find, now),
    rate: (userId: string, score: 0 | 4 | 5, ratedAt = clock.time) =>
      ports.ratingStore.import([{ postId: 1, userId, score, ratedAt }], { createPosts: false }),
    exclude: (from: number, to: number) => ports.moderationStore.exclude({ postId: 1, from, to }, note),
    reads: () => reads,
    fail: (error: Error | null) => {
      failure = error
    },
  }
}

type Read = Awaited<ReturnType<ReadHistory['read']>>

/** Start, counts and excluded ones of each bucket, a digit a score. */
function shortOf({ buckets }: Pick<Read, 'buckets'>): string[][] {
  return buckets.map(({ start, counts, excluded }) => [start, counts.join(''), excluded.join('')])
}

function pick({ asOf, buckets, exclusions, nextUpdateAt }: Read) {
  return { asOf, buckets, exclusions, nextUpdateAt }
}
