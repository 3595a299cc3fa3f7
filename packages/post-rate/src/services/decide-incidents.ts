import { checkUserId } from '../domain/ids.ts'
import {
  describeIncident,
  type Incident,
  type IncidentRecord,
  type IncidentState,
  incidentStates,
} from '../domain/incident.ts'
import type { Standing } from '../domain/rating.ts'
import { invalidInput } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { IncidentStore } from '../ports/incident-store.ts'
import type { ModerationNote } from '../ports/moderation-store.ts'
import type { QuarantineStore } from '../ports/quarantine-store.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import { type AuditDecisions, checkReason } from './audit-decisions.ts'
import type { Deployment } from './deployment.ts'
import type { GuardPosts } from './guard-posts.ts'
import { type Effect, effectsOfExclusion, effectsOfRelease } from './incident-effects.ts'
import { type ModerateRatings, soonAfter } from './moderate-ratings.ts'

const mostIncidents = 100

export interface IncidentQuery {
  state?: IncidentState | undefined
  postId?: number | undefined
  /** 1-100, default 20. */
  limit?: number | undefined
  /** `next` of the page before. */
  after?: number | undefined
}

export interface IncidentList {
  /** Newest first. Their `newRaters` is null: only `get` computes it. */
  items: Incident[]
  next: number | null
}

export interface ReleaseRequest {
  /** Who decides, 1-255 characters. */
  by: string
  /** 1-1000 characters. */
  reason: string
  /** Returns what the decision would do, and changes nothing. */
  dryRun?: boolean | undefined
}

export interface ExcludeRequest extends ReleaseRequest {
  /** Only ratings by accounts of this standing. */
  standing?: Standing | undefined
}

export interface Decision {
  incident: Incident
  /** Ratings that stop counting; those in quarantine have stopped before. */
  ratings: number
  /** For a release, the displayed and the true figures. For an exclusion, the true figures before and after it. */
  before: Effect
  after: Effect
}

/** Lists incidents, and carries out the decisions that people make about them. */
export class DecideIncidents {
  readonly #store: IncidentStore
  readonly #quarantines: QuarantineStore
  readonly #record: RecordReader
  readonly #guard: GuardPosts
  readonly #moderation: ModerateRatings
  readonly #audit: AuditDecisions
  readonly #deployment: Deployment
  readonly #clock: Clock

  constructor(
    store: IncidentStore,
    quarantines: QuarantineStore,
    record: RecordReader,
    guard: GuardPosts,
    moderation: ModerateRatings,
    audit: AuditDecisions,
    deployment: Deployment,
    clock: Clock,
  ) {
    this.#store = store
    this.#quarantines = quarantines
    this.#record = record
    this.#guard = guard
    this.#moderation = moderation
    this.#audit = audit
    this.#deployment = deployment
    this.#clock = clock
  }

  async list({ state, postId, limit = 20, after }: IncidentQuery = {}): Promise<IncidentList> {
    if (state !== undefined && !incidentStates.includes(state))
      throw invalidInput('state', `must be ${incidentStates.join(', ')}`)
    if (!Number.isInteger(limit) || limit < 1 || limit > mostIncidents)
      throw invalidInput('limit', `must be an integer from 1 to ${mostIncidents}`)
    const query = {
      state: state ?? null,
      postId: postId === undefined ? null : checkId('postId', postId),
      after: after === undefined ? null : checkId('after', after),
    }
    const found = await this.#store.list({ ...query, limit: limit + 1 })
    const items = found.slice(0, limit).map((incident) => describeIncident(incident))
    return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }
  }

  async get(id: number): Promise<Incident | null> {
    const found = await this.#store.get(checkIncidentId(id))
    return found && describeIncident(found.incident, found.newRaters)
  }

  /** The ratings count, also those in quarantine, and the guard lets the shown average go. */
  async release(id: number, request: ReleaseRequest): Promise<Decision> {
    const incident = await this.#find(id, request)
    const { prior } = (await this.#deployment.get()).settings
    const [stats] = (await this.#record.read([], [incident.postId])).states
    await this.#refuseExcluded(incident)
    return this.#decide('released', incident, request, async (dryRun) => {
      if (!dryRun) {
        const note = { by: request.by, reason: request.reason }
        await this.#endQuarantine(incident, note)
        await this.#guard.release(incident.postId, note)
      }
      return { ratings: 0, ...effectsOfRelease(stats, incident.quarantined, prior) }
    })
  }

  /**
   * The ratings of the incident's period stop counting. Repeated, it excludes what has come since. Those in quarantine are excluded
   * before it ends, so that none of them counts in between.
   */
  async exclude(id: number, { standing, ...request }: ExcludeRequest): Promise<Decision> {
    const incident = await this.#find(id, request)
    const { prior } = (await this.#deployment.get()).settings
    const { postId, from, to } = describeIncident(incident)
    const until = await this.#quarantinedUntil(incident)
    const end = until === null ? to : new Date(until).toISOString()
    return this.#decide('excluded', incident, request, async (dryRun) => {
      const { by, reason } = request
      const period = { postId, from, ...(end === null ? {} : { to: end }) }
      const report = await this.#moderation.exclude({ ...period, standing, by, reason, dryRun })
      if (!dryRun) await this.#endQuarantine(incident, { by, reason })
      return effectsOfExclusion(report, prior)
    })
  }

  /** Until when a quarantine of the incident held what arrived, which may be later than the incident's end; null without one. */
  async #quarantinedUntil({ postId, from, to }: IncidentRecord): Promise<number | null> {
    const within = (begin: number) => begin >= from && (to === null || begin < to)
    const ends = (await this.#moderation.list(postId))
      .filter((one) => one.releaseAt !== null && one.restoredAt === null && within(Date.parse(one.from)))
      .map((one) => Date.parse(one.to))
    return ends.length === 0 ? null : Math.min(Math.max(...ends, to ?? 0), soonAfter(this.#clock.now()))
  }

  /** Where transactions that write ratings keep some from coming back at once, the relay brings them back. */
  async #endQuarantine(incident: IncidentRecord, note: ModerationNote): Promise<void> {
    await this.#quarantines.release(incident, note)
    await this.#quarantines.settle(incident.postId)
  }

  /** Audited before it is carried out; noted with the incident when it is done, so that one that was cut short is repeated. */
  async #decide(
    state: 'released' | 'excluded',
    incident: IncidentRecord,
    { by, reason, dryRun = false }: ReleaseRequest,
    work: (dryRun: boolean) => Promise<Omit<Decision, 'incident'>>,
  ): Promise<Decision> {
    if (dryRun) return { incident: describeIncident(incident), ...(await work(true)) }
    const note = {
      ...{ by, reason },
      action: `incidents ${state === 'released' ? 'release' : 'exclude'}`,
      subject: `incident ${incident.id} of post ${incident.postId}`,
    }
    return this.#audit.during(
      note,
      async () => {
        const effects = await work(false)
        // The same decision again is no event, unless it excluded further ratings.
        const repeated = incident.state === state && effects.ratings === 0
        const decided = repeated ? incident : await this.#store.decide(incident, { state, by, reason })
        return { incident: describeIncident(decided ?? incident), ...effects }
      },
      ({ ratings }) => ({ ratings }),
    )
  }

  async #find(id: number, request: ReleaseRequest): Promise<IncidentRecord> {
    checkIncidentId(id)
    checkUserId(request?.by, 'by')
    checkReason(request.reason)
    const found = await this.#store.get(id)
    if (found === null) throw invalidInput('id', `there is no incident ${id}; incidents.list() has the known ones`)
    return found.incident
  }

  async #refuseExcluded({ id, postId, state, from }: IncidentRecord): Promise<void> {
    if (state !== 'excluded') return
    const active = (await this.#moderation.list(postId)).find(
      ({ restoredAt, releaseAt, ...one }) => restoredAt === null && releaseAt === null && Date.parse(one.from) === from,
    )
    if (active)
      throw invalidInput(
        'id',
        `the ratings of incident ${id} are excluded: restore post ${postId} from ${active.from} to ${active.to} first`,
      )
  }
}

/** @throws PostRateError INVALID_INPUT */
export function checkIncidentId(id: unknown): number {
  return checkId('id', id)
}

function checkId(field: string, id: unknown): number {
  if (!Number.isSafeInteger(id) || (id as number) < 1) throw invalidInput(field, 'must be a positive integer')
  return id as number
}
