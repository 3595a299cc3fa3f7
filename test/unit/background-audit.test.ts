import test, { type ExecutionContext } from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import type { Bypass } from '../../packages/post-rate/src/ports/schema.ts'
import { BackgroundAudit } from '../../packages/post-rate/src/services/background-audit.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import type { AuditTimings } from '../../packages/post-rate/src/services/timings.ts'
import { addPosts, foldAll } from '../contract/record.ts'
import { eventually } from '../helpers/eventually.ts'

const disabled: Bypass = { what: 'trigger ratings_inserted', state: 'disabled', remedy: 'enable it' }
const quick: Partial<AuditTimings> = { lookEveryMs: 5 }

test('a pass goes through all posts, in ranges that take as long as they should', async (t) => {
  const { record, audit, counters } = await auditing(t, { posts: 120, timings: { rangeMs: 0 } })
  const nextRange = async (audited: number) => {
    record.audit.rangeAt = 0
    await eventually(() => counters.audited === audited)
  }
  audit.start()
  await nextRange(120)
  t.not(record.audit.passedAt, null)
  // All of them took too long: it goes on with the fewest.
  loseCounts(record, [1, 60, 120])
  await nextRange(170)
  t.like(record.audit, { last: 50, posts: 50, repaired: 1 })
  await nextRange(220)
  await nextRange(240)
  t.like(record.audit, { last: 0, posts: 0, repaired: 3 })
  t.is(counters.repaired, 3)
})

test('the next range waits for its share of the pass, or until the load is below its limit', async (t) => {
  const { record, audit, counters, ports } = await auditing(t, { posts: 4, hours: 24 })
  record.audit.rangeAt = 0
  audit.start()
  await eventually(() => counters.audited === 4)
  loseCounts(record, [1])
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.is(counters.repaired, 0)
  // Half a pass ago is not long enough, a whole one is.
  record.audit.rangeAt -= 12 * 3_600_000
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.is(counters.repaired, 0)
  record.audit.rangeAt -= 12 * 3_600_000
  await eventually(() => counters.repaired === 1)
  t.deepEqual(await ports.auditStore.compareOnly([1]), [])
})

test('a slow database is compared less often than the pass would have it', async (t) => {
  const { record, audit, counters, ports } = await auditing(t, { posts: 4, hours: 0.01, timings: { load: 0.001 } })
  const compare = ports.auditStore.compare.bind(ports.auditStore)
  ports.auditStore.compare = async (range) => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return compare(range)
  }
  record.audit.rangeAt = 0
  audit.start()
  await eventually(() => counters.audited === 4)
  // The pass alone would be due again after 36 s, the load after 100 s.
  record.audit.rangeAt -= 60_000
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.is(counters.audited, 4)
  record.audit.rangeAt -= 60_000
  await eventually(() => counters.audited === 8)
})

test('after a restore everything is compared at once', async (t) => {
  const { record, audit, counters, said } = await auditing(t, { posts: 30 })
  loseCounts(record, [7])
  record.audit.tables = 'others'
  audit.start()
  await eventually(() => record.audit.tables === record.history)
  t.is(counters.repaired, 1)
  t.deepEqual(said, [
    'the database was restored: comparing every post with its ratings',
    'ratings had bypassed the triggers: the background audit counted them',
  ])
})

test('after triggers did not fire everything is compared, as soon as they do, also by another process', async (t) => {
  const { record, audit, counters, bypasses, another } = await auditing(t, { posts: 30 })
  bypasses.push(disabled)
  audit.start()
  await eventually(() => record.audit.bypassed)
  loseCounts(record, [7])
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.is(counters.repaired, 0)
  await audit.stop()
  bypasses.pop()
  another().start()
  await eventually(() => !record.audit.bypassed)
  t.is(counters.repaired, 1)
})

test('one of several processes audits, and none where it is off', async (t) => {
  const { record, audit, counters, state } = await auditing(t, { posts: 4 })
  record.audit.tables = 'others'
  state.leads = false
  audit.start()
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.is(counters.audited, 0)
  const off = await auditing(t, { posts: 4, hours: 0 })
  off.record.audit.tables = 'others'
  off.audit.start()
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.is(off.counters.audited, 0)
  state.leads = true
  await eventually(() => counters.audited === 4)
})

interface Auditing {
  posts: number
  hours?: number
  timings?: Partial<AuditTimings>
}

/** Rated and folded posts, and an audit of them that has not been started. */
async function auditing(t: ExecutionContext, { posts, hours = 24, timings = {} }: Auditing) {
  const record = new MemoryRecord()
  record.deployment.settings.audit = hours
  const ports = memoryPorts(record)
  await addPosts(ports, posts)
  await ports.ratingStore.rate(Array.from({ length: posts }, (_, n) => ({ postId: n + 1, userId: 'u', score: 4 })))
  await foldAll(ports)
  const [counters, said, bypasses, state] = [new CounterSet(), [] as string[], [] as Bypass[], { leads: true }]
  const logger = { debug: () => {}, info: () => {}, warn: (message: string) => said.push(message), error: () => {} }
  const schema = { ...ports.schema, bypasses: async () => [...bypasses] }
  const make = () => {
    const deployment = new Deployment(ports.settingsStore)
    const all = { ...quick, ...timings }
    const made = new BackgroundAudit(ports.auditStore, schema, deployment, counters, logger, () => state.leads, all)
    t.teardown(() => made.stop())
    return made
  }
  return { record, ports, counters, said, bypasses, state, audit: make(), another: make }
}

/** What a rating that bypassed the triggers leaves: a state that lacks it. */
function loseCounts(record: MemoryRecord, ids: readonly number[]): void {
  for (const id of ids) {
    const stats = record.stateOf(id)
    if (stats) record.writeState({ ...stats, counts: [0, 0, 0, 0, 0, 0] })
  }
}
