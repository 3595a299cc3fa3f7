/**
 * How many ratings are normal for a post, and how many more than that arrived. Two leaky buckets (one-sided CUSUMs, Page 1954)
 * receive the arrivals: one of 300 s for sudden crowds, one of a day for slow ones. Each leaks the normal rate and some room for
 * chance. A bucket above its threshold is overfull: ratings rush in.
 *
 * The figures change only in windows with arrivals. What a silent window does to them follows from the time that passed.
 */
export const referenceSeconds = 300

const referenceMs = 1_000 * referenceSeconds
const dayMs = 86_400_000

/** Chosen on half of the worlds of `post-rate simulate`, and measured on the other half. */
export const guardConstants = {
  /** Room for chance in both buckets: so many standard deviations of the normal rate. */
  deviations: 1.5,
  /** More room: ratings per 300 s, and ratings per day. */
  slack: 0.5,
  daySlack: 2,
  /** Ratings above which a bucket is overfull: so many standard deviations of the normal rate, and never fewer than these. */
  thresholdDeviations: 3,
  leastThreshold: 5,
  leastDayThreshold: 10,
  /** The bucket of a day also takes this share of the ratings that there were before, and this one of a normal day's: by night few rate. */
  dayShare: 0.03,
  cycleShare: 0.5,
  /** How long the normal rates remember. */
  memorySeconds: 24 * 3_600,
  dayMemorySeconds: 14 * 24 * 3_600,
  /** So long a post is new to the guard: what leaks from the bucket of 300 s teaches the rate of a day too, which learns faster. */
  youngSeconds: 3 * 24 * 3_600,
  /** A post of which nothing is known but that it has so many ratings is not new. */
  manyRatings: 30,
  /** The average of fewer ratings is no average that could be held. */
  leastCount: 5,
  /** The margin of error of an average: so many times the standard deviation of one rating, divided by the root of their number. */
  marginDeviations: 2,
  ratingDeviation: 1.1,
  /** So long the margin widens at a fifth of its speed: people have time to decide. */
  patienceSeconds: 4 * 24 * 3_600,
  patientShare: 0.2,
  /** When the true average was inside the margin for so long, the margin is taken anew around it, and only becomes narrower. */
  narrowSeconds: 6 * 3_600,
  /** When it was inside for so long, the crowd agrees with those before it, and its rate is the normal one. */
  agreedSeconds: 3 * 24 * 3_600,
  /** A new rush within this time after the last one keeps its margin. */
  rememberSeconds: 3 * 24 * 3_600,
  /** A release ends after this time, also while ratings still rush in: otherwise a few accounts could keep the guard off. */
  releaseSeconds: 24 * 3_600,
}
export type GuardConstants = typeof guardConstants

/** The guard's memory of a post's arrivals. Times are milliseconds. */
export interface Arrivals {
  /** Normal rate in ratings per 300 s, and the level of its bucket in ratings. */
  rate: number
  level: number
  /** The same of the bucket of a day; the rate is in ratings per day. */
  dayRate: number
  dayLevel: number
  /** The end of the last window with arrivals: the levels are of this moment. */
  at: number
  /** For how long the rates have been learned, at most as long as they remember. */
  learned: number
  /** What was shown where each bucket was empty last: before the rush, if there is one (Page's estimate of the change point). */
  average: number
  count: number
  dayAverage: number
  dayCount: number
}

/** The displayed figures before some arrivals. */
export interface Before {
  average: number
  count: number
}

/**
 * What a guard begins with. Of a new post a few hours without ratings count as known, of one with many ratings, which were imported,
 * some days; and the rate that an earlier version learned.
 */
export function noArrivals(at: number, { average, count }: Before, rate: number, constants: GuardConstants): Arrivals {
  const rates = { rate: decimal(rate), level: 0, dayRate: decimal((rate * dayMs) / referenceMs), dayLevel: 0 }
  const learned = rate > 0 || count >= constants.manyRatings ? 1_000 * constants.youngSeconds : 3 * 3_600_000
  return { ...rates, at, learned, average, count, dayAverage: average, dayCount: count }
}

/** After a window in which ratings arrived. Those of a new post teach more where they agree with the ones before. */
export function receive(
  was: Arrivals,
  { begin, end, before, arrived }: { begin: number; end: number; before: Before; arrived: number },
  agrees: boolean,
  constants: GuardConstants,
): Arrivals {
  const silent = Math.max(0, begin - was.at)
  const lasted = Math.max(1, end - Math.max(begin, was.at))
  const passed = silent + lasted
  const { rate, dayRate, learned } = was

  const leak = allowance(rate, constants) / referenceMs
  const left = Math.max(0, was.level - leak * silent)
  const level = Math.max(0, left + arrived - leak * lasted)
  const memory = Math.min(learned, 1_000 * constants.memorySeconds)
  const taught = was.level + arrived - level

  const dayLeak = dayAllowance(dayRate, constants) / dayMs
  const dayLeft = Math.max(0, was.dayLevel - dayLeak * silent)
  const dayLevel = Math.max(0, dayLeft + arrived - dayLeak * lasted)
  const young = agrees && learned < 1_000 * constants.youngSeconds
  const dayTaught = young ? taught : was.dayLevel + arrived - dayLevel

  const dayCount = dayLeft === 0 ? before.count : was.dayCount
  // An overflowing bucket forgets, so that a long flood is over some time after its end.
  const most = 4 * threshold(rate, constants)
  const dayMost = dayThreshold(dayRate, dayCount, constants) + dayAllowance(dayRate, constants) - dayRate
  return {
    rate: decimal((rate * memory + taught * referenceMs) / (memory + passed)),
    level: decimal(Math.min(level, most)),
    dayRate: decimal((dayRate * learned + dayTaught * dayMs) / (learned + passed)),
    dayLevel: decimal(Math.min(dayLevel, dayMost)),
    at: end,
    learned: Math.min(1_000 * constants.dayMemorySeconds, learned + passed),
    average: left === 0 ? before.average : was.average,
    count: left === 0 ? before.count : was.count,
    dayAverage: dayLeft === 0 ? before.average : was.dayAverage,
    dayCount,
  }
}

/** The same arrivals, with other figures as those before a rush. */
export function anchoredAt(arrivals: Arrivals, { average, count }: Before): Arrivals {
  return { ...arrivals, average, count, dayAverage: average, dayCount: count }
}

/** The same arrivals, where so many a day turned out to be normal. */
export function normalAt(arrivals: Arrivals, perDay: number): Arrivals {
  const rate = decimal(Math.max(arrivals.rate, (perDay * referenceMs) / dayMs))
  return { ...arrivals, rate, level: 0, dayRate: decimal(Math.max(arrivals.dayRate, perDay)), dayLevel: 0 }
}

/** Which bucket is overfull at a moment at which nothing more has arrived; the one of a day first. */
export function rushAt(arrivals: Arrivals, time: number, constants: GuardConstants): 'day' | 'now' | null {
  const silent = Math.max(0, time - arrivals.at)
  const { rate, level, dayRate, dayLevel, dayCount } = arrivals
  const dayLeft = dayLevel - (dayAllowance(dayRate, constants) * silent) / dayMs
  if (dayLeft > dayThreshold(dayRate, dayCount, constants)) return 'day'
  const left = level - (allowance(rate, constants) * silent) / referenceMs
  return left > threshold(rate, constants) ? 'now' : null
}

function allowance(rate: number, { deviations, slack }: GuardConstants): number {
  return rate + deviations * Math.sqrt(rate) + slack
}

function threshold(rate: number, { leastThreshold, thresholdDeviations }: GuardConstants): number {
  return Math.max(leastThreshold, thresholdDeviations * Math.sqrt(rate))
}

function dayAllowance(rate: number, { deviations, daySlack }: GuardConstants): number {
  return rate + deviations * Math.sqrt(rate) + daySlack
}

function dayThreshold(rate: number, count: number, constants: GuardConstants): number {
  const { leastDayThreshold, thresholdDeviations, dayShare, cycleShare } = constants
  return Math.max(leastDayThreshold, thresholdDeviations * Math.sqrt(rate), dayShare * count, cycleShare * rate)
}

/** Figures are kept with six decimals. */
function decimal(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
