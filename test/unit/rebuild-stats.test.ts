import { setTimeout } from 'node:timers/promises'
import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { compareCopies } from '../../packages/post-rate/src/services/compare-copies.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { HealCopies } from '../../packages/post-rate/src/services/heal-copies.ts'
import { RebuildStats } from '../../packages/post-rate/src/services/rebuild-stats.ts'
import { addPosts, foldAll } from '../contract/record.ts'

test('a wrong state is repaired in one version, however right its copy is', async (t) => {
  const { rebuild, record, store } = await rated()
  const right = record.allStates()
  await store.apply(right, { trusted: true, ceiling: 2 ** 53 })
  for (const stats of right.slice(0, 2)) record.writeState({ ...stats, counts: [7, 0, 0, 0, 0, 0] })
  const report = await rebuild.rebuild({ wait: 0 })
  t.is(report.repaired, 2)
  const versions = record.allStates().map(({ version }) => version)
  t.deepEqual(
    versions,
    right.map(({ version }, n) => version + (n < 2 ? 1 : 0)),
  )
  t.deepEqual(
    record.allStates().map(({ counts }) => counts),
    right.map(({ counts }) => counts),
  )
  t.deepEqual(await compareCopies(store, record.allStates()), [])
})

test('a copy that is wrong of a right state is brought up to date, and a dry run leaves both', async (t) => {
  const { rebuild, record, store } = await rated()
  const right = record.allStates()
  await store.apply(right.slice(1), { trusted: true, ceiling: 2 ** 53 })
  t.is((await rebuild.rebuild({ dryRun: true, wait: 0 })).repaired, 1)
  t.is((await compareCopies(store, record.allStates())).length, 1)
  t.is((await rebuild.rebuild({ wait: 0 })).repaired, 1)
  t.deepEqual(record.allStates(), right)
  t.deepEqual(await compareCopies(store, right), [])
})

test('a post that nobody rated needs no copy', async (t) => {
  const { rebuild, record, store } = await rated({ posts: 5 })
  await store.apply(record.allStates().slice(0, 3), { trusted: true, ceiling: 2 ** 53 })
  t.is((await rebuild.rebuild({ dryRun: true, wait: 0 })).repaired, 0)
})

for (const ids of [undefined, [1, 2, 3, 4, 5]])
  test(`a copy of a post that nobody rated is removed, and counts once: ${ids ? 'some posts' : 'all posts'}`, async (t) => {
    const { rebuild, record, store } = await rated({ posts: 5 })
    await store.apply(record.allStates().slice(0, 4), { trusted: true, ceiling: 2 ** 53 })
    const only = ids && { ids }
    t.is((await rebuild.rebuild({ ...only, dryRun: true, wait: 0 })).repaired, 1)
    t.is(store.peek(4)?.version, 0)
    t.is((await rebuild.rebuild({ ...only, wait: 0 })).repaired, 1)
    t.is(store.peek(4), undefined)
    t.is(store.peek(3)?.version, 1)
  })

test('a copy that became right while the ratings were counted is not among those that were wrong', async (t) => {
  const { rebuild, record, store, audit } = await rated()
  const right = record.allStates()
  await store.apply(right.slice(1), { trusted: true, ceiling: 2 ** 53 })
  const compare = audit.compare.bind(audit)
  audit.compare = async (range) => {
    await setTimeout(20)
    await store.apply(right, { trusted: true, ceiling: 2 ** 53 })
    return compare(range)
  }
  t.is((await rebuild.rebuild({ dryRun: true, wait: 0 })).repaired, 0)
})

test('a wrong copy is found also in a store that gives all it has, whatever is asked for', async (t) => {
  const { rebuild, record, store } = await rated()
  const right = record.allStates()
  await store.apply(
    right.map((stats) => ({ ...stats, activity: stats.activity + 1 })),
    { trusted: true, ceiling: 2 ** 53 },
  )
  const read = store.read.bind(store)
  store.read = (ids) => read(ids)
  t.is((await rebuild.rebuild({ dryRun: true, wait: 0 })).repaired, 3)
  t.is((await rebuild.rebuild({ wait: 0 })).repaired, 3)
  t.deepEqual(await compareCopies(store, record.allStates()), [])
})

test('a cached state that arrives within the wait was only late, and counts no more than one that was right', async (t) => {
  const { rebuild, record, store } = await rated()
  const right = record.allStates()
  await store.apply(right.slice(1), { trusted: true, ceiling: 2 ** 53 })
  void setTimeout(400).then(() => store.apply(right, { trusted: true, ceiling: 2 ** 53 }))
  t.is((await rebuild.rebuild({ wait: 5 })).repaired, 0)
  t.deepEqual(await compareCopies(store, right), [])
})

test('a cached state that is still late after the wait counts, and is repaired', async (t) => {
  const { rebuild, record, store } = await rated()
  const right = record.allStates()
  await store.apply(right.slice(1), { trusted: true, ceiling: 2 ** 53 })
  t.is((await rebuild.rebuild({ wait: 0.5 })).repaired, 1)
  t.deepEqual(await compareCopies(store, right), [])
})

test('a cached state that is wrong counts at once where its post did not change lately', async (t) => {
  const clock = { time: Date.now() }
  const { rebuild, record, store } = await rated({ clock: { now: () => clock.time } })
  await store.apply(record.allStates().slice(1), { trusted: true, ceiling: 2 ** 53 })
  clock.time += 60_000
  const began = performance.now()
  t.is((await rebuild.rebuild({})).repaired, 1)
  t.true(performance.now() - began < 5_000)
})

async function rated({ posts = 3, clock = { now: () => Date.now() } } = {}) {
  const record = new MemoryRecord({ clock })
  const ports = memoryPorts(record)
  await addPosts(ports, posts)
  await ports.ratingStore.rate([1, 2, 3].map((postId) => ({ postId, userId: 'u1', score: 4 as const })))
  await foldAll(ports)
  const store = new MemoryStatsStore()
  const deployment = new Deployment(ports.settingsStore)
  const copies = new HealCopies(ports.stateStore, store, ports.recordReader, deployment, new CounterSet(), silentLogger)
  const rebuild = new RebuildStats(ports.auditStore, ports.stateStore, store, ports.recordReader, copies)
  return { rebuild, record, store, audit: ports.auditStore }
}
