import { seededRandom } from '../../packages/cli/src/demo/random.ts'
import type { RecordedRating, ReplayRating } from '../../packages/cli/src/replay/ratings.ts'
import { poisson, vote } from '../../packages/cli/src/simulate/worlds.ts'

export const dayMs = 86_400_000
const hourMs = 3_600_000
/** Share of each score. Means 4.3, 3.5 and 1.8. */
const opinions = {
  loved: [0.02, 0.02, 0.04, 0.1, 0.24, 0.58],
  middling: [0.06, 0.06, 0.1, 0.2, 0.3, 0.28],
  disliked: [0.3, 0.2, 0.2, 0.1, 0.1, 0.1],
}
/** Assumed: three of four raiders are new, and one of five others. */
export const newRaiders = 0.75
const newOthers = 0.2

export interface OrdinaryPost {
  size: number
  perDay: number
  /** Days of ordinary traffic, from `start` on. */
  days: number
  opinion: keyof typeof opinions
  /** The opinion of everybody from a day on. */
  later?: { from: number; opinion: keyof typeof opinions }
  seed: string
}

export const start = Date.UTC(2026, 0, 1)

/** A post with `size` old ratings, which are no arrivals, and then ordinary traffic with a daily cycle. */
export function ordinaryPost({ size, perDay, days, opinion, later, seed }: OrdinaryPost): ReplayRating[] {
  const random = seededRandom(`${seed} post of ${size}`)
  const scores = vote(random, size, opinions[opinion]).flatMap((n, score) => Array.from({ length: n }, () => score))
  const old = scores.map((score): ReplayRating => ({ ...honest(start, score, random), arrival: false }))
  const traffic = Array.from({ length: 24 * days }, (_, hour) => {
    const mean = (perDay / 24) * (1 + 0.5 * Math.sin((2 * Math.PI * hour) / 24))
    return Array.from({ length: poisson(random, mean) }, () => {
      const now = later !== undefined && hour >= 24 * later.from ? later.opinion : opinion
      const score = vote(random, 1, opinions[now]).indexOf(1)
      return honest(start + (hour + random()) * hourMs, score, random)
    })
  }).flat()
  return sorted([...old, ...traffic])
}

/** A recorded raid over a post: its first rating comes `after` so many days, each of them `scale` times. */
export function overlay(
  post: readonly ReplayRating[],
  raid: readonly RecordedRating[],
  { after, scale, seed }: { after: number; scale: number; seed: string },
): ReplayRating[] {
  const random = seededRandom(`${seed} raid`)
  const shift = start + after * dayMs - (raid.find((rating) => rating.raid === true)?.at ?? 0)
  const last = post.at(-1)?.at ?? 0
  const rows = raid.flatMap((rating) =>
    Array.from({ length: scale }, (_, n): ReplayRating => {
      // Copies are spread over the half hour around their original.
      const at = Math.round(rating.at + shift + (n === 0 ? 0 : (random() - 0.5) * hourMs))
      const established = random() >= (rating.raid ? newRaiders : newOthers)
      return { ...rating, at, user: null, established, arrival: true, replaces: null }
    }),
  )
  return sorted([...post, ...rows.filter(({ at }) => at > start && at < last)])
}

/** So many zeros, evenly over some hours. All accounts are new, or a share of them. */
export function attack(
  post: readonly ReplayRating[],
  accounts: number,
  from: number,
  hours: number,
  newShare = 1,
): ReplayRating[] {
  const zeros = Array.from({ length: accounts }, (_, n): ReplayRating => {
    const at = Math.round(from + ((n + 0.5) / accounts) * hours * hourMs)
    const established = Math.floor((n + 1) * (1 - newShare)) > Math.floor(n * (1 - newShare))
    return { at, score: 0, user: null, raid: true, established, arrival: true, replaces: null }
  })
  return sorted([...post, ...zeros])
}

function honest(at: number, score: number, random: () => number): ReplayRating {
  const established = random() >= newOthers
  return { at: Math.round(at), score, user: null, raid: false, established, arrival: true, replaces: null }
}

function sorted(ratings: ReplayRating[]): ReplayRating[] {
  return ratings.sort((a, b) => a.at - b.at)
}
