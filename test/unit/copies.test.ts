import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { compareCopies } from '../../packages/post-rate/src/services/compare-copies.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { Deployment, floorAbove } from '../../packages/post-rate/src/services/deployment.ts'
import { HealCopies } from '../../packages/post-rate/src/services/heal-copies.ts'
import { ProjectStats } from '../../packages/post-rate/src/services/project-stats.ts'
import { ReconcileStats } from '../../packages/post-rate/src/services/reconcile-stats.ts'
import { addPosts, foldAll } from '../contract/record.ts'
import { idsOf } from '../contract/stats-store.ts'
import { eventually } from '../helpers/eventually.ts'

/** The comparison of everything keeps its 20 s, so that no test is passed by it. */
const timings = { roundPauseMs: 20, againEveryMs: 200, renewEveryMs: 100 }
const forced = { trusted: true, ceiling: 2 ** 53 }

test('heal: what is missing or behind is brought up to date, and the rest is left', async (t) => {
  const { healer, states, store, counters } = await copying()
  await store.apply([{ ...state(states, 1), version: 0 }, state(states, 2)], forced)
  t.is(await healer.heal(states), 1 + 1)
  t.is(counters.reconciled, 2)
  t.deepEqual(await compareCopies(store, states), [])
  t.is(await healer.heal(states), 0)
  // Nobody rated post 4: it needs no copy.
  t.deepEqual((await idsOf(store)).sort(), [1, 2, 3])
})

test('heal: another content at the same version is replaced by raising the version', async (t) => {
  const { healer, states, store, record } = await copying()
  await healer.heal(states)
  const { version } = state(states, 1)
  await store.remove([1])
  await store.apply([{ ...state(states, 1), activity: 77 }], forced)
  t.is(await healer.heal(states), 1)
  t.is(record.stateOf(1)?.version, version + 1)
  t.is(record.deployment.versionFloor, 0)
  t.deepEqual(await compareCopies(store, record.allStates()), [])
})

test('heal: a copy ahead of the record raises the floor above it', async (t) => {
  const { healer, states, store, record } = await copying()
  await store.apply([{ ...state(states, 1), version: 1_000 }], forced)
  t.is(await healer.heal(states), 2 + 1)
  t.is(record.deployment.versionFloor, 2 ** 40)
  t.is(record.stateOf(1)?.version, 2 ** 40 + 1)
  t.deepEqual(await compareCopies(store, record.allStates()), [])
})

test('heal: a version that no database could have given is overwritten, and never raises the floor', async (t) => {
  const { healer, states, store, record } = await copying()
  await store.apply([{ ...state(states, 1), version: 16 * 2 ** 40 }], forced)
  await healer.heal(states)
  t.is(record.deployment.versionFloor, 0)
  t.deepEqual(await compareCopies(store, states), [])
})

test('heal: a tombstone replaces what is there, is healed like any state, and does not come back', async (t) => {
  const { healer, states, store, record, ports } = await copying()
  await healer.heal(states)
  await ports.postStore.delete(1)
  await ports.postStore.delete(2)
  await foldAll(ports)
  await store.remove([2])
  await healer.heal(record.allStates())
  t.deepEqual((await idsOf(store)).sort(), [1, 3])
  t.true((await store.read([1])).states.get(1)?.deleted)
  for (const wrong of [{ version: 900 }, { activity: 9 }]) {
    await store.remove([1])
    await store.apply([{ ...state(record.allStates(), 1), ...wrong, deleted: false }], forced)
    t.is((await compareCopies(store, record.allStates())).length, 1)
    await healer.heal(record.allStates())
    t.deepEqual(await compareCopies(store, record.allStates()), [], JSON.stringify(wrong))
  }
})

test('reconcile: a copy that was read before the deletion, and arrives after it, is buried in the next rounds', async (t) => {
  const { ports, states, store, reconciler, record, compared, rounds } = await copying(t)
  await compared()
  await ports.postStore.delete(1)
  await foldAll(ports)
  await store.remove([1])
  await rounds(2)
  await store.apply([state(states, 1)], forced)
  await eventually(async () => (await compareCopies(store, record.allStates())).length === 0, { timeout: 4_000 })
  t.true((await store.read([1])).states.get(1)?.deleted)
  await reconciler.stop()
})

test('reconcile: after the floor rose everything is compared at once, also posts that the record never rated', async (t) => {
  const { ports, states, store, reconciler, record, compared } = await copying(t)
  await compared()
  await store.apply([{ ...state(states, 1), postId: 4 }], forced)
  await ports.stateStore.raiseFloor(floorAbove(record.deployment.versionFloor))
  await eventually(async () => !(await idsOf(store)).includes(4), { timeout: 10_000 })
  t.deepEqual(await compareCopies(store, record.allStates()), [])
  await reconciler.stop()
})

test('heal: posts that the record does not know, or that nobody rated, are removed', async (t) => {
  const { healer, states, store } = await copying()
  await healer.heal(states)
  await store.apply(
    [
      { ...state(states, 1), postId: 99 },
      { ...state(states, 4), version: 1 },
    ],
    forced,
  )
  t.deepEqual(await healer.unknown([1, 4, 99, 99]), [4, 99])
  t.deepEqual(await healer.removeUnknown([1, 2, 4, 99]), [4, 99])
  t.deepEqual((await idsOf(store)).sort(), [1, 2, 3])
})

test('heal: a damaged tombstone is removed', async (t) => {
  const { healer, states, store, record, ports } = await copying()
  await healer.heal(states)
  await ports.postStore.delete(1)
  await ports.postStore.delete(2)
  await foldAll(ports)
  await healer.heal(record.allStates())
  const read = store.read.bind(store)
  store.read = async (ids) => {
    const found = await read(ids)
    return { ...found, states: new Map([...found.states].filter(([id]) => id !== 1)) }
  }
  t.deepEqual(await healer.removeUnknown([1, 2, 3]), [1])
  t.deepEqual((await idsOf(store)).sort(), [2, 3])
})

test('heal: when the floors are used up, a copy ahead is overruled by its post alone', async (t) => {
  const { healer, states, store, record } = await copying()
  record.deployment = { ...record.deployment, versionFloor: floorAbove(2 ** 53) }
  const { versionFloor } = record.deployment
  for (let forged = 1; forged < 4; forged++) {
    const ahead = versionFloor + forged * 2 ** 41
    await store.remove([1])
    await store.apply([{ ...state(states, 1), version: ahead, activity: 77 }], forced)
    await healer.heal(record.allStates())
    t.is(record.deployment.versionFloor, versionFloor)
    t.is(record.stateOf(1)?.version, ahead + 1)
    t.deepEqual(await compareCopies(store, record.allStates()), [])
  }
  t.true(versionFloor + 16 * 2 ** 40 < Number.MAX_SAFE_INTEGER)
})

test('project: a message moves a copy that is known; an unknown or forged one is read again from the record', async (t) => {
  const { projector, states, store, counters, record } = await copying()
  await store.apply(
    [
      { ...state(states, 1), version: 0 },
      { ...state(states, 2), version: 0 },
    ],
    forced,
  )
  const forged = { ...state(states, 2), version: 2 ** 40, counts: [0, 0, 0, 0, 0, 9] as const }
  const stranger = { ...state(states, 1), postId: 99 }
  let heartbeats = 0
  await projector.apply(
    [state(states, 1), forged, state(states, 3), stranger, { ...state(states, 4), version: 5 }],
    async () => {
      heartbeats++
    },
  )
  const copies = (await store.read([1, 2, 3, 4, 99])).states
  t.deepEqual([...copies.values()], [1, 2, 3].map((id) => record.stateOf(id)) as PostStats[])
  t.is(counters.applied, 3)
  t.is(heartbeats, 1)
})

test('project: older messages are counted as stale, tombstones written over what is there only', async (t) => {
  const { projector, states, store, counters, ports, record } = await copying()
  await store.apply(states.slice(0, 3), forced)
  await projector.apply([{ ...state(states, 1), version: 0 }, state(states, 2)], async () => {})
  t.is(counters.stale, 1)
  await ports.postStore.delete(1)
  await ports.postStore.delete(2)
  await foldAll(ports)
  await store.remove([2])
  await projector.apply(
    [1, 2].flatMap((id) => record.stateOf(id) ?? []),
    async () => {},
  )
  t.true((await store.read([1])).states.get(1)?.deleted)
  t.false((await store.read([2])).states.has(2))
})

test('project: other figures at the same version are not believed', async (t) => {
  const { projector, states, store } = await copying()
  await store.apply(states.slice(0, 3), forced)
  await projector.apply([{ ...state(states, 1), activity: 50 }], async () => {})
  t.deepEqual((await store.read([1])).states.get(1), state(states, 1))
})

test('project: a position is committed only after the store took everything', async (t) => {
  const { projector, states, store } = await copying()
  store.apply = () => Promise.reject(new Error('away'))
  let heartbeats = 0
  await t.throwsAsync(
    projector.apply(states, async () => {
      heartbeats++
    }),
    { message: 'away' },
  )
  t.is(heartbeats, 0)
})

test('reconcile: an emptied store is whole again, quiet posts included, before it gets its mark', async (t) => {
  const { reconciler, store, states, record } = await copying(t)
  let complete = true
  const mark = store.mark.bind(store)
  store.mark = async (set) => {
    if (set?.watermark !== undefined) complete &&= (await compareCopies(store, record.allStates())).length === 0
    return mark(set)
  }
  reconciler.start()
  await eventually(async () => (await store.mark()).watermark !== null)
  t.deepEqual(await compareCopies(store, states), [])
  store.clear()
  await eventually(async () => (await store.mark()).watermark !== null)
  t.deepEqual(await compareCopies(store, states), [])
  t.true(complete)
})

test('reconcile: what changed while nobody looked is copied before the mark says so', async (t) => {
  const { store, record, ports, clock, compared } = await copying(t)
  await compared()
  await ports.ratingStore.rate([{ postId: 1, userId: 'late', score: 0 }])
  await foldAll(ports)
  // A minute in which the relay went on and no reconciler looked.
  clock.time += 60_000
  await foldAll(ports)
  await eventually(async () => ((await store.mark()).watermark ?? 0) >= clock.time)
  t.deepEqual((await store.read([1])).states.get(1), record.stateOf(1))
})

test('reconcile: a database that was restored gets a floor above everything', async (t) => {
  const { reconciler, record } = await copying(t)
  record.physical.now = 'restored'
  reconciler.start()
  await eventually(() => record.deployment.versionFloor === 2 ** 40)
  t.is(record.physical.known, 'restored')
  t.is(reconciler.problem(), '')
})

test('reconcile: one of several works, and another takes over', async (t) => {
  const first = await copying(t)
  first.reconciler.start()
  await eventually(async () => (await first.store.mark()).watermark !== null)
  const [lease] = await first.ports.leaseStore.list()
  const second = first.another()
  second.start()
  await sleep(50)
  t.like((await first.ports.leaseStore.list())[0], { holder: lease?.holder })
  await first.reconciler.stop()
  first.store.clear()
  await eventually(async () => (await first.store.mark()).watermark !== null, { timeout: 20_000 })
  t.not((await first.ports.leaseStore.list())[0]?.holder, lease?.holder)
})

/** Posts 1 to 4, of which the last has no ratings; an empty store. */
async function copying(t?: ExecutionContext<unknown>) {
  const clock = { time: Date.now() }
  const record = new MemoryRecord({ clock: { now: () => clock.time } })
  const ports = memoryPorts(record)
  await addPosts(ports, 4)
  await ports.ratingStore.rate([1, 2, 3].map((postId) => ({ postId, userId: 'u', score: 4 })))
  await foldAll(ports)
  const store = new MemoryStatsStore()
  const deployment = new Deployment(ports.settingsStore, 0.1)
  const counters = new CounterSet()
  const { recordReader, stateStore, leaseStore } = ports
  const healer = new HealCopies(stateStore, store, recordReader, deployment, counters, silentLogger)
  const projector = new ProjectStats(store, recordReader, deployment, counters)
  const another = () => {
    const one = new ReconcileStats(
      stateStore,
      store,
      healer,
      leaseStore,
      deployment,
      record.clock,
      silentLogger,
      timings,
    )
    t?.teardown(() => one.stop())
    return one
  }
  const states = record.allStates()
  const reconciler = another()
  /** Starts the reconciler and waits for its first comparison of everything. The next one is far. */
  const compared = async () => {
    await store.apply([{ ...state(states, 1), postId: 99 }], forced)
    reconciler.start()
    await eventually(async () => (await store.mark()).watermark !== null)
    await eventually(async () => (await store.read([99])).states.size === 0)
  }
  /** Waits until so many rounds over the recent changes have begun and ended. */
  const rounds = async (count: number) => {
    const { mark } = store
    let marked = 0
    store.mark = (set) => {
      if (set?.watermark !== undefined) marked++
      return mark.call(store, set)
    }
    // The first one may have begun before.
    await eventually(() => marked > count, { interval: 1 })
    store.mark = mark
  }
  return { record, ports, store, healer, projector, reconciler, another, counters, states, clock, compared, rounds }
}

function state(states: PostStats[], postId: number): PostStats {
  const found = states.find((stats) => stats.postId === postId)
  if (found === undefined) throw new Error(`no state of ${postId}`)
  return found
}
