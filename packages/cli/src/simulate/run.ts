import type { Displayed, Histogram, Live } from 'post-rate'
import { seededRandom } from '../demo/random.ts'
import type { Step } from './policies.ts'
import { type Arrival, type Scenario, tell, usual } from './scenarios.ts'
import { meanOf } from './speed-limit.ts'
import { vote, type World, warmUp } from './worlds.ts'

/** What readers see at the end of each window. */
export interface Series {
  shown: number[]
  /** The same where nobody attacks. */
  honest: number[]
  /** Shown minus the true mean of the same moment. */
  gap: number[]
  /** True means at the end of each window. */
  live: number[]
}

const start = Date.UTC(2026, 0, 1)
const windowMs = 300_000

/** One world's story as each policy shows it. */
export function run(
  given: World,
  scenario: Scenario,
  policies: Readonly<Record<string, Step>>,
): Record<string, Series> {
  const world = { ...given, ...scenario.world }
  const random = seededRandom(`${world.seed} before`)
  const old = vote(random, Math.max(1, Math.round(world.size - world.rate * warmUp)), world.opinion)
  const before = usual(world, random, undefined, undefined, warmUp)
  const prepared = prepare(scenario, world, random)
  const { honest, attack } = tell(scenario, world)
  const all = attack.length === 0 ? honest : honest.map((arrival, n) => plus(arrival, attack[n] as Arrival))
  return Object.fromEntries(
    Object.entries(policies).map(([name, step]) => {
      const usually = follow(fresh(old as unknown as Histogram), before, step, true)
      const learned = follow(usually, prepared, step, true)
      const seen = follow(learned, all, step, name === 'live')
      const undisturbed = attack.length === 0 ? seen : follow(learned, honest, step, name === 'live')
      return [name, { shown: seen.shown, honest: undisturbed.shown, gap: seen.gap, live: seen.live }]
    }),
  )
}

/** The attackers' preparation, among what comes anyway. */
function prepare({ prepare: come }: Scenario, world: World, random: () => number): Arrival[] {
  const prepared = come?.() ?? []
  const honest = usual(world, random, undefined, undefined, prepared.length)
  return prepared.map((arrival, n) => plus(arrival, honest[n] as Arrival))
}

/** What is shown at a moment. A policy may leave out windows in which nothing is pending, so `display` may be older. */
interface Moment {
  display: Displayed
  state: Live
  time: number
}

export function follow(from: Moment, arrivals: readonly Arrival[], step: Step, atOnce: boolean) {
  const [shown, gap, live]: [number[], number[], number[]] = [[], [], []]
  let { display, state, time } = from
  for (const { change, news } of arrivals) {
    time += windowMs
    const counts = state.counts.map((n, score) => Math.max(0, n + (change[score] as number))) as unknown as Histogram
    state = { counts, activity: state.activity + news }
    const next = step(display, state, time)
    // At the end of a window readers still see what was stepped at its begin.
    const { average, counts: known } = atOnce ? next : display
    shown.push(average ?? 0)
    gap.push((average ?? 0) - meanOf(known))
    live.push(meanOf(counts))
    display = next
  }
  return { shown, gap, live, display, state, time }
}

export function fresh(counts: Histogram): Moment {
  const display = { counts, average: meanOf(counts), asOf: start, activity: 0, guard: null }
  return { display, state: display, time: start }
}

export function plus(a: Arrival, b: Arrival): Arrival {
  return { change: a.change.map((n, score) => n + (b.change[score] as number)), news: a.news + b.news }
}
