import type { DependencyStatus, RoleStatus, Status } from '../api.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { LeaseStore } from '../ports/lease-store.ts'
import type { Outbox } from '../ports/outbox.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { ServerProbe } from '../ports/server-probe.ts'
import type { CounterSet } from './counters.ts'

/** The probes of what is configured; null where it is not. */
export interface Probes {
  postgres: ServerProbe
  redis: ServerProbe | null
  kafka: ServerProbe | null
}

export interface StatusClock {
  now(): number
  readonly offset: number | null
}

/** What this process and its dependencies are doing; answers also while some of them are away. */
export class ReportStatus {
  readonly #probes: Probes
  readonly #outbox: Outbox
  readonly #leases: LeaseStore
  readonly #bus: EventBus
  readonly #record: RecordReader
  readonly #clock: StatusClock
  readonly #counters: CounterSet
  #lastFolded: { events: number; at: number } | null = null

  constructor(
    probes: Probes,
    outbox: Outbox,
    leases: LeaseStore,
    bus: EventBus,
    record: RecordReader,
    clock: StatusClock,
    counters: CounterSet,
  ) {
    this.#probes = probes
    this.#outbox = outbox
    this.#leases = leases
    this.#bus = bus
    this.#record = record
    this.#clock = clock
    this.#counters = counters
  }

  async report(roles: { relay: RoleStatus | null; consumer: RoleStatus | null }): Promise<Status> {
    const [postgres, redis, kafka] = await Promise.all([
      probe(this.#probes.postgres),
      probe(this.#probes.redis),
      probe(this.#probes.kafka),
    ])
    const [backlog, leases, record, lag] = await Promise.all([
      postgres.reachable ? orNull(this.#outbox.backlog()) : null,
      postgres.reachable ? orNull(this.#leases.list()) : null,
      postgres.reachable ? orNull(this.#record.read([], [], true)) : null,
      kafka.reachable ? orNull(this.#bus.lag()) : null,
    ])
    return {
      dependencies: { postgres, redis, kafka },
      outbox: backlog && { rows: backlog.rows, oldestSeconds: backlog.oldestSeconds },
      leases: leases ?? [],
      lag: lag ?? [],
      freshnessSeconds: record?.watermark == null ? null : Math.max(0, (this.#clock.now() - record.watermark) / 1000),
      clockOffsetMs: this.#clock.offset,
      ratingsPerSecond: backlog ? this.#rate(backlog.folded) : null,
      roles,
      counters: { ...this.#counters },
    }
  }

  #rate(events: number): number | null {
    const at = performance.now()
    const last = this.#lastFolded
    this.#lastFolded = { events, at }
    return last === null || at - last.at < 100 ? null : Math.max(0, (1000 * (events - last.events)) / (at - last.at))
  }
}

async function probe(server: ServerProbe | null): Promise<DependencyStatus> {
  if (server === null) return { configured: false, reachable: false, version: null, detail: '' }
  try {
    return { configured: true, reachable: true, version: await server.version(), detail: '' }
  } catch (error) {
    return { configured: true, reachable: false, version: null, detail: (error as Error).message }
  }
}

/** A status is best effort: what cannot be read is left empty, and its dependency says why. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch(() => null)
}
