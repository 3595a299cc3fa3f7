import { emptyHistogram, type Histogram, moveRating } from '../../domain/histogram.ts'
import type { IncidentChange, IncidentRecord } from '../../domain/incident.ts'
import type { StatsChange } from '../../domain/post-stats.ts'
import { type DatedRating, standingOf } from '../../domain/rating.ts'
import type { Exclusion } from '../../ports/moderation-store.ts'
import type { MemoryRating, MemoryRecord } from './memory-record.ts'

/** Whether a quarantine covers a rating that is stored. */
export function isQuarantined(exclusions: readonly Exclusion[], rating: DatedRating): boolean {
  return exclusions.some((exclusion) => exclusion.postId === rating.postId && holds(exclusion, rating))
}

/** Begins and stops quarantines as incidents open and close. What was rated since the begin of the rush is marked at once. */
export function followQuarantines(record: MemoryRecord, changes: readonly IncidentChange[]): void {
  for (const { incident, events, rush } of changes)
    for (const kind of events) {
      if (kind === 'closed') stop(record, incident.postId)
      else if (rush !== undefined) begin(record, incident.postId, rush)
    }
}

/** A post that is made again under the id of a deleted one begins without quarantines. */
export function endOfDeleted(record: MemoryRecord, changes: readonly StatsChange[]): void {
  const deleted = new Set(changes.filter(({ kind }) => kind === 'deleted').map(({ stats }) => stats.postId))
  for (const exclusion of record.exclusions)
    if (deleted.has(exclusion.postId) && lasts(exclusion))
      Object.assign(exclusion, endedBy(record, 'post-rate', 'the post was deleted'))
}

export function lasts({ releaseAt, restoredAt }: Exclusion): boolean {
  return releaseAt !== null && restoredAt === null
}

export function endedBy({ clock }: MemoryRecord, by: string, reason: string): Partial<Exclusion> {
  return { restoredAt: new Date(clock.now()).toISOString(), restoredBy: by, restoreReason: reason }
}

/** The quarantines of an incident that have not ended. */
export function quarantinesOf(
  record: MemoryRecord,
  { postId, from, to }: Pick<IncidentRecord, 'postId' | 'from' | 'to'>,
): Exclusion[] {
  const within = (begin: number) => begin >= from && (to === null || begin < to)
  return record.exclusions.filter((one) => one.postId === postId && lasts(one) && within(Date.parse(one.from)))
}

/** What the quarantines of an incident keep from counting, by score. */
export function quarantinedOf(record: MemoryRecord, incident: IncidentRecord): Histogram {
  const quarantines = quarantinesOf(record, incident)
  let counts = emptyHistogram
  for (const rating of record.ratings.values())
    if (isHeld(record, rating) && isQuarantined(quarantines, rating)) counts = moveRating(counts, null, rating.score)
  return counts
}

function isHeld({ excludedUsers }: MemoryRecord, { ratedAt, excludedRatedAt, userId }: MemoryRating): boolean {
  return excludedRatedAt === ratedAt && !excludedUsers.has(userId)
}

function holds(exclusion: Exclusion, { ratedAt, established = null }: DatedRating): boolean {
  const { from, to, standing } = exclusion
  const within = ratedAt >= Date.parse(from) && ratedAt < Date.parse(to)
  return lasts(exclusion) && within && (standing === null || standing === standingOf(established))
}

function begin(record: MemoryRecord, postId: number, rush: number): void {
  const { quarantine, releaseAfterHours } = record.deployment.settings
  if (quarantine === 'off') return
  const now = record.clock.now()
  const [from, at, releaseAt] = [rush, now, now + 3_600_000 * releaseAfterHours].map((time) =>
    new Date(time).toISOString(),
  ) as [string, string, string]
  record.exclusions.push({
    ...{ id: record.exclusions.length + 1, postId, from, to: releaseAt, releaseAt, at },
    ...{ standing: quarantine === 'new' ? 'new' : null, reason: 'quarantine', by: 'post-rate', excluded: 0 },
    ...{ restoredAt: null, restoredBy: null, restoreReason: null, restored: 0 },
  })
  // Storing a rating that a quarantine covers marks it.
  for (const rating of [...record.ratings.values()]) if (rating.postId === postId) record.writeRating(rating)
}

function stop(record: MemoryRecord, postId: number): void {
  const now = record.clock.now()
  for (const exclusion of record.exclusions)
    if (exclusion.postId === postId && lasts(exclusion) && Date.parse(exclusion.to) > now)
      exclusion.to = new Date(Math.max(now, Date.parse(exclusion.from)) + 1).toISOString()
}
