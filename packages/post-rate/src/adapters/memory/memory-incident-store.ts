import { emptyHistogram } from '../../domain/histogram.ts'
import {
  closeQuiet,
  type IncidentChange,
  type IncidentRecord,
  incidentPauseMs,
  withLiveFigures,
  withQuarantined,
} from '../../domain/incident.ts'
import type {
  IncidentDecision,
  IncidentDelivery,
  IncidentEvents,
  IncidentFigures,
  IncidentPage,
  IncidentReceiver,
  IncidentStore,
} from '../../ports/incident-store.ts'
import type { MemoryIncidentEvent } from './memory-incidents.ts'
import { followQuarantines, quarantinedOf } from './memory-quarantines.ts'
import type { MemoryRecord } from './memory-record.ts'

const dayMs = 86_400_000

/** The incidents of a {@link MemoryRecord}. */
export class MemoryIncidentStore implements IncidentStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async list({ state, postId, limit, after }: IncidentPage): Promise<IncidentRecord[]> {
    return this.#record.incidents.records
      .filter((one) => (state === null || one.state === state) && (postId === null || one.postId === postId))
      .filter(({ id }) => after === null || id < after)
      .sort((a, b) => b.id - a.id)
      .slice(0, limit)
      .map((incident) => this.#live(incident))
  }

  /** No rating has a standing here. */
  async get(id: number): Promise<{ incident: IncidentRecord; newRaters: number | null } | null> {
    const found = this.#find(id)
    return found === undefined ? null : { incident: this.#live(found), newRaters: null }
  }

  async decide(
    { id, arrivals, scores }: IncidentRecord,
    { state, by, reason }: IncidentDecision,
  ): Promise<IncidentRecord | null> {
    const { incidents, clock } = this.#record
    const found = this.#find(id)
    if (found === undefined) return null
    const decidedActivity = state === 'excluded' ? (this.#record.stateOf(found.postId)?.activity ?? null) : null
    const decision = { state, decidedBy: by, decidedAt: clock.now(), reason, decidedActivity }
    incidents.save({ incident: { ...found, arrivals, scores, ...decision }, events: ['decided'] })
    return this.#find(id) ?? null
  }

  async figures(): Promise<IncidentFigures> {
    const { incidents, clock } = this.#record
    const open = incidents.records.filter(({ state }) => state === 'open').map(({ from }) => from)
    const tried = incidents.events.filter(({ receiver, attempts }) => receiver === 'webhook' && attempts > 0)
    return {
      open: open.length,
      oldestSeconds: open.length === 0 ? 0 : Math.max(0, (clock.now() - Math.min(...open)) / 1000),
      deadLetters: tried.filter(({ deliveredAt, at }) => deliveredAt === null && at < clock.now() - dayMs).length,
    }
  }

  async tidy(): Promise<void> {
    const { incidents, clock } = this.#record
    const now = clock.now()
    for (const incident of incidents.records) {
      const stats = this.#record.stateOf(incident.postId)
      const quiet = stats && stats.stepAt === null && stats.displayed.asOf < now - incidentPauseMs
      if (incident.to === null && quiet) {
        const change: IncidentChange = { incident: closeQuiet(incident, stats), events: ['closed'] }
        incidents.save(change)
        followQuarantines(this.#record, [change])
      } else if (incident.to !== null && incident.to < now - 365 * dayMs)
        incidents.save({ incident: { ...incident, before: emptyHistogram, scores: emptyHistogram }, events: [] })
    }
    const kept = ({ at, deliveredAt }: MemoryIncidentEvent) =>
      at >= now - dayMs || (deliveredAt === null && at >= now - 30 * dayMs)
    incidents.events = incidents.events.filter(kept)
  }

  #find(id: number): IncidentRecord | undefined {
    return this.#record.incidents.records.find((incident) => incident.id === id)
  }

  #live(incident: IncidentRecord): IncidentRecord {
    const live = withLiveFigures(incident, this.#record.stateOf(incident.postId) ?? null)
    return withQuarantined(live, quarantinedOf(this.#record, incident))
  }
}

/** The events of the incidents of a {@link MemoryRecord}. */
export class MemoryIncidentEvents implements IncidentEvents {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async claim(
    receiver: IncidentReceiver,
    limit: number,
    { leaseSeconds, giveUpSeconds }: { leaseSeconds: number; giveUpSeconds: number },
  ): Promise<IncidentDelivery[]> {
    const now = this.#record.clock.now()
    const due = this.#record.incidents.events
      .filter((event) => event.receiver === receiver && event.deliveredAt === null && event.dueAt <= now)
      .filter(({ at }) => at > now - 1_000 * giveUpSeconds)
      .slice(0, limit)
    return due.map((event) => {
      event.attempts++
      event.dueAt = now + 1_000 * leaseSeconds
      const { id, kind, incident, attempts } = event
      return { id, kind, incident, attempts }
    })
  }

  async delivered(receiver: IncidentReceiver, id: string): Promise<void> {
    const event = this.#find(receiver, id)
    if (event) event.deliveredAt = this.#record.clock.now()
  }

  async failed(receiver: IncidentReceiver, id: string, pauseSeconds: number): Promise<void> {
    const event = this.#find(receiver, id)
    if (event) event.dueAt = this.#record.clock.now() + 1_000 * pauseSeconds
  }

  #find(receiver: IncidentReceiver, id: string): MemoryIncidentEvent | undefined {
    return this.#record.incidents.events.find((event) => event.receiver === receiver && event.id === id)
  }
}
