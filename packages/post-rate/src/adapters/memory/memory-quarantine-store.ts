import type { IncidentRecord } from '../../domain/incident.ts'
import type { Exclusion, ModerationNote } from '../../ports/moderation-store.ts'
import type { QuarantineStore, SettledQuarantines } from '../../ports/quarantine-store.ts'
import { coveredByActive, covers } from './memory-moderation-store.ts'
import { endedBy, lasts, quarantinedOf, quarantinesOf } from './memory-quarantines.ts'
import { countedScore, type MemoryRating, type MemoryRecord } from './memory-record.ts'

/** Quarantines of a {@link MemoryRecord}. Ratings are marked where one begins; only what has ended waits for `settle`. */
export class MemoryQuarantineStore implements QuarantineStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async release(
    incident: Pick<IncidentRecord, 'postId' | 'from' | 'to'>,
    { by, reason }: ModerationNote,
  ): Promise<void> {
    for (const exclusion of quarantinesOf(this.#record, incident)) this.#end(exclusion, by, reason)
  }

  async settle(postId?: number): Promise<SettledQuarantines> {
    const now = this.#record.clock.now()
    const all = this.#record.exclusions.filter((one) => postId === undefined || one.postId === postId)
    for (const one of all)
      if (lasts(one) && Date.parse(one.releaseAt as string) <= now) this.#end(one, 'post-rate', 'its time is over')
    let moved = 0
    for (const exclusion of all) {
      if (exclusion.releaseAt === null || exclusion.restoredAt === null) continue
      for (const rating of this.#held(exclusion)) {
        const { excludedUsers } = this.#record
        if (excludedUsers.has(rating.userId) || coveredByActive(this.#record, rating)) continue
        this.#record.writeRating({ ...rating, excludedRatedAt: null })
        exclusion.restored++
        moved++
      }
    }
    return { moved, left: 0 }
  }

  #end(exclusion: Exclusion, by: string, reason: string): void {
    const { incidents } = this.#record
    const excluded = this.#held(exclusion).length
    for (const incident of incidents.records) {
      const { state, to, scores } = incident
      if (state !== 'expired' || to === null || !quarantinesOf(this.#record, incident).includes(exclusion)) continue
      const held = quarantinedOf(this.#record, incident)
      const all = scores.map((n, score) => n + (held[score] ?? 0)) as unknown as typeof scores
      const arrivals = Math.max(
        incident.arrivals,
        all.reduce((sum, n) => sum + n, 0),
      )
      incidents.save({ incident: { ...incident, scores: all, arrivals }, events: [] })
    }
    Object.assign(exclusion, { excluded, ...endedBy(this.#record, by, reason) })
  }

  #held(exclusion: Exclusion): MemoryRating[] {
    const { postId } = exclusion
    return [...this.#record.ratings.values()].filter(
      (rating) => rating.postId === postId && countedScore(rating) === null && covers(exclusion, rating),
    )
  }
}
