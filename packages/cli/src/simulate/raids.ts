import { seededRandom } from '../demo/random.ts'
import { raidPolicies, type Step } from './policies.ts'
import { follow, fresh, plus, type Series } from './run.ts'
import { type Arrival, nothing, only } from './scenarios.ts'
import { meanOf } from './speed-limit.ts'
import { type Opinion, poisson, vote, type World, windowsPerDay } from './worlds.ts'

/** Days before the event, in which a policy learns what is normal. */
const daysBefore = 20
const daysAfter = 7

/** What happens to one kind of post for a week, and to how many people. Times are days since the event began. */
export interface Raid {
  name: string
  what: string
  size: number
  perDay: number
  opinion: Opinion
  /** Days between the event's begin and the moment from which is measured. */
  from?: number
  /** How many times as many rate as usual, and what they think. */
  times?: (day: number) => number
  changed?: Opinion
  /** Raiders a day, and what they give. */
  raiders?: (day: number) => number
  score?: (day: number) => number
  /** Fives of before that become zeros within the first half hour, without arriving again. */
  flips?: number
}

const liked: Opinion = [0.02, 0.02, 0.04, 0.1, 0.24, 0.58]
const mixed: Opinion = [0.06, 0.06, 0.1, 0.2, 0.3, 0.28]
const worse: Opinion = [0.3, 0.2, 0.2, 0.1, 0.1, 0.1]
const hour = 1 / 24
const sixDays = [90, 90, 204, 45, 42, 33]

const within = (days: number, people: number) => (day: number) => (day >= 0 && day < days ? people / days : 0)
/** So many people within an hour, every so many days. */
const pulses = (people: number, every: number) => (day: number) => within(hour, people)(((day % every) + every) % every)
const busy = (days: number, times: number) => (day: number) => (day < days ? times : 1)

/** Events that last for days, and attacks on the guard itself. */
export const raids: readonly Raid[] = [
  raid('half-an-hour', '200 zeros in 30 minutes', 200, 5, { opinion: mixed, raiders: within(hour / 2, 200) }),
  raid('a-day', '100 zeros in a day', 200, 1, { raiders: within(1, 100) }),
  raid('six-days', '500 zeros in the shape of a real raid of six days', 500, 2, {
    raiders: (day) => sixDays[Math.floor(day)] ?? 0,
  }),
  raid('two-days', '1,000 zeros in two days', 2_000, 20, { raiders: within(2, 1_000) }),
  raid('young-12', '100 zeros in 2 hours', 12, 2, { raiders: within(2 * hour, 100) }),
  raid('young-30', '100 zeros in 2 hours', 30, 3, { raiders: within(2 * hour, 100) }),
  raid('five-ratings', '100 zeros in 2 hours', 5, 0.01, { raiders: within(2 * hour, 100) }),
  raid('three-ratings', '100 zeros in 2 hours', 3, 0.01, { raiders: within(2 * hour, 100) }),
  raid('own-push', '300 fives in 3 hours', 150, 2, {
    opinion: mixed,
    raiders: within(3 * hour, 300),
    score: () => 5,
  }),
  raid('viral-day', '300 zeros in an hour, a day after the traffic rose to 100 times', 500, 5, {
    from: 1,
    times: busy(3, 100),
    raiders: (day) => within(hour, 300)(day - 1),
  }),
  raid('prepared', 'ten accounts a day for a week, then 200 zeros in 30 minutes', 200, 2, {
    from: 7,
    times: (day) => (day < 7 ? 6 : 1),
    raiders: (day) => within(hour / 2, 200)(day - 7),
  }),
  raid('pulses', '20 zeros in an hour every two days', 200, 2, { raiders: pulses(20, 2) }),
  raid('small-pulses', '8 zeros in an hour every day', 200, 2, { raiders: pulses(8, 1) }),
  raid('push-and-pull', '600 a day for two days, fives and zeros in turn every 3 hours', 200, 2, {
    raiders: within(2, 1_200),
    score: (day) => (Math.floor(day / (3 * hour)) % 2 === 0 ? 0 : 5),
  }),
  raid('pauses', '12 zeros in an hour, then pauses in which the margin is taken anew', 500, 2, {
    raiders: pulses(12, 7.5 * hour),
  }),
  raid('changed-minds', '200 fives in an hour, all of which become zeros the hour after', 200, 2, {
    raiders: within(hour, 200),
    score: () => 5,
    flips: 200,
  }),
  raid('four-a-day', '4 zeros a day', 200, 2, { raiders: () => 4 }),
  raid('eight-a-day', '8 zeros a day', 200, 2, { raiders: () => 8 }),
  raid('viral-same-20', 'traffic × 2,500 for three days, the same opinion', 20, 2, {
    opinion: mixed,
    times: busy(3, 2_500),
  }),
  raid('viral-same-200', 'traffic × 500 for three days, the same opinion', 200, 5, {
    opinion: mixed,
    times: busy(3, 500),
  }),
  raid('viral-same-2000', 'traffic × 100 for three days, the same opinion', 2_000, 50, {
    opinion: mixed,
    times: busy(3, 100),
  }),
  raid('honest-drop', 'people think two stars less, normal traffic', 200, 20, { changed: worse }),
  raid('honest-drop-in-the-news', 'the same at ten times the traffic', 200, 5, { changed: worse, times: () => 10 }),
  raid('ordinary-5', 'nothing but what is normal', 200, 5, {}),
  raid('ordinary-50', 'nothing but what is normal', 2_000, 50, {}),
  raid('weekly-peaks', 'three times the traffic on two of seven days', 500, 20, {
    times: (day) => (day % 7 < 2 ? 3 : 1),
  }),
]

function raid(name: string, what: string, size: number, perDay: number, more: Partial<Raid>): Raid {
  return { name, what: `${what}, on ${size} ratings and ${perDay} a day`, size, perDay, opinion: liked, ...more }
}

/** One world's week as each policy shows it, from the moment that the raid is about. */
export function runRaid(
  seed: string,
  raid: Raid,
  policies: Readonly<Record<string, Step>> = raidPolicies,
): { world: World; series: Record<string, Series> } {
  const { name, size, perDay, opinion, from = 0 } = raid
  const random = seededRandom(`${seed} ${name}`)
  const old = vote(random, size, opinion) as unknown as Opinion
  const before = days(-daysBefore, 0, raid, random)
  const lead = days(0, from, raid, random)
  const event = days(from, from + daysAfter, raid, random)
  const series = Object.entries(policies).map(([policy, step]) => {
    const learned = follow(fresh(old), before, step, true)
    const base = meanOf(learned.state.counts)
    const seen = follow(follow(learned, lead, step, true), event, step, true)
    return [policy, { ...seen, honest: seen.shown.map(() => base) }] as const
  })
  const world = { seed, size, rate: perDay / windowsPerDay, cycle: 0, phase: 0, family: name, opinion }
  return { world, series: Object.fromEntries(series) }
}

function days(from: number, to: number, raid: Raid, random: () => number): Arrival[] {
  const { perDay, opinion, changed = opinion, times = () => 1, raiders = () => 0, score = () => 0, flips = 0 } = raid
  return Array.from({ length: Math.round((to - from) * windowsPerDay) }, (_, window) => {
    const day = from + window / windowsPerDay
    const began = day >= 0
    const people = poisson(random, (perDay * (began ? times(day) : 1)) / windowsPerDay)
    const honest = people === 0 ? nothing : { change: vote(random, people, began ? changed : opinion), news: people }
    const hostile = began ? poisson(random, raiders(day) / windowsPerDay) : 0
    const come = hostile === 0 ? honest : plus(honest, only(score(day), hostile))
    const turned = flips > 0 && day >= hour && day < 2 * hour ? Math.round((flips * 24) / windowsPerDay) : 0
    return turned === 0 ? come : plus(come, { change: [turned, 0, 0, 0, 0, -turned], news: 0 })
  })
}
