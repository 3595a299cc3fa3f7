import type { GuardState } from './display-policy.ts'
import { countOf, type Histogram, isHistogram, sumOf } from './histogram.ts'
import { isPostId } from './ids.ts'
import type { PostStats } from './post-stats.ts'
import type { ShownStats } from './shown-stats.ts'
import { isoTime, readIsoTime } from './time.ts'

/** The schema number of the messages that this version writes and reads. */
export const messageSchema = 1

/** In bytes or UTF-16 units: far above what any message of ours has. */
const longestMessage = 65_536

/** One message of the topic: what changed, and the whole state after it. Times are ISO 8601. */
export interface RatingChange {
  schema: number
  kind: 'rating' | 'display' | 'deleted'
  /** Names the database, so that two deployments on one topic cannot mix. */
  source: string
  eventId: string
  postId: number
  /** Only for kind `rating`. */
  userId?: string
  score?: number | null
  previousScore?: number | null
  ratedAt?: string
  version: number
  counts: Histogram
  activity: number
  displayed: ChangedDisplay
  /** True where the state is a tombstone, of whatever kind the change is; otherwise left out. */
  deleted?: boolean
}

/** The displayed figures as a message and a Redis hash carry them. */
export interface ChangedDisplay extends Omit<ShownStats, 'guard'> {
  sum: number
  /** The window end at which the displayed figures will change; null where nothing is pending. */
  stepAt: string | null
  activity: number
  guard: PostStats['displayed']['guard']
}

/** The state's part of a message. Its figures are written out: measured, 0.2 µs, where spreading them took 6. */
export function encodeStats(
  stats: PostStats,
): Pick<RatingChange, 'postId' | 'version' | 'counts' | 'activity' | 'displayed' | 'deleted'> {
  const { displayed } = stats
  const histogram = displayed.counts
  return {
    postId: stats.postId,
    version: stats.version,
    counts: stats.counts,
    activity: stats.activity,
    displayed: {
      count: countOf(histogram),
      sum: sumOf(histogram),
      average: displayed.average,
      histogram,
      asOf: isoTime(displayed.asOf),
      nextUpdateAt: stats.windowEnd === null ? null : isoTime(stats.windowEnd),
      stepAt: stats.stepAt === null ? null : isoTime(stats.stepAt),
      activity: displayed.activity,
      guard: displayed.guard,
    },
    ...(stats.deleted ? { deleted: true } : {}),
  }
}

/** What a consumer makes of a message's bytes. */
export type ReadMessage =
  | { kind: 'state'; source: string; stats: PostStats }
  /** Of a schema that this version does not know: to wait with, not to skip. */
  | { kind: 'future'; schema: number }
  /** Never readable, so skipped and counted. */
  | { kind: 'unreadable'; reason: string }

/** Reads a message from an untrusted topic. Never throws. */
export function readMessage(value: Uint8Array | string | null): ReadMessage {
  if (value === null) return unreadable('no value')
  if (value.length > longestMessage) return unreadable('too long')
  let message: unknown
  try {
    message = JSON.parse(typeof value === 'string' ? value : new TextDecoder('utf-8', { fatal: true }).decode(value))
  } catch {
    return unreadable('not JSON')
  }
  if (typeof message !== 'object' || message === null) return unreadable('not an object')
  const { schema, kind, source, postId, version, counts, activity, displayed, deleted } =
    message as Partial<RatingChange>
  if (isCounter(schema) && schema > messageSchema) return { kind: 'future', schema }
  if (schema !== messageSchema) return unreadable('no schema')
  if (kind !== 'rating' && kind !== 'display' && kind !== 'deleted') return unreadable('unknown kind')
  if (typeof source !== 'string') return unreadable('no source')
  if (!isPostId(postId)) return unreadable('bad postId')
  if (!isPostId(version)) return unreadable('bad version')
  if (!isHistogram(counts) || !isCounter(sumOf(counts)) || !isCounter(activity)) return unreadable('bad figures')
  if (deleted !== undefined && typeof deleted !== 'boolean') return unreadable('bad deleted')
  const shown = decodeDisplayed(displayed)
  if (shown === null) return unreadable('bad displayed figures')
  const stats = { postId, version, counts, activity, ...shown }
  return { kind: 'state', source, stats: { ...stats, deleted: kind === 'deleted' || deleted === true } }
}

/** Reads displayed figures from an untrusted copy; null where they are not what {@link encodeStats} writes. */
export function decodeDisplayed(value: unknown): Pick<PostStats, 'displayed' | 'windowEnd' | 'stepAt'> | null {
  if (typeof value !== 'object' || value === null) return null
  const { count, sum, histogram, average, asOf, nextUpdateAt, stepAt, activity, guard } =
    value as Partial<ChangedDisplay>
  if (!isHistogram(histogram) || !isCounter(sumOf(histogram)) || !isCounter(activity)) return null
  if (count !== countOf(histogram) || sum !== sumOf(histogram)) return null
  if (count === 0 ? average !== null : !(typeof average === 'number' && average >= 0 && average <= 5)) return null
  const [asOfTime, windowEnd, stepTime] = [asOf, nextUpdateAt, stepAt].map(millis)
  if (asOfTime === undefined || windowEnd === undefined || stepTime === undefined || asOfTime === null) return null
  const remembered = decodeGuard(guard)
  if (remembered === undefined) return null
  return {
    displayed: { counts: histogram, average: average as number | null, asOf: asOfTime, activity, guard: remembered },
    windowEnd,
    stepAt: stepTime,
  }
}

/** Undefined where it is damaged. */
function decodeGuard(value: unknown): GuardState | null | undefined {
  if (value === null) return null
  if (typeof value !== 'object') return undefined
  const { armed, gap, since, memory } = value as Partial<GuardState>
  if (typeof armed !== 'boolean' || !Number.isFinite(gap) || !isTime(since)) return undefined
  // A list is what earlier versions remembered; nothing reads it.
  if (typeof memory !== 'object' || memory === null) return undefined
  const figures = Object.values(memory)
  if (figures.length > 32 || !figures.every(Number.isFinite)) return undefined
  return { armed, gap: gap as number, since, memory }
}

function millis(value: unknown): number | null | undefined {
  if (value === null) return null
  const time = typeof value === 'string' ? readIsoTime(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** Of the years 0 to 9999: others have a longer ISO form. */
function isTime(value: unknown): value is number {
  return (
    Number.isSafeInteger(value) && (value as number) >= -62_167_219_200_000 && (value as number) < 253_402_300_800_000
  )
}

function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function unreadable(reason: string): ReadMessage {
  return { kind: 'unreadable', reason }
}
