import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { DirectEventBus } from '../../packages/post-rate/src/adapters/memory/direct-event-bus.ts'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { RelayOutbox } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { addPosts } from '../contract/record.ts'
import { eventually } from '../helpers/eventually.ts'

test('a batch that is too large for its transaction is folded in smaller ones, and grows again', async (t) => {
  const ports = memoryPorts(new MemoryRecord())
  await addPosts(ports, 1)
  await ports.ratingStore.rate(Array.from({ length: 400 }, (_, n) => ({ postId: 1, userId: `u${n}`, score: 3 })))
  const limits: number[] = []
  let largest = 150
  let slow = false
  const { outbox } = ports
  const fold = outbox.fold.bind(outbox)
  outbox.fold = async (shard, limit, foldBatch) => {
    limits.push(limit)
    if (limit > largest) throw new Error('canceling statement due to statement timeout')
    if (slow) await sleep(60)
    return fold(shard, limit, foldBatch)
  }
  const relay = new RelayOutbox(
    outbox,
    new DirectEventBus(),
    ports.leaseStore,
    new Deployment(ports.settingsStore),
    new CounterSet(),
    silentLogger,
    null,
    { retryMs: 10, slowFoldMs: 50 },
  )
  t.teardown(() => relay.stop())
  relay.start()
  await eventually(async () => (await outbox.backlog()).rows === 0, { timeout: 20_000 })
  t.deepEqual(limits.slice(0, 7), [10_000, 5_000, 2_500, 1_250, 625, 312, 156])
  slow = true
  largest = 10_000
  limits.length = 0
  await eventually(() => limits.length >= 3)
  t.is(limits[2], limits[1], 'a fold that is slow already does not grow')
  slow = false
  await eventually(() => limits.at(-1) === 10_000)
})
