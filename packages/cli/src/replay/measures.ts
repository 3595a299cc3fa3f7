import type { Point } from './points.ts'
import type { Period } from './policies.ts'
import type { ReplayRating } from './ratings.ts'
import type { Shown, Walk } from './walk.ts'

const hourMs = 3_600_000
const yearMs = 365.25 * 24 * hourMs
/** Incidents with a shorter pause between them are one. */
const pauseMs = 6 * hourMs

/** Figures of a replay. Stars, seconds and ratings; null where the file has no labels, or no raid was detected. */
export interface Measures {
  /** Furthest that the shown average is from the plain one, at the points. */
  worstGap: number
  /** Incidents in a year, also where they are no raid: all of them without labels, otherwise those without a rating of the raid. */
  alarmsPerYear: number
  /** From the first rating of the raid to the first incident after it. */
  secondsToDetection: number | null
  /** Ratings of the post and of the raid at that moment. */
  ratingsAtDetection: { all: number; raid: number } | null
  /** How far the shown average is from the one without the raid, so many hours after the raid's first rating. */
  displacement: Record<string, number | null> | null
  /** Honest ratings that count later than at once, or never. */
  honestDelayed: number | null
  honestLost: number | null
}

const hoursMeasured = [2, 24, 72, 144] as const

export function measure(
  ratings: readonly ReplayRating[],
  { shown, armed, fates }: Walk,
  points: readonly Point[],
  undisturbed: Walk | undefined,
): Measures {
  const raid = ratings.filter((rating) => rating.raid === true)
  const [first] = raid
  const last = points.at(-1)?.at ?? 0
  const incidents = joined(armed)
  const honest = (fate: Walk['fates'][number]) =>
    first === undefined ? null : ratings.filter((rating, n) => rating.raid !== true && fates[n] === fate).length
  const detected = first && incidents.find(({ to }) => to === null || to > first.at)
  const falseAlarms = incidents.filter(({ from, to }) => !raid.some(({ at }) => within(at, from - pauseMs, to)))
  const years = (last - (ratings[0]?.at ?? 0)) / yearMs
  return {
    worstGap: points.reduce(
      (worst, { plain, shown }) => Math.max(worst, Math.abs((plain ?? 0) - (shown ?? plain ?? 0))),
      0,
    ),
    alarmsPerYear: years > 0 ? falseAlarms.length / years : 0,
    secondsToDetection: first && detected ? Math.max(0, detected.from - first.at) / 1_000 : null,
    ratingsAtDetection: detected
      ? { all: countBefore(ratings, detected.from), raid: countBefore(raid, detected.from) }
      : null,
    displacement: first && undisturbed ? displacement(shown, undisturbed.shown, first.at, last) : null,
    honestDelayed: honest('delayed'),
    honestLost: honest('lost'),
  }
}

/** Periods less than six hours apart as one. */
export function joined(periods: readonly Period[]): Period[] {
  const all: Period[] = []
  for (const period of periods) {
    const before = all.at(-1)
    if (before !== undefined && period.from - (before.to as number) < pauseMs) before.to = period.to
    else all.push({ ...period })
  }
  return all
}

function displacement(shown: readonly Shown[], undisturbed: readonly Shown[], from: number, last: number) {
  const figures = hoursMeasured.map((hours) => {
    const at = from + hours * hourMs
    const [here, there] = [averageAt(shown, at), averageAt(undisturbed, at)]
    return [`${hours}h`, at > last || here === null || there === null ? null : Math.abs(here - there)] as const
  })
  return Object.fromEntries(figures)
}

function averageAt(shown: readonly Shown[], at: number): number | null {
  return shown.findLast((one) => one.at <= at)?.average ?? null
}

function countBefore(ratings: readonly ReplayRating[], at: number): number {
  return ratings.reduce((count, rating) => count + (rating.at < at ? 1 : 0), 0)
}

function within(at: number, from: number, to: number | null): boolean {
  return at >= from && (to === null || at <= to)
}
