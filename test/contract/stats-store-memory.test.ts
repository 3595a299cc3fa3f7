import test from 'ava'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import { NoStatsStore } from '../../packages/post-rate/src/adapters/memory/no-stats-store.ts'
import { stateOf } from './states.ts'
import { idsOf, markOf, testStatsStore } from './stats-store.ts'

testStatsStore('memory', test as never, { create: () => new MemoryStatsStore() })

test('memory: a cleared store has lost its mark, and gets another identity', async (t) => {
  const store = new MemoryStatsStore()
  const { identity } = await store.mark(markOf(1))
  store.clear()
  t.is((await store.mark()).identity, null)
  t.not((await store.mark(markOf(2))).identity, identity)
})

test('no store: keeps nothing and misses nothing', async (t) => {
  const store = new NoStatsStore()
  t.false(store.keeps)
  t.deepEqual(await store.apply([stateOf(1, 1), stateOf(2, 1)]), ['same', 'same'])
  t.deepEqual(await store.read(), { states: new Map(), watermark: null, source: null })
  t.deepEqual(await idsOf(store), [])
  t.deepEqual(await store.mark(), { identity: null, watermark: null, source: null })
})
