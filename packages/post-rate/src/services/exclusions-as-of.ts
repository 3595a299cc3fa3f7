import { type Span, subtractSpans } from '../domain/rating-history.ts'
import type { Exclusion } from '../ports/moderation-store.ts'

/** A post's exclusions as they were at a moment. */
export interface ExclusionsAsOf {
  /** Active then, the earliest period first. */
  active: Exclusion[]
  /** Times whose marked ratings counted then: they were excluded later. */
  counted: Span[]
  /** Times whose ratings did not count then: they were restored later. */
  excluded: Span[]
}

/**
 * Readers see a moderation with the post's next figures: until then a history shows what those figures are made of. A mark on a
 * rating does not tell when it was set; the exclusions do.
 */
export function exclusionsAsOf(exclusions: readonly Exclusion[], asOf: number): ExclusionsAsOf {
  const madeBy = (exclusion: Exclusion) => Date.parse(exclusion.at) <= asOf
  const ended = ({ restoredAt }: Exclusion) => restoredAt !== null && Date.parse(restoredAt) <= asOf
  const active = exclusions.filter((exclusion) => madeBy(exclusion) && !ended(exclusion))
  const later = exclusions.filter((exclusion) => !madeBy(exclusion) && exclusion.restoredAt === null)
  const restoredLater = active.filter(({ restoredAt }) => restoredAt !== null)
  return {
    active: active.sort((a, b) => Date.parse(a.from) - Date.parse(b.from)),
    counted: subtractSpans(later.map(spanOf), active.map(spanOf)),
    excluded: restoredLater.map(spanOf),
  }
}

/** Of the period, what had been rated when the exclusion was made; of a quarantine, all of it. */
function spanOf({ from, to, at, releaseAt }: Exclusion): Span {
  return { from: Date.parse(from), to: releaseAt === null ? Math.min(Date.parse(to), Date.parse(at)) : Date.parse(to) }
}
