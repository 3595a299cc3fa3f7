import { afterNames, type Measures, measure, measureDays, measureNames, type Summary, summarise } from './metrics.ts'
import { policies, raidPolicies, type Step, variants } from './policies.ts'
import { type Raid, raids, runRaid } from './raids.ts'
import { run, type Series } from './run.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { makeWorld, type World } from './worlds.ts'

export interface SimulationOptions {
  /** Any text. Worlds with an even number are for choosing constants, those with an odd one for reporting. */
  seed: string
  worlds: number
  /** Names of scenarios; without any all of them. */
  only?: readonly string[]
  /** The guard's variants over the worlds that are not reported, instead of the policies over those that are. */
  tune?: boolean
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

export type Outcome = Record<keyof Measures, Summary | null>

export interface ScenarioReport {
  name: string
  kind: Scenario['kind'] | 'raid'
  what: string
  policies: Record<string, Outcome>
  /** The first world, for a plot. */
  example: { world: World; series: Record<string, Series> }
}

/** Every scenario in every world, as each policy shows it. */
export async function simulate({ seed, worlds, only = [], tune = false, signal, onProgress }: SimulationOptions) {
  const chosen = [...scenarios, ...raids].filter(({ name }) => only.length === 0 || only.includes(name))
  const reports: ScenarioReport[] = []
  for (const [index, scenario] of chosen.entries()) {
    const steps: Readonly<Record<string, Step>> = tune ? variants : 'tell' in scenario ? policies : raidPolicies
    const measured = new Map<string, Measures[]>(Object.keys(steps).map((name) => [name, []]))
    let example: ScenarioReport['example'] | undefined
    for (let n = 0; n < worlds; n++) {
      signal?.throwIfAborted()
      const told = happen(scenario, seed, 2 * n + (tune ? 0 : 1), steps)
      example ??= told
      const measuring = 'tell' in scenario ? measure : measureDays
      for (const [name, one] of Object.entries(told.series)) measured.get(name)?.push(measuring(one))
      onProgress?.(index * worlds + n + 1, chosen.length * worlds)
      // The progress is drawn, and a signal is heard.
      if (n % 10 === 9) await new Promise((resolve) => setImmediate(resolve))
    }
    const outcomes = [...measured].map(([name, list]) => [name, outcomeOf(list)] as const)
    const { name, what } = scenario
    const kind = 'tell' in scenario ? scenario.kind : 'raid'
    if (example) reports.push({ name, kind, what, policies: Object.fromEntries(outcomes), example })
  }
  return reports
}

function happen(scenario: Scenario | Raid, seed: string, n: number, steps: Readonly<Record<string, Step>>) {
  if (!('tell' in scenario)) return runRaid(`${seed} ${n}`, scenario, steps)
  const world = makeWorld(seed, n)
  return { world: { ...world, ...scenario.world }, series: run(world, scenario, steps) }
}

function outcomeOf(list: readonly Measures[]): Outcome {
  const summary = (name: keyof Measures) => summarise(list.flatMap((one) => one[name] ?? []))
  return Object.fromEntries([...measureNames, ...afterNames].map((name) => [name, summary(name)])) as Outcome
}
