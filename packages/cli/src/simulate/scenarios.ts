import { guardConstants } from 'post-rate'
import { seededRandom } from '../demo/random.ts'
import { preparations } from './preparations.ts'
import {
  expected,
  horizon,
  moved,
  type Opinion,
  opinions,
  poisson,
  vote,
  type World,
  windowsPerDay,
  windowsPerHour,
} from './worlds.ts'

/** What a window brings: the change of the histogram, and how many of it are arrivals. */
export interface Arrival {
  change: readonly number[]
  news: number
}

/** What happens after the warm-up, window by window. */
export interface Story {
  honest: readonly Arrival[]
  /** Empty where nobody attacks. */
  attack: readonly Arrival[]
}

export interface Scenario {
  name: string
  kind: 'attack' | 'genuine'
  what: string
  tell(world: World, random: () => number): Story
  /** Preparation of the attackers, window by window. */
  prepare?: () => readonly Arrival[]
  /** Fixes what the scenario is about. */
  world?: Partial<World>
}

export const nothing: Arrival = { change: [0, 0, 0, 0, 0, 0], news: 0 }
const halfHour = windowsPerHour / 2

export const scenarios: readonly Scenario[] = [
  attack('burst', 'as many zeros as there are ratings, in 30 minutes (fives for a post that is disliked)', burst),
  prepared('waiting', 'the same a week later'),
  prepared('cycling', 'the same after ten accounts rated and withdrew all the time for a week'),
  prepared('changing minds', 'the same after ten accounts gave another score every five minutes for a week'),
  prepared('coming daily', 'the same after ten accounts withdrew and rated at the same moment every day for a week'),
  attack('flood', 'three times as many, in 6 hours', (world) =>
    spread(3 * world.size, worst(world), 6 * windowsPerHour),
  ),
  attack('push-and-nuke', 'fives for an hour, then zeros for an hour', ({ size }) => [
    ...spread(size, 5, windowsPerHour),
    ...spread(size, 0, windowsPerHour),
  ]),
  attack('flips', 'every other older rating of 5 becomes 0, in 30 minutes', ({ size, opinion }) =>
    spread(Math.floor((size * opinion[5]) / 2), 0, halfHour).map(({ news }) => ({
      change: [news, 0, 0, 0, 0, -news],
      news,
    })),
  ),
  attack('sawtooth', 'zeros in bursts just below what arms the guard, for 24 hours', (world) => {
    const pause = Math.ceil(guardConstants.leastThreshold / guardConstants.slack)
    return Array.from({ length: windowsPerDay }, (_, n) =>
      only(worst(world), n % pause === 0 ? guardConstants.leastThreshold : 0),
    )
  }),
  attack('slow-ramp', 'more and more of them for 24 hours, to teach the guard their rate, then a burst', (world) => [
    ...Array.from({ length: windowsPerDay }, (_, n) => n).map((n) => {
      const upTo = (window: number) => Math.floor(((0.5 + world.rate) * window * (1 + window / windowsPerDay)) / 2)
      return only(worst(world), upTo(n + 1) - upTo(n))
    }),
    ...burst(world),
  ]),
  {
    ...attack('cold-start', 'a post of five ratings gets 100 zeros in 30 minutes', () => spread(100, 0, halfHour)),
    world: { size: 5, rate: 0.004, family: 'bell', opinion: opinions.bell as Opinion },
  },
  genuine('quiet', 'nothing but what is normal', (world, random) => usual(world, random)),
  genuine('step', 'from now on everybody thinks two stars less (or more), at the normal rate', (world, random) =>
    usual(world, random, () => changedOpinion(world)),
  ),
  genuine('step-in-the-news', 'the same, while 20 times as many rate for 12 hours', (world, random) =>
    usual(
      world,
      random,
      () => changedOpinion(world),
      (window) => (window < 12 * windowsPerHour ? 20 : 1),
    ),
  ),
  genuine('drift', 'opinion moves by two stars in two days', (world, random) =>
    usual(world, random, (window) => moved(world.opinion, (direction(world) * 2 * window) / horizon)),
  ),
  viral(20, 'bell'),
  viral(200, 'bell'),
  viral(2_000, 'bell'),
  viral(200, 'divided'),
  {
    ...attack('raid-on-200', '200 ratings of mean 3.56, 200 zeros in 30 minutes', () => spread(200, 0, halfHour)),
    world: {
      size: 200,
      rate: 200 / (14 * windowsPerDay),
      cycle: 0.5,
      family: 'bell',
      opinion: opinions.bell as Opinion,
    },
  },
]

function burst(world: World): Arrival[] {
  return spread(world.size, worst(world), halfHour)
}

function prepared(name: keyof typeof preparations, what: string): Scenario {
  return { ...attack(`burst after ${name}`.replaceAll(' ', '-'), what, burst), prepare: preparations[name] }
}

function viral(size: number, family: string): Scenario {
  const name = family === 'bell' ? `viral-${size}` : `viral-${size}-${family}`
  const what = `${size} ratings, then 100 a window with the same opinion (${family}), for 6 hours`
  const opinion = opinions[family] as Opinion
  return {
    ...genuine(name, what, (world, random) =>
      usual(world, random, undefined, (window) => (window < 6 * windowsPerHour ? 100 / world.rate : 1)),
    ),
    world: { size, rate: size / (14 * windowsPerDay), cycle: 0, family, opinion },
  }
}

/** A scenario's story in a world; the same each time it is told. */
export function tell(scenario: Scenario, world: World): Story {
  return scenario.tell(world, seededRandom(`${world.seed} ${scenario.name}`))
}

/** What comes anyway. */
export function usual(
  world: World,
  random: () => number,
  opinion: (window: number) => Opinion = () => world.opinion,
  times: (window: number) => number = () => 1,
  windows = horizon,
): Arrival[] {
  return Array.from({ length: windows }, (_, window) => {
    const news = poisson(random, expected(world, window) * times(window))
    return { change: vote(random, news, opinion(window)), news }
  })
}

function attack(name: string, what: string, come: (world: World) => Arrival[]): Scenario {
  return {
    name,
    kind: 'attack',
    what,
    tell: (world, random) => ({ honest: usual(world, random), attack: padded(come(world)) }),
  }
}

function genuine(name: string, what: string, honest: (world: World, random: () => number) => Arrival[]): Scenario {
  return { name, kind: 'genuine', what, tell: (world, random) => ({ honest: honest(world, random), attack: [] }) }
}

function padded(arrivals: Arrival[]): Arrival[] {
  return Array.from({ length: horizon }, (_, window) => arrivals[window] ?? nothing)
}

/** So many ratings evenly over some windows. */
function spread(people: number, score: number, windows: number): Arrival[] {
  const upTo = (window: number) => Math.round((people * window) / windows)
  return Array.from({ length: windows }, (_, window) => only(score, upTo(window + 1) - upTo(window)))
}

/** The score that moves a post furthest. */
function worst({ opinion }: World): number {
  return meanOf(opinion) < 2.5 ? 5 : 0
}

export function only(score: number, news: number): Arrival {
  return { change: [0, 1, 2, 3, 4, 5].map((one) => (one === score ? news : 0)), news }
}

function changedOpinion(world: World): Opinion {
  return moved(world.opinion, 2 * direction(world))
}

function direction({ opinion }: World): 1 | -1 {
  return meanOf(opinion) < 2.5 ? 1 : -1
}

function meanOf(opinion: Opinion): number {
  return opinion.reduce((sum, share, score) => sum + share * score, 0)
}
