import { settingsAt } from './display-window.ts'
import { countOf, emptyHistogram, type Histogram } from './histogram.ts'
import type { PostStats, StatsChange } from './post-stats.ts'
import type { Settings } from './settings.ts'

export const incidentStates = ['open', 'released', 'excluded', 'expired'] as const
/** `open`: nobody has decided. `expired`: it ended before somebody decided. */
export type IncidentState = (typeof incidentStates)[number]

/** A rush of ratings on one post, from the arming of its spike guard to the disarming. Times are ISO 8601. */
export interface Incident {
  id: number
  postId: number
  /** When the rush began. */
  from: string
  /** When it was over; null while the guard is armed. */
  to: string | null
  state: IncidentState
  /** Accounts that arrived since `from`; an account that rates again within 24 hours is one arrival. */
  arrivals: number
  /** Live histogram at `from`. Empty a year after the end, when only a summary is left. */
  before: Histogram
  /** What the live histogram gained since, by score, and what a quarantine keeps from counting; of an excluded incident, until the exclusion. Empty a year after the end. */
  scores: Histogram
  /** How many of them a quarantine keeps from counting at the moment. */
  quarantined: number
  /** Largest distance of the shown from the true average, in stars. */
  largestGap: number
  /** Share (0..1) of the ratings of the period by accounts that are said to be not established; null where no standing is known. */
  newRaters: number | null
  decidedBy: string | null
  decidedAt: string | null
  reason: string | null
}

/** An event of an incident. An incident that continues after a pause is opened again. */
export type IncidentEventKind = 'opened' | 'closed' | 'decided'

/** An event as receivers get it. `id` is a UUID, the same at each attempt; `incident` is as it was when the event happened. */
export interface IncidentEvent {
  id: string
  kind: IncidentEventKind
  incident: Incident
}

/** An incident as it is stored. Times are milliseconds since the epoch. */
export interface IncidentRecord {
  /** 0 until it is stored. */
  id: number
  postId: number
  from: number
  to: number | null
  state: IncidentState
  arrivals: number
  before: Histogram
  scores: Histogram
  /** The ratings that a quarantine keeps from counting at the moment, by score. Computed, not stored. */
  quarantined: Histogram
  largestGap: number
  /** The post's activity counter at `from`: arrivals are its growth. */
  activity: number
  /** The activity counter when the incident was excluded; null while it is not. */
  decidedActivity: number | null
  decidedBy: string | null
  decidedAt: number | null
  reason: string | null
}

/** A rush that begins again within this time of the end continues the same incident, unless somebody has decided about it. */
export const incidentPauseMs = 6 * 3_600_000
/** So many arrivals after an exclusion, while the guard is still armed, are a new incident: somebody has to look again. */
export const arrivalsAfterExclusion = 10

/** Derives the changes of incidents from the changes of a fold. */
export interface IncidentChange {
  incident: IncidentRecord
  events: IncidentEventKind[]
  /** Begin of the rush that opened it, or opened it again. */
  rush?: number
}

/** The posts of a batch whose incidents may change: their guard is or was armed, and what is displayed changed. */
export function rushingPosts(states: readonly PostStats[], changes: readonly StatsChange[]): Map<number, PostStats[]> {
  const newest = new Map(states.map((stats) => [stats.postId, stats]))
  const rushing = new Map<number, PostStats[]>()
  for (const { stats } of changes) {
    const before = newest.get(stats.postId)
    newest.set(stats.postId, stats)
    if (before === undefined || before.displayed === stats.displayed || !(isArmed(before) || isArmed(stats))) continue
    const steps = rushing.get(stats.postId)
    if (steps === undefined) rushing.set(stats.postId, [before, stats])
    else steps.push(before, stats)
  }
  return rushing
}

/**
 * Follows the displayed states of one post, as {@link rushingPosts} gives them: pairs of a state and the next one. `current` is the
 * post's newest incident. Returns the incidents that have to be stored; pure, so a batch that is folded again gives the same.
 */
export function followIncidents(
  current: IncidentRecord | null,
  steps: readonly PostStats[],
  settings: Settings,
): IncidentChange[] {
  const changes: IncidentChange[] = []
  let incident = current
  const store = (next: IncidentRecord, ...events: IncidentEventKind[]) => {
    incident = next
    const known = changes.find((one) => one.incident.from === next.from)
    const change = known ?? { incident: next, events: [] }
    if (known === undefined) changes.push(change)
    change.incident = next
    change.events.push(...events)
    return change
  }
  for (let at = 0; at < steps.length; at += 2) {
    const [before, after] = [steps[at] as PostStats, steps[at + 1] as PostStats]
    const running: IncidentRecord | null = incident?.to === null ? incident : null
    if (!isArmed(after)) {
      if (running !== null) store(closed(running, after), 'closed')
    } else if (running === null) {
      const from = beginOfRush(before, after, settings)
      const continues = incident?.state === 'expired' && from - (incident.to ?? from) <= incidentPauseMs
      const next = continues
        ? widened({ ...(incident as IncidentRecord), state: 'open', to: null }, after)
        : opened(before, after, from)
      store(next, 'opened').rush = from
    } else if (goesOnAfterExclusion(running, after)) {
      store({ ...running, to: Math.max(before.displayed.asOf, running.from + 1) }, 'closed')
      const from = Math.max(before.displayed.asOf, running.from + 1)
      store(opened(before, after, from), 'opened').rush = from
    } else if (gapOf(after) > running.largestGap) store(widened(running, after))
  }
  return changes
}

/** A running incident whose post has been quiet for longer than a pause: it ended with the last change that was displayed. */
export function closeQuiet(incident: IncidentRecord, stats: PostStats): IncidentRecord {
  return closed(incident, stats)
}

/** A stored incident with the live figures of its post, while it runs. */
export function withLiveFigures(
  incident: IncidentRecord,
  live: Pick<PostStats, 'counts' | 'activity'> | null,
): IncidentRecord {
  if (incident.to !== null || live === null) return incident
  return { ...incident, ...figuresSince(incident, live) }
}

/** An incident with what a quarantine keeps from counting, which neither the live nor the stored figures know. */
export function withQuarantined(incident: IncidentRecord, quarantined: Histogram): IncidentRecord {
  if (countOf(quarantined) === 0 || incident.state === 'excluded') return { ...incident, quarantined }
  const scores = incident.scores.map((n, score) => n + (quarantined[score] ?? 0)) as unknown as Histogram
  return { ...incident, quarantined, scores, arrivals: Math.max(incident.arrivals, countOf(scores)) }
}

/** Describes a stored incident as callers see it. */
export function describeIncident(
  { activity: _, decidedActivity: __, ...incident }: IncidentRecord,
  newRaters: number | null = null,
): Incident {
  const iso = (time: number) => new Date(time).toISOString()
  return {
    ...incident,
    from: iso(incident.from),
    to: incident.to === null ? null : iso(incident.to),
    quarantined: countOf(incident.quarantined),
    decidedAt: incident.decidedAt === null ? null : iso(incident.decidedAt),
    newRaters,
  }
}

/**
 * When the rush began that armed the guard: at the begin of the window in which it was armed. The histogram displayed before that
 * window is the live one of this moment, so the incident's period and its arrivals fit together.
 */
function beginOfRush(before: PostStats, after: PostStats, settings: Settings): number {
  const { asOf } = after.displayed
  const { windowSeconds } = settingsAt(settings, after.postId, asOf)
  return Math.max(Math.min(before.displayed.asOf, asOf - 1), asOf - 1_000 * windowSeconds)
}

function opened(before: PostStats, after: PostStats, from: number): IncidentRecord {
  const incident: IncidentRecord = {
    id: 0,
    postId: after.postId,
    from,
    to: null,
    state: 'open',
    arrivals: 0,
    before: before.displayed.counts,
    scores: emptyHistogram,
    quarantined: emptyHistogram,
    largestGap: 0,
    activity: before.displayed.activity,
    decidedActivity: null,
    decidedBy: null,
    decidedAt: null,
    reason: null,
  }
  return widened(incident, after)
}

function widened(incident: IncidentRecord, { displayed }: PostStats): IncidentRecord {
  const largestGap = Math.max(incident.largestGap, Math.abs(displayed.guard?.gap ?? 0))
  return { ...incident, ...figuresSince(incident, displayed), largestGap }
}

function closed(incident: IncidentRecord, { displayed }: PostStats): IncidentRecord {
  const to = Math.max(displayed.asOf, incident.from + 1)
  const state = incident.state === 'open' ? 'expired' : incident.state
  return { ...incident, ...figuresSince(incident, displayed), to, state }
}

function goesOnAfterExclusion({ decidedActivity }: IncidentRecord, { displayed }: PostStats): boolean {
  return decidedActivity !== null && displayed.activity - decidedActivity >= arrivalsAfterExclusion
}

/** What was excluded has left the counts, so the figures of an excluded incident stay those of the decision. */
function figuresSince(
  incident: IncidentRecord,
  { counts, activity }: Pick<PostStats, 'counts' | 'activity'>,
): Pick<IncidentRecord, 'arrivals' | 'scores'> {
  const { before, arrivals, scores } = incident
  if (incident.state === 'excluded') return { arrivals, scores }
  const gained = counts.map((n, score) => Math.max(0, n - (before[score] ?? 0))) as unknown as Histogram
  return { arrivals: Math.max(arrivals, activity - incident.activity), scores: gained }
}

function isArmed({ displayed }: PostStats): boolean {
  return displayed.guard?.armed === true
}

function gapOf({ displayed }: PostStats): number {
  return Math.abs(displayed.guard?.gap ?? 0)
}
