import { type Displayed, displayPolicies, type Live } from './display-policy.ts'
import { isAhead, settingsAt, windowEndAt } from './display-window.ts'
import { referenceSeconds, releaseGuard, windowsToSettle } from './guard.ts'
import { notAfter } from './guard-memory.ts'
import { averageOf, countOf, emptyHistogram, type Histogram, moveRating, sameHistogram } from './histogram.ts'
import type { Settings } from './settings.ts'

/**
 * Everything that is known of a post's ratings: one state with one version. PostgreSQL's `post_stats` holds the record;
 * Kafka, Redis and node memory hold copies, replaced only by a newer version. Times are milliseconds since the epoch.
 */
export interface PostStats extends Live {
  postId: number
  version: number
  /** Live figures: every rating folded so far. */
  counts: Histogram
  /** Counts up with every arrival of an account, see {@link arrivesAgainMs}; never down. Its growth between two steps is the arrivals. */
  activity: number
  displayed: Displayed
  /** End of the window that the state has reached: what is displayed holds until then. Null where nothing is promised. */
  windowEnd: number | null
  /** `windowEnd` where that end will change what is displayed, otherwise null. */
  stepAt: number | null
  /** A tombstone: the post is gone and its version stays. */
  deleted: boolean
}

/** A committed change of a rating, as the database's triggers recorded it. */
export interface RatingEvent {
  kind: 'rating'
  postId: number
  userId: string
  /** Null: withdrawn. */
  score: number | null
  /** Null: there was none. */
  previousScore: number | null
  ratedAt: number
  /** When the account last changed or withdrew its rating; null where nothing is known of one. */
  previousRatedAt: number | null
  /** When it happened, by the database's clock. */
  at: number
}

/** A post that was deleted. Its ratings are withdrawn by events of their own. */
export interface DeletionEvent {
  kind: 'deleted'
  postId: number
  at: number
}

/** A post that was made under the id of an earlier one. */
export interface RecreationEvent {
  kind: 'created'
  postId: number
  at: number
}

/** An administrator let a guarded average go. */
export interface ReleaseEvent {
  kind: 'released'
  postId: number
  at: number
}

export type StatsEvent = RatingEvent | DeletionEvent | RecreationEvent | ReleaseEvent

/** What an event is folded with, beside the state. */
export interface FoldContext {
  settings: Settings
  /** Versions rise above it; it is raised after the database went back in time. */
  versionFloor: number
  /**
   * Everything committed before it has been folded and every step due before it has been made, so readers were promised
   * that nothing displayed changes before the end of its window: an event that is older counts at it.
   */
  watermark: number
}

/** One new version of a post's state, and why it came to be. */
export interface StatsChange {
  kind: StatsEvent['kind'] | 'display'
  stats: PostStats
}

/**
 * An account that rates, withdraws, rates again or changes its mind arrives once in this time. Otherwise a few accounts could arm
 * the guard by themselves, or teach it over some days that many arrivals are normal.
 */
export const arrivesAgainMs = 24 * 3_600_000

/** Windows that one call steps one by one. Others of the same post's follow in one leap. */
const longestCatchUp = 100

/** The state of a post that nobody has rated yet. */
export function newPostStats(postId: number, createdAt: number): PostStats {
  return {
    postId,
    version: 0,
    counts: emptyHistogram,
    activity: 0,
    displayed: { counts: emptyHistogram, average: null, asOf: createdAt, activity: 0, guard: null },
    windowEnd: null,
    stepAt: null,
    deleted: false,
  }
}

/**
 * The state with what a clock that was ahead has put into the future brought back into the window of `now`, one version up;
 * the state itself where there is nothing of the kind. What readers were promised under that clock is void.
 */
export function withinPresent(stats: PostStats, now: number, context: FoldContext): PostStats {
  const { windowEnd, displayed } = stats
  const { windowSeconds } = settingsAt(context.settings, stats.postId, now)
  const length = 1_000 * windowSeconds
  const endIsAhead = windowEnd !== null && isAhead(windowEnd, now + length)
  if (!endIsAhead && !isAhead(displayed.asOf, now)) return stats
  const end = windowEndAt(stats.postId, now, windowSeconds)
  const start = end - length
  const guard = displayed.guard && notAfter(displayed.guard, start)
  const shown = { ...displayed, asOf: Math.min(displayed.asOf, start), guard }
  return withDisplayed(stats, shown, endIsAhead ? end : windowEnd, stats.stepAt !== null, context)
}

/** Applies one event: first the window ends that lie before it, each a change of its own, then the event itself. */
export function foldEvent(stats: PostStats, event: StatsEvent, context: FoldContext): StatsChange[] {
  const time = Math.max(event.at, context.watermark)
  const changes = stepWindows(stats, time, context)
  const reached = changes.at(-1)?.stats ?? stats
  changes.push({ kind: event.kind, stats: applyEvent(reached, event, time, context) })
  return changes
}

function applyEvent(stats: PostStats, event: StatsEvent, time: number, context: FoldContext): PostStats {
  if (event.kind === 'rating') return applyRating(stats, event, time, context)
  if (event.kind === 'deleted') return bury(stats, time, context)
  if (event.kind === 'released') return letGo(stats, time, context)
  return show({ ...stats, deleted: false }, time, context)
}

/**
 * Steps every window that ended at or before `time` and had something to show, in event time. Whoever catches up with
 * very many of them leaves out the last ones' intermediate values, which nobody can see any more.
 */
export function stepWindows(stats: PostStats, time: number, context: FoldContext): StatsChange[] {
  const changes: StatsChange[] = []
  let state = stats
  while (state.stepAt !== null && state.stepAt <= time) {
    const end = changes.length < longestCatchUp ? state.stepAt : settledBy(state, state.stepAt, time, context.settings)
    const settings = settingsAt(context.settings, state.postId, end)
    const policy = displayPolicies[settings.display]
    const displayed = policy.step(state.displayed, state, end, settings)
    const nextEnd = promisesWindow(displayed, settings.display)
      ? windowEndAt(state.postId, end, settings.windowSeconds)
      : null
    state = withDisplayed(state, displayed, nextEnd, policy.pending(displayed, state), context)
    changes.push({ kind: 'display', stats: state })
  }
  return changes
}

/** The window's end at or before `time` at which a state is settled, or as far as the settings reach. */
function settledBy(stats: PostStats, stepAt: number, time: number, settings: Settings): number {
  const inForce = settingsAt(settings, stats.postId, stepAt)
  if (settings.previous !== null || inForce.display !== 'guard') return stepAt
  const length = 1_000 * inForce.windowSeconds
  const windows = Math.min(windowsToSettle(stats.displayed, inForce) - 1, Math.floor((time - stepAt) / length))
  return stepAt + windows * length
}

/**
 * Puts recomputed figures in the place of wrong ones. Readers see them where any change would be seen: at the end of
 * the window, or at once where nothing was displayed.
 */
export function repairCounts(stats: PostStats, counts: Histogram, time: number, context: FoldContext): StatsChange[] {
  const now = Math.max(time, context.watermark)
  const changes = stepWindows(withinPresent(stats, now, context), now, context)
  const reached = changes.at(-1)?.stats ?? stats
  const deleted = reached.deleted && countOf(counts) === 0
  const repaired = { ...reached, counts, deleted }
  changes.push({ kind: 'display', stats: deleted ? bury(repaired, now, context) : show(repaired, now, context) })
  return changes
}

/** True where a settled post (no step pending) displays other counts than the live ones, or an average of other counts. */
export function displayIsStale({ stepAt, deleted, displayed, counts }: PostStats): boolean {
  return stepAt === null && !deleted && (!sameHistogram(displayed.counts, counts) || hasWrongAverage(displayed))
}

/** The average has to be that of the counts beside it, unless the guard holds it back. */
function hasWrongAverage({ counts, average, guard }: Displayed): boolean {
  return (guard === null || guard.gap === 0) && average !== averageOf(counts)
}

/** The same state one version up, above the floor: how a copy that differs is overwritten. */
export function raiseVersion(stats: PostStats, versionFloor: number): PostStats {
  return { ...stats, version: nextVersion(stats.version, versionFloor) }
}

/** Versions never go back, whatever the database did. */
function nextVersion(version: number, floor: number): number {
  return Math.max(version, floor) + 1
}

function applyRating(stats: PostStats, event: RatingEvent, time: number, context: FoldContext): PostStats {
  const counts = moveRating(stats.counts, event.previousScore, event.score)
  const { windowSeconds } = settingsAt(context.settings, stats.postId, event.at)
  // Of short windows too: what was dated a moment before its window is no import.
  const newsSeconds = Math.max(windowSeconds, referenceSeconds)
  const windowStart = windowEndAt(stats.postId, event.at, newsSeconds) - newsSeconds * 1000
  const activity = stats.activity + (isArrival(event, windowStart) ? 1 : 0)
  // A rating can only be stored where the post exists, so one that follows a tombstone means the post came back.
  const deleted = stats.deleted && event.score === null
  const next = { ...stats, counts, activity, deleted }
  // A cascade's withdrawals follow the deletion that caused them.
  return deleted ? bury(next, time, context) : show(next, time, context)
}

/**
 * Whether a change of a rating is an arrival of its account: no withdrawal, nothing soon after the account's last change, no import
 * of dates before the window that begins at `windowStart`.
 */
export function isArrival(
  { score, ratedAt, previousRatedAt, at }: Pick<RatingEvent, 'score' | 'ratedAt' | 'previousRatedAt' | 'at'>,
  windowStart: number,
): boolean {
  if (score === null || ratedAt < windowStart) return false
  return previousRatedAt === null || previousRatedAt <= at - arrivesAgainMs
}

/** Decides what readers see after the live figures changed at `time`. */
function show(stats: PostStats, time: number, context: FoldContext): PostStats {
  const settings = settingsAt(context.settings, stats.postId, time)
  const { display, windowSeconds } = settings
  const policy = displayPolicies[display]
  const promisedEnd = stats.windowEnd !== null && stats.windowEnd > time ? stats.windowEnd : null
  const nothingShown = countOf(stats.displayed.counts) === 0
  if ((display === 'live' && promisedEnd === null) || nothingShown) {
    const displayed = policy.step(stats.displayed, stats, time, settings)
    const end = promisesWindow(displayed, display) ? windowEndAt(stats.postId, time, windowSeconds) : null
    return withDisplayed(stats, displayed, end, false, context)
  }
  const end = promisedEnd ?? windowEndAt(stats.postId, time, windowSeconds)
  // Under `live` a window is only left over from the policy before it; its end shows whatever has come since.
  const { pending } = display === 'live' ? displayPolicies.freeze : policy
  const changes = pending(stats.displayed, stats) || hasWrongAverage(stats.displayed)
  return withDisplayed(stats, stats.displayed, end, changes, context)
}

/** Readers see it at the end of the window that they were promised. */
function letGo(stats: PostStats, time: number, context: FoldContext): PostStats {
  const guard = releaseGuard(stats.displayed.guard)
  if (guard === null) return withDisplayed(stats, stats.displayed, stats.windowEnd, stats.stepAt !== null, context)
  return show({ ...stats, displayed: { ...stats.displayed, guard } }, time, context)
}

/** At once, for readers too: a deleted post has no page on which a window could matter. */
function bury(stats: PostStats, time: number, context: FoldContext): PostStats {
  const displayed: Displayed = {
    counts: emptyHistogram,
    average: null,
    asOf: time,
    activity: stats.activity,
    guard: null,
  }
  return { ...withDisplayed(stats, displayed, null, false, context), deleted: true }
}

function promisesWindow(displayed: Displayed, display: string): boolean {
  return display !== 'live' && countOf(displayed.counts) > 0
}

function withDisplayed(
  stats: PostStats,
  displayed: Displayed,
  windowEnd: number | null,
  pending: boolean,
  context: FoldContext,
): PostStats {
  return {
    ...stats,
    version: nextVersion(stats.version, context.versionFloor),
    displayed,
    windowEnd,
    stepAt: pending ? windowEnd : null,
  }
}
