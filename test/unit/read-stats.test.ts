import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import { NoStatsStore } from '../../packages/post-rate/src/adapters/memory/no-stats-store.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { PostRateError } from '../../packages/post-rate/src/errors.ts'
import type { Clock } from '../../packages/post-rate/src/ports/clock.ts'
import { type Logger, silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import type { StatsStore } from '../../packages/post-rate/src/ports/stats-store.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { ReadStats, type ReadTimings } from '../../packages/post-rate/src/services/read-stats.ts'
import { addPosts, foldAll } from '../contract/record.ts'
import { eventually } from '../helpers/eventually.ts'

test('a cold page costs one read of the store and one of the record, settings and own scores included', async (t) => {
  const { service, calls } = await reading()
  const read = await service.read([1, 2, 3], { userId: 'u1', postIds: [1, 2, 3] })
  t.deepEqual(calls, ['store.read', 'record.read'])
  t.deepEqual([...read.states.keys()].sort(), [1, 2, 3])
  t.deepEqual([...read.scores], [[1, 4]])
  t.is(read.copies.size, 0)
  t.is(read.settings.display, 'guard')
})

test('what was missing is written through, and the next page finds it', async (t) => {
  const { service, calls, store } = await reading()
  await service.read([1, 2, 3], null)
  await eventually(() => store.read([1]).then(({ states }) => states.has(1)))
  calls.length = 0
  const read = await service.read([1], { userId: 'u1', postIds: [1] })
  t.deepEqual(calls, ['store.read', 'record.read'])
  t.deepEqual([...read.copies], [1])
  calls.length = 0
  await service.read([1], null)
  t.deepEqual(calls, ['store.read'])
  // Posts that nobody rated have no copy.
  t.false((await store.read([3])).states.has(3))
})

test('pages in flight share one statement, and each gets its own', async (t) => {
  const { service, calls } = await reading()
  const pages = await Promise.all([
    service.read([1, 2], { userId: 'u1', postIds: [1, 2] }),
    service.read([2, 3], { userId: 'u2', postIds: [2, 3] }),
    service.read([1], null),
    service.read([1, 2], { userId: 'nobody', postIds: [1, 2] }),
  ])
  t.is(calls.filter((call) => call === 'record.read').length, 1)
  t.deepEqual(
    pages.map(({ scores, states }) => [[...scores], [...states.keys()].sort()]),
    [
      [[[1, 4]], [1, 2]],
      [[[2, 0]], [2, 3]],
      [[], [1]],
      [[], [1, 2]],
    ],
  )
})

test('the watermark of a state is that of the place it came from', async (t) => {
  const { service, store, record } = await reading()
  const copied = record.allStates().filter(({ postId }) => postId === 1)
  await service.read([3], null)
  await store.apply(copied, { trusted: true, ceiling: 2 ** 40 })
  await store.mark({ watermark: 1_234, source: record.deployment.source })
  const read = await service.read([1, 2], null)
  t.is(read.watermarkOf(1), 1_234)
  t.is(read.watermarkOf(2), record.watermark())
})

test('a copy whose window is over is no answer until the store is complete up to the new one', async (t) => {
  const time = { now: Date.now() }
  const { service, store, calls, record } = await reading(new MemoryStatsStore(), { now: () => time.now })
  await service.read([1], null)
  await eventually(() => store.read([1]).then(({ states }) => states.has(1)))
  t.deepEqual([...(await service.read([1], null)).copies], [1])
  // The record may have stepped, and another reader may have seen it there.
  time.now += 301_000
  calls.length = 0
  t.deepEqual([...(await service.read([1], null)).copies], [])
  t.deepEqual(calls, ['store.read', 'record.read'])
  await store.mark({ watermark: time.now, source: record.deployment.source })
  t.deepEqual([...(await service.read([1], null)).copies], [1])
})

test('a cached tombstone of a post that came back is no answer', async (t) => {
  const { service, store, record } = await reading()
  await service.read([3], null)
  const [state] = record.allStates().filter(({ postId }) => postId === 1)
  const tombstone = { ...(state as PostStats), version: 1, deleted: true }
  await store.apply([tombstone], { trusted: true, ceiling: 2 ** 40 })
  await store.mark({ watermark: Date.now(), source: record.deployment.source })
  const read = await service.read([1], null)
  t.deepEqual([...read.copies], [])
  t.is(read.states.get(1)?.version, state?.version)
})

test('a store that does not answer is left alone for a second; readers go to the record', async (t) => {
  const { service, calls, away } = await reading()
  away.now = true
  const read = await service.read([1], { userId: 'u1', postIds: [1] })
  t.is(read.states.get(1)?.version, 1)
  await service.read([1], { userId: 'u1', postIds: [1] })
  await service.read([2], null)
  t.deepEqual(calls, ['store.read', 'record.read', 'record.read', 'record.read'])
  away.now = false
  await eventually(async () => {
    await service.read([1], null)
    return calls.filter((call) => call === 'store.read').length >= 2
  })
  t.pass()
})

test('one reader at a time finds out whether the store is back; the others do not wait for it', async (t) => {
  const { service, calls, away } = await reading(undefined, undefined, { storePauseMs: 50 })
  away.now = true
  await service.read([1], null)
  await sleep(60)
  calls.length = 0
  await Promise.all([service.read([1], null), service.read([2], null), service.read([1, 2], null)])
  t.is(calls.filter((call) => call === 'store.read').length, 1)
})

test('copies of another deployment are not believed, and not overwritten', async (t) => {
  const { service, store, record } = await reading()
  const [first] = record.allStates() as [PostStats]
  const foreign = { ...first, counts: [0, 0, 0, 0, 0, 9] as const, version: 9 }
  await store.apply([foreign], { trusted: true, ceiling: 2 ** 40 })
  await store.mark({ watermark: 1_234, source: 'another' })
  for (const ids of [[1], [1, 2]]) {
    const read = await service.read(ids, { userId: 'u1', postIds: ids })
    t.deepEqual(read.states.get(1), first)
    t.is(read.copies.size, 0)
    t.is(read.watermarkOf(1), record.watermark())
    t.is(read.scores.get(1), 4)
  }
  await sleep(20)
  t.deepEqual([...(await store.read([1, 2])).states.values()], [foreign])
})

test('copies whose deployment nobody has named are not believed', async (t) => {
  const { service, store, record } = await reading()
  const [first] = record.allStates() as [PostStats]
  await store.apply([{ ...first, counts: [0, 0, 0, 0, 0, 9] as const, version: 9 }], {
    trusted: true,
    ceiling: 2 ** 40,
  })
  await service.read([3], null)
  const read = await service.read([1], null)
  t.deepEqual(read.states.get(1), first)
  t.is(read.copies.size, 0)
})

test('copies of another deployment are told once, and again after they were gone', async (t) => {
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) }
  const { service, store, record } = await reading(undefined, undefined, {}, logger)
  const read = async (source: string) => {
    await store.mark({ watermark: 1_234, source })
    for (let n = 0; n < 3; n++) await service.read([1], null)
  }
  await read('another')
  await read('another')
  t.is(warnings.length, 1)
  await read(record.deployment.source)
  await read('another')
  t.is(warnings.length, 2)
})

test('a record that is away fails the page with its own error', async (t) => {
  const { service, recordAway } = await reading()
  recordAway.now = true
  await t.throwsAsync(service.read([1], { userId: 'u1', postIds: [1] }), { code: 'UNAVAILABLE' })
  recordAway.now = false
  t.is((await service.read([1], { userId: 'u1', postIds: [1] })).scores.get(1), 4)
})

test('without a store, everything is one statement', async (t) => {
  const { service, calls } = await reading(new NoStatsStore())
  const read = await service.read([1, 2, 99], { userId: 'u1', postIds: [1, 2, 99] })
  t.deepEqual(calls, ['record.read'])
  t.deepEqual([...read.states.keys()].sort(), [1, 2])
})

test('an empty page asks nobody for figures', async (t) => {
  const { service, calls } = await reading()
  t.is((await service.read([], null)).states.size, 0)
  t.deepEqual(calls, ['settings.load'])
})

async function reading(
  store: StatsStore = new MemoryStatsStore(),
  clock: Clock = { now: () => Date.now() },
  timings: Partial<ReadTimings> = {},
  logger: Logger = silentLogger,
) {
  const record = new MemoryRecord({ clock })
  const ports = memoryPorts(record)
  await addPosts(ports, 3)
  await ports.ratingStore.rate([
    { postId: 1, userId: 'u1', score: 4 },
    { postId: 2, userId: 'u2', score: 0 },
  ])
  await foldAll(ports)
  const calls: string[] = []
  const away = { now: false }
  const recordAway = { now: false }
  const counted: StatsStore = {
    keeps: store.keeps,
    read: async (ids) => {
      calls.push('store.read')
      if (away.now) throw new PostRateError('UNAVAILABLE', 'Cannot reach Redis')
      return store.read(ids)
    },
    apply: (states, options) => store.apply(states, options),
    ids: () => store.ids(),
    remove: (ids) => store.remove(ids),
    mark: (set) => store.mark(set),
  }
  const reader: typeof ports.recordReader = Object.assign(Object.create(ports.recordReader), {
    read: async (...args: Parameters<typeof ports.recordReader.read>) => {
      calls.push('record.read')
      if (recordAway.now) throw new PostRateError('UNAVAILABLE', 'Cannot reach PostgreSQL')
      return ports.recordReader.read(...args)
    },
  })
  const settings = {
    load: () => {
      calls.push('settings.load')
      return ports.settingsStore.load()
    },
    change: () => Promise.reject(new Error('not here')),
  }
  const service = new ReadStats(counted, reader, new Deployment(settings), clock, logger, timings)
  return { service, calls, store, record, away, recordAway }
}
