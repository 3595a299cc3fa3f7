import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { HealCopies } from '../../packages/post-rate/src/services/heal-copies.ts'
import { VerifyStats } from '../../packages/post-rate/src/services/verify-stats.ts'
import { addPosts, foldAll } from '../contract/record.ts'

const forced = { trusted: true, ceiling: 2 ** 53 }

test('a cached state that a rating moved beyond the state read before it is not ahead', async (t) => {
  const { verify, store, record, rate } = await verified()
  await store.apply(record.allStates(), forced)
  let raced = false
  const read = store.read.bind(store)
  store.read = async (...args) => {
    if (!raced) {
      raced = true
      await rate('late')
      await store.apply(record.allStates(), forced)
    }
    return read(...args)
  }
  t.like(await verify.verify({ wait: 0 }), { drift: [], checked: 2 })
  t.true(raced)
})

test('a cached state that is ahead of the database is drift at once', async (t) => {
  const { verify, store, record } = await verified()
  const [first, second] = record.allStates() as [PostStats, PostStats]
  await store.apply([{ ...first, version: first.version + 7 }, second], forced)
  const { drift } = await verify.verify({ wait: 0 })
  t.deepEqual(
    drift.map(({ postId, kind }) => [postId, kind]),
    [[first.postId, 'ahead']],
  )
})

test('the wait begins when everything was compared, however long that took', async (t) => {
  const { verify, store, record, audit } = await verified()
  const compare = audit.compare.bind(audit)
  audit.compare = async (range) => {
    await new Promise((resolve) => setTimeout(resolve, 600))
    return compare(range)
  }
  const verifying = verify.verify({ wait: 0.5 })
  setTimeout(() => void store.apply(record.allStates(), forced), 750)
  t.deepEqual((await verifying).drift, [])
})

/** Two rated posts, an empty store. */
async function verified() {
  const record = new MemoryRecord({ clock: { now: () => Date.now() } })
  const ports = memoryPorts(record)
  await addPosts(ports, 2)
  const rate = async (userId: string) => {
    const rated = await ports.ratingStore.rate([1, 2].map((postId) => ({ postId, userId, score: 4 as const })))
    await foldAll(ports)
    return rated
  }
  await rate('first')
  const store = new MemoryStatsStore()
  const { auditStore: audit, stateStore, recordReader, outbox } = ports
  const deployment = new Deployment(ports.settingsStore)
  const copies = new HealCopies(stateStore, store, recordReader, deployment, new CounterSet(), silentLogger)
  const verify = new VerifyStats(audit, stateStore, store, recordReader, outbox, copies)
  return { verify, store, record, rate, audit }
}
