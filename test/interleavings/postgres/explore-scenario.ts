import { Diverged, type Explored, exploreAll, exploreOne, exploreSome, type Run, Violation } from '../explore.ts'
import { violations } from './judge.ts'
import type { Observation } from './observer.ts'
import { operations, persist, type Told } from './operations.ts'
import { PostgresRun } from './postgres-run.ts'
import type { Scenario } from './scenarios.ts'
import { foldAll, type Process, publishAll, type World } from './world.ts'

export interface How {
  /** Random schedules of a seed in place of all of them. */
  sample?: { runs: number; seed: number }
  /** This schedule alone. */
  schedule?: readonly string[]
  /** Loses one connection in each run, at any statement. */
  crashes?: boolean
  limit?: number
}

export interface Figures extends Explored {
  /** Most statements that a run had. */
  steps: number
  /** Statements that had to wait for a lock. */
  blocked: number
  /** Runs in which a connection was lost. */
  crashes: number
}

/** Takes a scenario's schedules. @throws Violation with the interleaving and what came of it */
export async function exploreScenario(world: World, scenario: Scenario, how: How = {}): Promise<Figures> {
  const figures = { steps: 0, blocked: 0, crashes: 0 }
  const processes: Process[] = []
  for (const n of scenario.sessions.keys()) processes.push(await world.process(n))
  const names = scenario.sessions.map((operation, n) =>
    scenario.sessions.indexOf(operation) < n ? `${operation} 2` : operation,
  )

  const begin = async (): Promise<Run> => {
    await world.begin(scenario.setUp)
    const told: Told = { receipts: [], topic: [], unfinished: [] }
    const plans = scenario.sessions.map((operation, n) => {
      const process = processes[n] as Process
      const work = () => persist(operations[operation], process, told)
      return { name: names[n] as string, pool: process.pool, work }
    })
    const run: PostgresRun = await PostgresRun.begin(plans, world.observer, {
      crashes: how.crashes ?? false,
      judge: async (history) => {
        figures.steps = Math.max(figures.steps, run.steps.length)
        figures.blocked += run.blockedSteps
        figures.crashes += run.crashed
        const found = await settled(world, history, told, scenario)
        if (found.length > 0) throw new Violation(found.join('\n'))
      },
    })
    return explaining(run, scenario, how)
  }
  if (how.schedule) return { ...(await exploreOne(begin, how.schedule)), ...figures }
  if (how.sample) return { ...(await exploreSome(begin, how.sample.runs, how.sample.seed)), ...figures }
  const explored = await exploreAll(begin, how.limit)
  return { ...explored, ...figures }
}

/** Drains with another process, as one that takes over would, and judges. */
async function settled(
  world: World,
  history: readonly Observation[],
  told: Told,
  { damaged = false, sessions }: Scenario,
): Promise<string[]> {
  for (const finish of told.unfinished) await finish(world.free)
  if (told.unfinished.length > 0) history = [...history, await world.observer.observe()]
  await foldAll(world.free)
  const drained = [...history, await world.observer.observe()]
  await publishAll(world.free, told.topic)
  const final = await world.observer.observe()
  if (final.outbox.length > 0) return [`${final.outbox.length} rows cannot be published`]
  const moderated = sessions.includes('exclude') || sessions.includes('restore')
  // Whoever did not repair has nothing to answer for.
  if (damaged && !sessions.includes('rebuild')) throw new Error('A damaged beginning needs a rebuild')
  return violations({ history: drained, receipts: told.receipts, topic: told.topic, damaged, moderated })
}

/** A failure tells the way to it. */
function explaining(run: PostgresRun, scenario: Scenario, { crashes }: How): Run {
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof Error) || error instanceof Diverged) throw error
      const cause = error.cause instanceof Error ? `\n${error.cause.stack}` : ''
      const schedule = run.schedule.join(',')
      const Kind = error instanceof Violation ? Violation : Error
      throw new Kind(
        [
          `${scenario.name}: ${error.message}${cause}`,
          'The interleaving:',
          ...run.steps.map((step, n) => `  ${String(n + 1).padStart(2)}  ${step}`),
          `Again: npm run interleavings -- --scenario '${scenario.name}'${crashes ? ' --crashes' : ''} --schedule '${schedule}'`,
        ].join('\n'),
        { cause: error },
      )
    }
  }
  return {
    choices: () => run.choices(),
    take: (id) => told(run.take(id)),
    judge: () => told(run.judge()),
    abandon: () => run.abandon(),
  }
}
