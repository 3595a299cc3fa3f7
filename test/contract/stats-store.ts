import type { ExecutionContext } from 'ava'
import type { StatsStore } from '../../packages/post-rate/src/ports/stats-store.ts'
import { eventually } from '../helpers/eventually.ts'
import type { Declare } from '../helpers/requires.ts'
import { damped, stateOf, tombstoneOf } from './states.ts'

export interface StatsStoreSubject {
  /** An empty store that nobody else uses. */
  create(t: ExecutionContext<unknown>): Promise<StatsStore> | StatsStore
}

const trusted = { trusted: true, ceiling: 2 ** 40 }
const untrusted = { trusted: false, ceiling: 2 ** 40 }

/** What every StatsStore that keeps something does. */
export function testStatsStore(name: string, test: Declare, { create }: StatsStoreSubject): void {
  test.serial(`${name}: gives back what was set, every field of it`, async (t) => {
    const store = await create(t)
    const states = [
      stateOf(1, 7),
      stateOf(2, 8),
      damped(3, 9),
      tombstoneOf(4, 10),
      stateOf(Number.MAX_SAFE_INTEGER, 11),
    ]
    t.deepEqual(await store.apply(states, trusted), Array(5).fill('written'))
    const read = await store.read([...states.map((state) => state.postId), 99, 1])
    t.deepEqual([...read.states.values()], states)
    t.is(read.watermark, null)
    t.true(store.keeps)
  })

  test.serial(`${name}: takes newer states only, in order of the states given`, async (t) => {
    const store = await create(t)
    await store.apply([stateOf(1, 10), stateOf(2, 10), stateOf(3, 10)], trusted)
    for (const options of [trusted, untrusted]) {
      const outcomes = await store.apply([stateOf(1, 9), stateOf(2, 10), stateOf(3, 10, { activity: 77 })], options)
      t.deepEqual(outcomes, ['stale', 'same', 'conflict'])
    }
    t.deepEqual(await store.apply([stateOf(1, 11), tombstoneOf(2, 11)], untrusted), ['written', 'written'])
    const { states } = await store.read([1, 2, 3])
    t.deepEqual([...states.values()], [stateOf(1, 11), tombstoneOf(2, 11), stateOf(3, 10)])
  })

  test.serial(`${name}: compares versions as numbers, up to 2^53 - 1`, async (t) => {
    const store = await create(t)
    const wide = { trusted: true, ceiling: 2 ** 53 }
    t.deepEqual(await store.apply([stateOf(1, 9), stateOf(1, 10), stateOf(1, 9)], wide), [
      'written',
      'written',
      'stale',
    ])
    const high = Number.MAX_SAFE_INTEGER
    t.deepEqual(
      await store.apply([stateOf(2, high - 1), stateOf(2, high), stateOf(2, high - 1), stateOf(2, high)], wide),
      ['written', 'written', 'stale', 'same'],
    )
    t.is((await store.read([2])).states.get(2)?.version, high)
  })

  test.serial(`${name}: a missing post is written only for a caller who vouches for it`, async (t) => {
    const store = await create(t)
    t.deepEqual(await store.apply([stateOf(1, 5), tombstoneOf(2, 5)], untrusted), ['unknown', 'unknown'])
    t.is((await store.read([1, 2])).states.size, 0)
    t.deepEqual(await store.apply([stateOf(1, 5)], trusted), ['written'])
  })

  test.serial(`${name}: a version at the ceiling is refused from others and overwritten for the record`, async (t) => {
    const store = await create(t)
    await store.apply([stateOf(1, 5)], trusted)
    t.deepEqual(await store.apply([stateOf(1, 2 ** 40), stateOf(1, 6)], untrusted), ['unknown', 'written'])
    await store.apply([stateOf(1, 2 ** 44)], { trusted: true, ceiling: 2 ** 50 })
    t.deepEqual(await store.apply([stateOf(1, 7)], untrusted), ['unknown'])
    t.deepEqual(await store.apply([stateOf(1, 7)], trusted), ['written'])
    t.is((await store.read([1])).states.get(1)?.version, 7)
  })

  test.serial(`${name}: the answer is the same for one who knows the states`, async (t) => {
    const store = await create(t)
    const stored = [
      ...Array.from({ length: 120 }, (_, n) => stateOf(n + 1, n + 1)),
      damped(121, 4),
      tombstoneOf(122, 3),
    ]
    await store.apply(stored, trusted)
    const other = stored.map((stats, n) => (n % 7 === 0 ? { ...stats, activity: stats.activity + 1 } : stats))
    const known = [...other, stateOf(123, 1)]
    const ids = known.map(({ postId }) => postId)
    const { states } = await store.read(ids, { known })
    t.deepEqual(
      stored.map(({ postId }) => states.get(postId)),
      stored,
    )
    t.is(states.size, stored.length)
    t.is((await store.read([], { known: [] })).states.size, 0)
  })

  test.serial(`${name}: one who asks only for what is equal to what he knows gets nothing else`, async (t) => {
    const store = await create(t)
    await store.apply([stateOf(1, 6), stateOf(2, 6), stateOf(3, 7), tombstoneOf(4, 6)], trusted)
    const equal = stateOf(1, 6)
    const known = [equal, { ...stateOf(2, 6), activity: 1_000_000 }, stateOf(3, 6), tombstoneOf(4, 6), stateOf(5, 6)]
    const ids = known.map(({ postId }) => postId)
    const { states } = await store.read(ids, { known, onlyKnown: true })
    t.deepEqual([...states], [[1, equal]])
  })

  test.serial(`${name}: lists and removes posts`, async (t) => {
    const store = await create(t)
    const ids = Array.from({ length: 2500 }, (_, i) => i * 7 + 1)
    await store.apply(
      ids.map((id) => stateOf(id, 1)),
      trusted,
    )
    await store.mark(markOf(1))
    t.deepEqual(
      (await idsOf(store)).sort((a, b) => a - b),
      ids,
    )
    await store.remove(ids.slice(1))
    await store.remove([...ids.slice(1), 123_456])
    t.deepEqual(await idsOf(store), [1])
    await store.remove([])
  })

  test.serial(
    `${name}: the mark is missing until it is set, keeps its identity, and gives the watermark to readers`,
    async (t) => {
      const store = await create(t)
      t.deepEqual(await store.mark(), { identity: null, watermark: null, source: null })
      const { identity, ...rest } = await store.mark(markOf(1000))
      t.deepEqual(rest, markOf(1000))
      t.truthy(identity)
      t.deepEqual(await store.mark(), { identity, ...markOf(1000) })
      t.deepEqual(await store.mark(markOf(2000)), { identity, ...markOf(2000) })
      t.like(await store.read([1, 2, 3]), markOf(2000))
      t.like(await store.mark({ watermark: 2000, source: 'another' }), { identity, source: 'another' })
      t.is((await store.read([1])).source, 'another')
    },
  )

  test.serial(`${name}: of two deployments one takes an empty store, and is its source from then on`, async (t) => {
    const store = await create(t)
    const names = ['one', 'another', 'a third', 'a fourth']
    const marks = await Promise.all(names.map((source) => store.mark({ source, holdMs: 60_000 })))
    const holder = marks[0]?.holder as string
    t.true(names.includes(holder))
    t.true(marks.every((mark) => mark.holder === holder))
    t.like(await store.read([1]), { source: holder, watermark: null })
    // It is held and not filled: nothing may be promised of it.
    t.is((await store.mark()).identity, null)
    const other = names.find((one) => one !== holder) as string
    t.is((await store.mark({ source: other, watermark: 5, holdMs: 60_000 })).holder, holder)
    t.like(await store.mark(), { source: holder, watermark: null, identity: null })
    t.like(await store.mark({ source: holder, watermark: 7, holdMs: 60_000 }), { holder, source: holder, watermark: 7 })
  })

  test.serial(`${name}: a store that a deployment left has no source until the next one has filled it`, async (t) => {
    const store = await create(t)
    await store.mark({ source: 'one', watermark: 5, holdMs: 50 })
    await eventually(async () => (await store.mark({ source: 'another', holdMs: 60_000 })).holder === 'another')
    const { source, watermark } = await store.read([1])
    t.false(['one', 'another', null].includes(source))
    t.is(watermark, null)
    t.is((await store.mark({ source: 'one', holdMs: 60_000 })).holder, 'another')
    t.like(await store.mark({ source: 'another', watermark: 9, holdMs: 60_000 }), { source: 'another', watermark: 9 })
  })

  test.serial(`${name}: nothing in, nothing out`, async (t) => {
    const store = await create(t)
    t.deepEqual(await store.apply([], trusted), [])
    t.is((await store.read([])).states.size, 0)
    t.deepEqual(await idsOf(store), [])
  })

  test.serial(`${name}: racing writers leave the newest`, async (t) => {
    const store = await create(t)
    const versions = Array.from({ length: 300 }, (_, i) => i + 1).sort(() => Math.random() - 0.5)
    await Promise.all(versions.map((version) => store.apply([stateOf(1, version), stateOf(2, version)], trusted)))
    const { states } = await store.read([1, 2])
    t.deepEqual([...states.values()], [stateOf(1, 300), stateOf(2, 300)])
  })
}

export function markOf(watermark: number): { watermark: number; source: string } {
  return { watermark, source: 'this deployment' }
}

export async function idsOf(store: StatsStore): Promise<number[]> {
  const found = new Set<number>()
  for await (const ids of store.ids()) for (const id of ids) found.add(id)
  return [...found]
}
