import { randomUUID } from 'node:crypto'
import {
  describeIncident,
  followIncidents,
  type Incident,
  type IncidentChange,
  type IncidentEventKind,
  type IncidentRecord,
  rushingPosts,
} from '../../domain/incident.ts'
import type { PostStats, StatsChange } from '../../domain/post-stats.ts'
import type { Settings } from '../../domain/settings.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IncidentReceiver } from '../../ports/incident-store.ts'

export interface MemoryIncidentEvent {
  id: string
  receiver: IncidentReceiver
  incidentId: number
  kind: IncidentEventKind
  incident: Incident
  at: number
  attempts: number
  dueAt: number
  deliveredAt: number | null
}

/** The incidents of a `MemoryRecord` and their events: what the two tables hold, and what a fold writes to them. */
export class MemoryIncidents {
  records: IncidentRecord[] = []
  events: MemoryIncidentEvent[] = []
  #lastId = 0
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What a fold or a repair makes of the incidents of its posts; resolves to what it saved. */
  follow(states: readonly PostStats[], changes: readonly StatsChange[], settings: Settings): IncidentChange[] {
    const made: IncidentChange[] = []
    for (const [postId, steps] of rushingPosts(states, changes))
      made.push(...followIncidents(this.#newest(postId), steps, settings))
    for (const change of made) this.save(change)
    for (const { kind, stats } of changes) if (kind === 'deleted') this.#erase(stats.postId)
    return made
  }

  save({ incident, events }: IncidentChange): void {
    const known = this.records.findIndex(({ postId, from }) => postId === incident.postId && from === incident.from)
    const stored = { ...incident, id: this.records[known]?.id ?? ++this.#lastId }
    if (known < 0) this.records.push(stored)
    else this.records[known] = stored
    for (const kind of events) this.addEvent(kind, stored)
  }

  addEvent(kind: IncidentEventKind, incident: IncidentRecord): void {
    const [id, at] = [randomUUID(), this.#clock.now()]
    const event = { id, incidentId: incident.id, kind, incident: describeIncident(incident), at }
    for (const receiver of ['hook', 'webhook'] as const)
      this.events.push({ ...event, receiver, attempts: 0, dueAt: at, deliveredAt: null })
  }

  copy(): MemoryIncidents {
    const copy = new MemoryIncidents(this.#clock)
    copy.records = [...this.records]
    copy.events = this.events.map((event) => ({ ...event }))
    copy.#lastId = this.#lastId
    return copy
  }

  #newest(postId: number): IncidentRecord | null {
    const known = this.records.filter((record) => record.postId === postId)
    return known.reduce<IncidentRecord | null>((newest, one) => (one.from > (newest?.from ?? 0) ? one : newest), null)
  }

  #erase(postId: number): void {
    const gone = new Set(this.records.filter((record) => record.postId === postId).map(({ id }) => id))
    this.records = this.records.filter(({ id }) => !gone.has(id))
    this.events = this.events.filter(({ incidentId }) => !gone.has(incidentId))
  }
}
