import { isAhead } from '../domain/display-window.ts'
import { isoTime } from '../domain/time.ts'
import { isPostRateError } from '../errors.ts'
import type { AuditProgress, AuditStore } from '../ports/audit-store.ts'
import type { EventBus, PartitionLag } from '../ports/event-bus.ts'
import type { GuardStore } from '../ports/guard-store.ts'
import type { IncidentFigures, IncidentStore } from '../ports/incident-store.ts'
import type { Lease, LeaseStore } from '../ports/lease-store.ts'
import type { ClockSetBack, Outbox } from '../ports/outbox.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { ServerProbe } from '../ports/server-probe.ts'
import type { CounterSet, Counters } from './counters.ts'

export interface RoleStatus {
  /** False: stopped, or making no progress. Readiness depends on it. */
  healthy: boolean
  /** What is wrong, in one sentence; empty when nothing is. */
  detail: string
}

export interface DependencyStatus {
  configured: boolean
  reachable: boolean
  /** Version of the server, when it is known. */
  version: string | null
  /** Whether the connection is encrypted; null where that is not known, and where there is none. */
  encrypted: boolean | null
  /** Whether a pooler, such as PgBouncer, is in between. */
  pooled: boolean
  /** What is wrong and what to do, also of a server that can be reached; empty when nothing is. */
  detail: string
}

/** What the background audit has done. Times are ISO 8601, null for never. */
export interface AuditStatus {
  /** Posts that this pass has compared with their ratings. */
  posts: number
  /** When the last whole pass ended. */
  passedAt: string | null
  /** Posts that it ever repaired, and when the last one. */
  repaired: number
  repairedAt: string | null
}

/** A figure that a server is asked for. */
export type UnknownFigure = 'outbox' | 'leases' | 'freshnessSeconds' | 'guardedPosts' | 'audit' | 'incidents' | 'lag'

/** What this process and its dependencies are doing. Nothing in it is secret. */
export interface Status {
  dependencies: { postgres: DependencyStatus; redis: DependencyStatus; kafka: DependencyStatus }
  /** Null where it is unknown. Above 1,000 `rows` is an estimate. */
  outbox: { rows: number; oldestSeconds: number } | null
  /** Null where they are unknown; empty where no relay has ever run. */
  leases: Lease[] | null
  /** Null where it is unknown; empty without Kafka, and before the topic is made. */
  lag: PartitionLag[] | null
  /** Why figures are unknown, by their names here. */
  unknown: Partial<Record<UnknownFigure, string>>
  /**
   * Age of the record's watermark in seconds: how long ago everything was folded. Null where it is unknown. Negative where
   * the database's clock was set back, until a relay has noticed.
   */
  freshnessSeconds: number | null
  /** Database clock minus this process's clock, milliseconds. */
  clockOffsetMs: number | null
  /** Where a relay found within a day that the database's clock had been ahead, when and by how much; otherwise null. */
  clockSetBack: ClockSetBack | null
  /** How far the background audit is, all processes together. Null where that is unknown. */
  audit: AuditStatus | null
  /** Changes of ratings folded per second, all relays together, since the status before this one; null at the first. */
  ratingsPerSecond: number | null
  /** Posts that the spike guard is armed for. Null where that is unknown. */
  guardedPosts: number | null
  /** Open incidents, and webhook deliveries that were given up. Null where that is unknown. */
  incidents: IncidentFigures | null
  roles: { relay: RoleStatus | null; consumer: RoleStatus | null }
  counters: Counters
}

/** The probes of what is configured; null where it is not. */
export interface Probes {
  postgres: ServerProbe
  redis: ServerProbe | null
  kafka: ServerProbe | null
}

/** Time limits of a status. Production uses {@link statusTimings}; tests pass shorter ones. */
export interface StatusTimings {
  /** Time limit of the question to PostgreSQL. Together with `figuresMs` it is shorter than the 5 s of readiness. */
  recordProbeMs: number
  /** Time limit of the question to any other server. */
  probeMs: number
  /** Time limit of each question where the caller is patient. */
  patientProbeMs: number
  /** Time limit of each figure, after the servers have answered. */
  figuresMs: number
}

export const statusTimings: StatusTimings = {
  recordProbeMs: 3_000,
  probeMs: 2_000,
  patientProbeMs: 20_000,
  figuresMs: 1_500,
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
  readonly #guard: GuardStore
  readonly #audit: AuditStore
  readonly #incidents: IncidentStore
  readonly #clock: StatusClock
  readonly #counters: CounterSet
  readonly #timings: StatusTimings
  #lastFolded: { events: number; at: number } | null = null

  constructor(
    probes: Probes,
    outbox: Outbox,
    leases: LeaseStore,
    bus: EventBus,
    record: RecordReader,
    guard: GuardStore,
    audit: AuditStore,
    incidents: IncidentStore,
    clock: StatusClock,
    counters: CounterSet,
    timings: Partial<StatusTimings> = {},
  ) {
    this.#probes = probes
    this.#outbox = outbox
    this.#leases = leases
    this.#bus = bus
    this.#record = record
    this.#guard = guard
    this.#audit = audit
    this.#incidents = incidents
    this.#clock = clock
    this.#counters = counters
    this.#timings = { ...statusTimings, ...timings }
  }

  /**
   * Within 4.5 s: a server that stands still must not make those who ask for readiness wait. `patient`: whoever asks wants
   * to hear what a driver has to say after all its attempts.
   */
  async report(
    roles: { relay: RoleStatus | null; consumer: RoleStatus | null },
    { patient = false }: { patient?: boolean } = {},
  ): Promise<Status> {
    const { recordProbeMs, probeMs, patientProbeMs, figuresMs } = this.#timings
    const [postgres, redis, kafka] = await Promise.all([
      probe(this.#probes.postgres, patient ? patientProbeMs : recordProbeMs),
      probe(this.#probes.redis, patient ? patientProbeMs : probeMs),
      probe(this.#probes.kafka, patient ? patientProbeMs : probeMs),
    ])
    let schemaProblem = ''
    const noteSchema = (error: unknown) => {
      if (isPostRateError(error) && error.code === 'SCHEMA_TOO_OLD') schemaProblem = error.message
      throw error
    }
    const unknown: Status['unknown'] = {}
    /** A status is best effort: what cannot be read is unknown, and says why. */
    const ask = async <T>(name: UnknownFigure, server: DependencyStatus, work: () => Promise<T>): Promise<T | null> => {
      try {
        if (!server.reachable) throw new Error(server.detail)
        return await within(patient ? patientProbeMs : figuresMs, work())
      } catch (error) {
        unknown[name] = error instanceof Error ? error.message : String(error)
        return null
      }
    }
    const [backlog, leases, record, guardedPosts, audit, incidents, lag] = await Promise.all([
      ask('outbox', postgres, () => this.#outbox.backlog()),
      ask('leases', postgres, () => this.#leases.list()),
      ask('freshnessSeconds', postgres, () => this.#record.read([], [], true).catch(noteSchema)),
      ask('guardedPosts', postgres, () => this.#guard.count()),
      ask('audit', postgres, () => this.#audit.progress()),
      ask('incidents', postgres, () => this.#incidents.figures()),
      kafka.configured ? ask('lag', kafka, () => this.#bus.lag()) : [],
    ])
    return {
      dependencies: { postgres: { ...postgres, detail: postgres.detail || schemaProblem }, redis, kafka },
      outbox: backlog && { rows: backlog.rows, oldestSeconds: backlog.oldestSeconds },
      leases,
      lag,
      unknown,
      freshnessSeconds: freshness(record?.watermark ?? null, this.#clock.now()),
      clockOffsetMs: this.#clock.offset,
      clockSetBack: backlog?.clockSetBack ?? null,
      audit: audit && auditStatus(audit),
      ratingsPerSecond: backlog ? this.#rate(backlog.folded) : null,
      guardedPosts,
      incidents,
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

function auditStatus({ posts, passedAt, repaired, repairedAt }: AuditProgress): AuditStatus {
  const iso = (time: number | null) => (time === null ? null : isoTime(time))
  return { posts, passedAt: iso(passedAt), repaired, repairedAt: iso(repairedAt) }
}

async function probe(server: ServerProbe | null, ms: number): Promise<DependencyStatus> {
  const unknown = { reachable: false, version: null, encrypted: null, pooled: false }
  if (server === null) return { configured: false, ...unknown, detail: '' }
  try {
    const { trouble = '', ...identity } = await within(ms, server.identify())
    return { configured: true, reachable: true, ...identity, detail: trouble }
  } catch (error) {
    return { configured: true, ...unknown, detail: (error as Error).message }
  }
}

/** A little below zero it is the estimate of the database's clock that is off. */
function freshness(watermark: number | null, now: number): number | null {
  if (watermark === null) return null
  return isAhead(watermark, now) ? (now - watermark) / 1000 : Math.max(0, (now - watermark) / 1000)
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`does not answer within ${ms / 1000} s`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
