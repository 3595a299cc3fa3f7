import type { Histogram } from '../domain/histogram.ts'
import { describeIncident } from '../domain/incident.ts'
import type { Clock } from '../ports/clock.ts'
import type { IncidentStore } from '../ports/incident-store.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import { checkIncidentId } from './decide-incidents.ts'

/** Milliseconds. */
const units = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
export type ArrivalUnit = keyof typeof units

/** A period has no more buckets than this in a unit shorter than a day. */
const mostBuckets = 240
/** Clocks may differ by a minute. */
const toleranceMs = 60_000

/** The ratings of an incident's period over time, as they stand. */
export interface IncidentArrivals {
  /** The shortest in which the period has at most 240 buckets, or a day. */
  unit: ArrivalUnit
  /** In order; buckets without ratings are left out. `start`: ISO 8601, UTC. `counts`: by score, excluded ratings too. */
  buckets: { start: string; counts: Histogram }[]
}

/** Counts the ratings of an incident over time, for people who decide about it. */
export class ChartIncident {
  readonly #store: IncidentStore
  readonly #record: RecordReader
  readonly #clock: Clock

  constructor(store: IncidentStore, record: RecordReader, clock: Clock) {
    this.#store = store
    this.#record = record
    this.#clock = clock
  }

  async arrivals(id: number): Promise<IncidentArrivals | null> {
    const found = await this.#store.get(checkIncidentId(id))
    if (found === null) return null
    const { postId, ...period } = describeIncident(found.incident)
    const [from, end] = [Date.parse(period.from), period.to === null ? this.#clock.now() : Date.parse(period.to)]
    const unit = unitOf(end - from)
    const to = period.to === null ? end + toleranceMs : end
    const buckets = await this.#record.arrivals({ postId, from, to, stepMs: units[unit] })
    return { unit, buckets: buckets.map(({ start, counts }) => ({ start: new Date(start).toISOString(), counts })) }
  }
}

function unitOf(length: number): ArrivalUnit {
  return (Object.keys(units) as ArrivalUnit[]).find((unit) => length / units[unit] <= mostBuckets) ?? 'day'
}
