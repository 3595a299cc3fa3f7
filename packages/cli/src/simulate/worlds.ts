import { choose, seededRandom } from '../demo/random.ts'

/** Windows of five minutes. */
export const windowsPerHour = 12
export const windowsPerDay = 24 * windowsPerHour
/** Windows before what is looked at begins, in which a policy learns what is normal. */
export const warmUp = 5 * windowsPerDay
/** Windows that are looked at. */
export const horizon = 2 * windowsPerDay

/** What people think of a post: the share of each score. */
export type Opinion = readonly [number, number, number, number, number, number]

export const opinions: Record<string, Opinion> = {
  // Mean 3.56, standard deviation 1.12.
  bell: [0.015, 0.035, 0.1, 0.28, 0.365, 0.205],
  loved: [0.02, 0.02, 0.04, 0.12, 0.3, 0.5],
  divided: [0.3, 0.1, 0.05, 0.05, 0.15, 0.35],
  disliked: [0.35, 0.25, 0.2, 0.1, 0.06, 0.04],
  flat: [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6],
}

/** A post as it is when something begins to happen to it. */
export interface World {
  seed: string
  /** Ratings that it has. */
  size: number
  /** Ratings in an average window. */
  rate: number
  /** How much more by day than on average, 0 to 0.9, and when the day begins. */
  cycle: number
  phase: number
  family: string
  opinion: Opinion
}

/** Post number `n` of a seed. */
export function makeWorld(seed: string, n: number): World {
  const random = seededRandom(`${seed} world ${n}`)
  const size = Math.round(logUniform(random, 15, 5_000))
  const ageDays = logUniform(random, 6, 90)
  const family = choose(random, Object.keys(opinions))
  return {
    seed: `${seed} ${n}`,
    size,
    rate: size / (ageDays * windowsPerDay),
    cycle: 0.9 * random(),
    phase: random(),
    family,
    opinion: opinions[family] as Opinion,
  }
}

/** Ratings to expect in a window, by the time of day. */
export function expected({ rate, cycle, phase }: World, window: number): number {
  return rate * (1 + cycle * Math.sin(2 * Math.PI * (window / windowsPerDay + phase)))
}

/** How many of something that happens `mean` times on average (Knuth; above 30 by the normal distribution). */
export function poisson(random: () => number, mean: number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  let [n, left] = [-1, 1]
  for (const limit = Math.exp(-mean); left > limit; n++) left *= random()
  return Math.max(0, n)
}

/** So many people's ratings. */
export function vote(random: () => number, people: number, opinion: readonly number[]): number[] {
  const counts = [0, 0, 0, 0, 0, 0]
  for (let n = 0; n < people; n++) {
    let [score, left] = [0, random()]
    while (score < 5 && left >= (opinion[score] as number)) left -= opinion[score++] as number
    counts[score] = (counts[score] as number) + 1
  }
  return counts
}

/** The opinion moved by so many stars, as far as the scale goes: everybody gives another score. */
export function moved(opinion: Opinion, stars: number): Opinion {
  const shares = [0, 0, 0, 0, 0, 0]
  for (const [score, share] of opinion.entries()) {
    const at = Math.min(5, Math.max(0, score + stars))
    const low = Math.floor(at)
    shares[low] = (shares[low] as number) + share * (1 - (at - low))
    if (at > low) shares[low + 1] = (shares[low + 1] as number) + share * (at - low)
  }
  return shares as unknown as Opinion
}

function logUniform(random: () => number, least: number, most: number): number {
  return least * (most / least) ** random()
}
