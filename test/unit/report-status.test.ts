import test from 'ava'
import { PostRateError } from 'post-rate'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import type { EventBus } from '../../packages/post-rate/src/ports/event-bus.ts'
import type { RecordReader } from '../../packages/post-rate/src/ports/record-reader.ts'
import type { ServerProbe } from '../../packages/post-rate/src/ports/server-probe.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { ReportStatus, statusTimings } from '../../packages/post-rate/src/services/report-status.ts'

const answering: ServerProbe = { identify: async () => ({ version: '1', encrypted: null, pooled: false }) }
const standingStill: ServerProbe = { identify: () => new Promise(() => {}) }
const bus = { lag: () => new Promise(() => {}) } as unknown as EventBus
const clock = { now: () => Date.now(), offset: 0 }
/** A tenth of the defaults. */
const timings = { recordProbeMs: 300, probeMs: 200, patientProbeMs: 2_000, figuresMs: 150 }
/** The record's and the figures' time limit, and what a busy machine needs beside them. */
const longestMs = 300 + 150 + 400
const noRoles = { relay: null, consumer: null }

function reporting(probes: ConstructorParameters<typeof ReportStatus>[0], read?: RecordReader['read']) {
  const { outbox, leaseStore, recordReader, guardStore, auditStore, incidentStore } = memoryPorts(new MemoryRecord())
  return new ReportStatus(
    probes,
    outbox,
    leaseStore,
    bus,
    read ? Object.assign(recordReader, { read }) : recordReader,
    guardStore,
    auditStore,
    incidentStore,
    clock,
    new CounterSet(),
    timings,
  )
}

test('servers that stand still are told apart in time, beside one that answers', async (t) => {
  const status = reporting({ postgres: answering, redis: standingStill, kafka: standingStill })
  const began = performance.now()
  const { dependencies, outbox } = await status.report(noRoles)
  t.true(performance.now() - began < longestMs)
  t.like(dependencies, { postgres: { reachable: true }, redis: { reachable: false }, kafka: { reachable: false } })
  t.regex(dependencies.kafka.detail, /does not answer within 0.2 s/)
  t.is(outbox?.rows, 0)
})

test('readiness, which waits for 5 s, has the answer in time', (t) => {
  const { recordProbeMs, probeMs, figuresMs } = statusTimings
  t.deepEqual([recordProbeMs, probeMs, figuresMs], [3_000, 2_000, 1_500])
})

test('figures that do not come are unknown, and say why', async (t) => {
  const began = performance.now()
  const status = reporting({ postgres: answering, redis: null, kafka: answering })
  const { dependencies, lag, leases, unknown } = await status.report(noRoles)
  t.true(performance.now() - began < longestMs)
  t.true(dependencies.kafka.reachable)
  t.is(lag, null)
  t.deepEqual(leases, [])
  t.deepEqual(unknown, { lag: 'does not answer within 0.15 s' })
})

test('a database that answers and has no schema is told from one that has it', async (t) => {
  const missing = new PostRateError('SCHEMA_TOO_OLD', 'Run `post-rate migrate`.')
  const status = reporting({ postgres: answering, redis: null, kafka: null }, () => Promise.reject(missing))
  const { postgres } = (await status.report(noRoles)).dependencies
  t.like(postgres, { reachable: true, detail: 'Run `post-rate migrate`.' })
})

test('whoever is patient hears what a driver says in the end', async (t) => {
  const slow: ServerProbe = {
    identify: async () => {
      await new Promise((resolve) => setTimeout(resolve, 250))
      throw new Error('its certificate has expired')
    },
  }
  const status = reporting({ postgres: answering, redis: slow, kafka: null })
  const hasty = await status.report(noRoles)
  t.regex(hasty.dependencies.redis.detail, /does not answer within 0.2 s/)
  const patient = await status.report(noRoles, { patient: true })
  t.is(patient.dependencies.redis.detail, 'its certificate has expired')
})
