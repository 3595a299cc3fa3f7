import type { Histogram } from '../domain/histogram.ts'
import { checkPostId, checkUserId } from '../domain/ids.ts'
import { type Standing, standings } from '../domain/rating.ts'
import { type Figures, figuresOf } from '../domain/shown-stats.ts'
import { parseTime, timeForms } from '../domain/time.ts'
import { invalidInput, postNotFound } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  Exclusion,
  ModerationNote,
  ModerationOptions,
  ModerationOutcome,
  ModerationStore,
  Period,
} from '../ports/moderation-store.ts'
import { type AuditDecisions, checkReason } from './audit-decisions.ts'
import type { Deployment } from './deployment.ts'

/** Clocks may differ by a minute. */
const toleranceMs = 60_000

export interface ModerationRequest extends ModerationOptions {
  postId: number
  /** Begin of the period, inclusive: ISO 8601 or as PostgreSQL writes it (without a zone: UTC), or Unix seconds. To restore the only exclusion of a post it may be left out. */
  from?: string | number | undefined
  /** Its end, exclusive; now when left out. */
  to?: string | number | undefined
  /** Only ratings of raters of this standing; all of them when left out. To restore, it tells exclusions of one period apart. */
  standing?: Standing | undefined
  reason: string
  /** Who does it, for the log. */
  by: string
  /** Says what would change, and changes nothing. */
  dryRun?: boolean | undefined
}

/** Live figures, and the rank that they would have once they are displayed. */
export interface ModerationEffect extends Figures {
  rank: number
}

export interface ModerationReport {
  postId: number
  from: string
  to: string
  /** Null: raters of every standing. */
  standing: Standing | null
  /** Ratings taken out of the statistics or brought back; with `dryRun`: that would be. */
  ratings: number
  /** Live figures as the plan found them, and what the moved ratings make of them. */
  before: ModerationEffect
  after: ModerationEffect
  /** Null with `dryRun`, and where the period has no ratings. */
  exclusion: Exclusion | null
}

/**
 * Takes a period of a post's ratings out of the statistics, and brings it back. The ratings stay what their users gave;
 * the change goes the way of every change, and readers see it at the end of their window.
 */
export class ModerateRatings {
  readonly #store: ModerationStore
  readonly #clock: Clock
  readonly #deployment: Deployment
  readonly #audit: AuditDecisions
  readonly #changed: () => void

  constructor(
    store: ModerationStore,
    clock: Clock,
    deployment: Deployment,
    audit: AuditDecisions,
    changed: () => void,
  ) {
    this.#store = store
    this.#clock = clock
    this.#deployment = deployment
    this.#audit = audit
    this.#changed = changed
  }

  exclude(request: ModerationRequest): Promise<ModerationReport> {
    const postId = checkPostId(request?.postId)
    if (request.from === undefined) throw invalidInput('from', 'must be given')
    const standing = checkStanding(request.standing)
    return this.#moderate('exclude', { ...this.#period(postId, request.from, request.to), standing }, request)
  }

  async restore(request: ModerationRequest): Promise<ModerationReport> {
    const postId = checkPostId(request?.postId)
    return this.#moderate('restore', chosenOf(await this.#store.list(postId), postId, request), request)
  }

  list(postId?: number): Promise<Exclusion[]> {
    return this.#store.list(postId === undefined ? null : checkPostId(postId))
  }

  async #moderate(
    action: 'exclude' | 'restore',
    period: Period,
    request: ModerationRequest,
  ): Promise<ModerationReport> {
    const note = { by: checkUserId(request.by, 'by'), reason: checkReason(request.reason) }
    const plan = await this.#store.plan(period, action)
    if (plan === null) throw postNotFound(period.postId)
    const planned = figuresOf(plan.moving).count
    // A period without an end of its own that takes nothing out is the same command again: nothing to note.
    const idle = action === 'exclude' && request.to === undefined && planned === 0
    const outcome = request.dryRun || idle ? null : await this.#carryOut(action, period, note, request)
    const { prior } = (await this.#deployment.get()).settings
    const effectOf = (counts: Histogram): ModerationEffect => {
      const figures = figuresOf(counts)
      const { weight, mean } = prior
      return { ...figures, rank: (weight * mean + figures.sum) / (weight + figures.count) }
    }
    const after = plan.counted.map((n, score) => {
      const moving = plan.moving[score] as number
      return action === 'exclude' ? n - moving : n + moving
    }) as unknown as Histogram
    return {
      postId: period.postId,
      from: new Date(period.from).toISOString(),
      to: new Date(period.to).toISOString(),
      ratings: request.dryRun ? planned : (outcome?.moved ?? 0),
      standing: period.standing ?? null,
      before: effectOf(plan.counted),
      after: effectOf(after),
      exclusion: outcome?.exclusion ?? null,
    }
  }

  /** With an entry in the audit log. */
  async #carryOut(
    action: 'exclude' | 'restore',
    period: Period,
    note: ModerationNote,
    { onProgress, signal }: ModerationOptions,
  ): Promise<ModerationOutcome | null> {
    const options = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) }
    const [from, to] = [period.from, period.to].map((time) => new Date(time).toISOString())
    const standing = period.standing ? { standing: period.standing } : {}
    const outcome = await this.#audit.during(
      { action: `moderate ${action}`, subject: `post ${period.postId}`, ...note },
      () => this.#store[action](period, note, options),
      (done) => ({ ratings: done?.moved ?? 0, from, to, ...standing }),
    )
    if (outcome) this.#changed()
    return outcome
  }

  #period(postId: number, from: unknown, to: unknown): Period {
    const now = this.#clock.now()
    const period = { postId, from: readTime('from', from), to: to === undefined ? soonAfter(now) : readTime('to', to) }
    if (period.to > now + toleranceMs)
      throw invalidInput('to', 'must not be in the future: only what has been rated can be excluded')
    if (period.from >= period.to) throw invalidInput('from', 'must be before the end of the period')
    return period
  }
}

/** The database's clock is known to some milliseconds: what was rated a moment ago must not be missed. A whole second. */
export function soonAfter(time: number): number {
  return Math.ceil(time / 1000) * 1000 + 1000
}

function checkStanding(standing: unknown): Standing | null {
  if (standing === undefined || standing === null) return null
  if (standings.includes(standing as Standing)) return standing as Standing
  throw invalidInput('standing', `must be one of ${standings.join(', ')}`)
}

function readTime(field: string, value: unknown): number {
  const time = parseTime(value)
  if (Number.isNaN(time)) throw invalidInput(field, `must be ${timeForms}`)
  return time
}

/** The one exclusion that is meant: the only active one that fits; or one of exactly this period that is ended already. */
function chosenOf(known: readonly Exclusion[], postId: number, { from, to, standing }: ModerationRequest): Period {
  const [start, end] = [
    from === undefined ? null : readTime('from', from),
    to === undefined ? null : readTime('to', to),
  ]
  const wanted = checkStanding(standing)
  const fitting = known.filter(
    (exclusion) =>
      (wanted === null || exclusion.standing === wanted) &&
      (start === null || Date.parse(exclusion.from) === start) &&
      (end === null || Date.parse(exclusion.to) === end),
  )
  const active = fitting.filter(({ restoredAt }) => restoredAt === null)
  const chosen = active.length === 0 && start !== null && end !== null ? fitting : active
  const [only] = chosen
  if (only === undefined || active.length > 1) {
    const periods = known.filter(({ restoredAt }) => restoredAt === null).map(describe)
    const which = active.length > 1 ? 'must say which exclusion is meant' : 'no exclusion of this post has this period'
    throw invalidInput('from', `${which}; active ones of post ${postId}: ${periods.join(', ') || 'none'}`)
  }
  return { postId, from: Date.parse(only.from), to: Date.parse(only.to), standing: only.standing }
}

function describe({ from, to, standing }: Exclusion): string {
  return `${from} to ${to}${standing === null ? '' : ` (${standing})`}`
}
