import fc from 'fast-check'
import type { Judge } from './judge.ts'
import { sleep } from './network.ts'
import type { Node } from './node.ts'
import { perform } from './perform.ts'
import { type Schedule, schedules, tell } from './schedule.ts'
import { Tally } from './tally.ts'
import { VirtualTime } from './virtual-time.ts'
import { World } from './world.ts'

/** Whatever was lost is whole again within this time, once nothing goes wrong any more. */
const healingMs = 60_000
const lookEveryMs = 500

export interface SimulationOptions {
  schedules: number
  seed: number
  /** Where a counterexample is, as a failed run says it. */
  path?: string | undefined
  /** Ends with the first violation, without looking for the shortest schedule that has one. */
  first?: boolean | undefined
}

export interface SimulationReport {
  seed: number
  schedules: number
  seconds: number
  tally: Tally
  /** Null where every schedule went well. */
  failure: { violation: string; schedule: string; path: string; shrunk: number } | null
}

/** Runs schedules until one goes wrong, and then shorter ones that still do. */
export async function simulate({
  schedules: numRuns,
  seed,
  path,
  first = false,
}: SimulationOptions): Promise<SimulationReport> {
  const began = process.cpuUsage()
  const tally = new Tally()
  const details = await VirtualTime.during(async (time) => {
    const property = fc.asyncProperty(schedules(), async (schedule) => {
      const violation = await runSchedule(schedule, time, tally)
      if (violation !== null) throw new Error(violation)
    })
    const endOnFailure = first || path !== undefined
    return fc.check(property, { numRuns, seed, endOnFailure, ...(path !== undefined && { path }) })
  })
  const { user, system } = process.cpuUsage(began)
  const { counterexample, counterexamplePath, errorInstance, numShrinks } = details
  const failure = details.failed
    ? {
        violation: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
        schedule: counterexample ? tell(counterexample[0]) : '',
        path: counterexamplePath ?? '',
        shrunk: numShrinks,
      }
    : null
  return { seed, schedules: details.numRuns, seconds: (user + system) / 1e6, tally, failure }
}

/** Lets everything of a schedule happen, then nothing bad any more. Resolves to what is wrong, or null. */
export async function runSchedule({ world: options, steps }: Schedule, time: VirtualTime, tally: Tally) {
  time.reset(options.seed)
  const world = new World(options, tally)
  const { judge } = world
  const over = () => judge.violation !== null
  await time.pass(500, over)
  for (const { wait, ...step } of steps) {
    if (wait > 0) await time.pass(wait, over)
    await perform(step, world)
  }
  await heal(world, time)
  world.close()
  return judge.violation
}

async function heal(world: World, time: VirtualTime): Promise<void> {
  const { database, judge, network, nodes, tally } = world
  const over = () => judge.violation !== null
  for (const node of nodes) node.faults.length = 0
  // What was sent before may still arrive; whoever is stopped goes on; whoever died is started again.
  while (!over() && (network.late() || nodes.some((node) => !node.settled))) await time.pass(lookEveryMs, over)
  const began = Date.now()
  let unrest = await judge.unrest()
  while (!over() && unrest.length > 0) {
    if (Date.now() - began > healingMs) return judge.fail(`not whole after ${healingMs / 1000} s: ${unrest.join('; ')}`)
    await time.pass(lookEveryMs, over)
    // What is still on its way past a change that no trigger saw cannot be told from it.
    if (judge.needsRebuild() && database.record.outbox.length === 0) await finished(rebuild(world), time, judge)
    unrest = await judge.unrest()
  }
  tally.count(`healed within ${Math.ceil((Date.now() - began) / 10_000) * 10} s`)
  await finished(verify(world), time, judge)
}

async function rebuild({ nodes, tally }: World): Promise<void> {
  const { repaired } = await untilItWorks(() => (nodes[0] as Node).rebuildStats.rebuild({}))
  tally.count('posts rebuilt', repaired)
}

/** The shipped audit must agree that nothing is wrong. */
async function verify({ nodes, judge }: World): Promise<void> {
  const { drift, pending } = await untilItWorks(() => (nodes[0] as Node).verifyStats.verify({ wait: 30 }))
  if (drift.length + pending > 0) judge.fail(`verify finds ${JSON.stringify(drift)} and ${pending} pending`)
}

/** An administrator tries again. */
async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch {
      await sleep(1_000)
    }
  }
}

async function finished(work: Promise<void>, time: VirtualTime, judge: Judge): Promise<void> {
  let done = false
  const settled = work.finally(() => {
    done = true
  })
  settled.catch(() => {})
  await time.pass(600_000, () => done || judge.violation !== null)
  if (done) await settled
  else judge.fail('an audit did not end within 10 minutes')
}
