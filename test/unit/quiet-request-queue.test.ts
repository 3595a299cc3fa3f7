import { createRequire } from 'node:module'
import FakeTimers from '@sinonjs/fake-timers'
import test from 'ava'
import {
  quietRequestQueue,
  type RequestQueue,
} from '../../packages/post-rate/src/adapters/kafka/quiet-request-queue.ts'

const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => RequestQueue & {
  checkPendingRequests(): void
}
const idleQueue = () =>
  new Queue({ requestTimeout: 1_000, maxInFlightRequests: 1, logger: { debug() {} }, isConnected: () => true })

test.serial('kafkajs goes on looking at a queue in which nothing waits', (t) => {
  const clock = FakeTimers.install()
  t.teardown(() => clock.uninstall())
  idleQueue().checkPendingRequests()
  t.true(clock.countTimers() > 0)
})

test.serial('a queue is looked at only while something waits in it', (t) => {
  quietRequestQueue()
  quietRequestQueue()
  const clock = FakeTimers.install()
  t.teardown(() => clock.uninstall())
  const queue = idleQueue()
  queue.checkPendingRequests()
  t.is(clock.countTimers(), 0)
  const sent: number[] = []
  queue.throttledUntil = Date.now() + 50
  queue.pending.push({ expectResponse: true, send: () => sent.push(Date.now()) })
  queue.checkPendingRequests()
  clock.tick(49)
  t.deepEqual(sent, [])
  clock.tick(20)
  t.is(sent.length, 1)
  t.is(clock.countTimers(), 0)
})
