import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase } from './fault-case.ts'
import { settled, storedRatings } from './oracle.ts'
import { healLimitSeconds, recovered } from './recovery.ts'
import type { World } from './world.ts'

export interface CaseResult {
  name: string
  row: string
  title: string
  accepted: number
  unknown: number
  lost: number
  lostByNature: number
  wrong: number
  healSeconds: number
  p99ReadMs: number
  worstReadMs: number
  /** How late the clients themselves came: latencies above 25 ms here are not judged. */
  starvedMs: number
  /** The read that took longest, in words. */
  slowest: string
  reached: Record<string, number>
  /** Sentences; empty where all is well. */
  problems: string[]
}

/** Load before the fault, so that it meets a deployment at work. */
const warmUpMs = 1_500
/** Where the clients themselves come this late (99 of 100 turns are sooner), latencies tell of the machine. */
const starvedFromMs = 25
/** A process that has ended by itself more often than this is in a crash loop. */
const sameAgainMs = 3_000
const mostCrashes = 5

/** One case: load, fault, heal, drain, judgement. */
export async function runCase(
  world: World,
  fault: FaultCase,
  { judgeLatency: wantLatency = true }: { judgeLatency?: boolean } = {},
): Promise<CaseResult> {
  const reached: Record<string, number> = {}
  const problems: string[] = []
  let lostByNature = 0
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const crashesBefore = world.roles.map((role) => crashes(role.endings))
  world.load.takeFigures()
  world.load.start()
  await sleep(warmUpMs)
  try {
    await fault.run(world, {
      reached: (what, times = 1) => {
        reached[what] = (reached[what] ?? 0) + times
      },
      wrong: (what) => problems.push(what),
      lostByNature: (count) => {
        lostByNature += count
      },
    })
  } catch (error) {
    problems.push(`the case itself failed: ${(error as Error).stack ?? error}`)
    await world.restore()
  }
  const recovery = await recovered(world, healLimitSeconds * 1000)
  // What was promised before the database went back is void, until everything says the same again: every copy, after the
  // reconciler's next round, and a page that a process made of one just before, and keeps for a second.
  if (fault.goesBack) {
    await sleep(sameAgainMs)
    world.load.promises.forget()
  }
  if (recovery.problem !== null) problems.push(`not healed: ${recovery.problem}`)
  await sleep(500)
  await world.load.stop()
  const rest = await settled(world, Math.max(10_000, (healLimitSeconds - recovery.seconds) * 1000))
  const figures = world.load.takeFigures()
  problems.push(...rest.wrong, ...figures.wrong)
  for (const [n, role] of world.roles.entries()) {
    const crashed = crashes(role.endings) - (crashesBefore[n] ?? 0)
    if (crashed > mostCrashes) problems.push(`${role.name} ended by itself ${crashed} times`)
    if (/unhandled|uncaught/i.test(role.output))
      problems.push(`${role.name}: ${/.*(unhandled|uncaught).*/i.exec(role.output)?.[0]}`)
  }
  // Told once: the cases after this one begin with what there is.
  if (rest.lost.length > 0) await acceptGoingBack(world).catch(() => {})
  const healSeconds = recovery.seconds + rest.seconds
  if (healSeconds > healLimitSeconds) problems.push(`healed after ${healSeconds.toFixed(1)} s`)
  const worstReadMs = figures.readLatencies.at(-1) ?? 0
  const p99ReadMs = figures.readLatencies[Math.floor(figures.readLatencies.length * 0.99)] ?? 0
  delay.disable()
  const starvedMs = Math.max(0, delay.percentile(99) / 1e6 - 10)
  const judgeLatency = wantLatency && starvedMs < starvedFromMs
  if (judgeLatency && worstReadMs > (fault.worstReadMs ?? 35_000))
    problems.push(`a read took ${Math.round(worstReadMs)} ms (${figures.slowest})`)
  if (judgeLatency && p99ReadMs > (fault.p99ReadMs ?? Number.POSITIVE_INFINITY))
    problems.push(`p99 of reads ${Math.round(p99ReadMs)} ms`)
  if (figures.accepted === 0) problems.push('no rating was accepted')
  if (Object.values(reached).every((times) => times === 0)) problems.push('the fault was not reached')
  for (const [what, times] of Object.entries(reached)) if (times === 0) problems.push(`never reached: ${what}`)
  const { name, row, title } = fault
  const { accepted, unknown } = figures
  return {
    ...{ name, row, title, accepted, unknown, lost: rest.lost.length, lostByNature, wrong: problems.length },
    ...{
      healSeconds,
      p99ReadMs,
      worstReadMs,
      starvedMs,
      slowest: figures.slowest,
      reached,
      problems: [...rest.lost.slice(0, 5).map((pair) => `lost: ${pair}`), ...problems],
    },
  }
}

/** Takes what the database holds for the truth, after it went back in time. To be called while nothing is written. */
export async function acceptGoingBack(world: World): Promise<{ lost: number; invented: string[] }> {
  world.load.promises.forget()
  return world.ledger.rebase(await storedRatings(world))
}

function crashes(endings: readonly { wanted: boolean }[]): number {
  return endings.filter(({ wanted }) => !wanted).length
}
