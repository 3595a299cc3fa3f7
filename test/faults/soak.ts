import { setTimeout as sleep } from 'node:timers/promises'
import { disturbanceGroups } from './disturbances.ts'
import { settled } from './oracle.ts'
import { healLimitSeconds, recovered } from './recovery.ts'
import type { Role } from './role.ts'
import { leakedSecrets } from './secrets.ts'
import { audits, Counts, disturb, openLibrary, removals, type Soak } from './soak-loops.ts'
import { World } from './world.ts'

process.exitCode = await main(process.argv.slice(2))

/** Everything at once, from a seed, for so many minutes; then everything heals, drains, and is judged. */
async function main(argv: string[]): Promise<number> {
  const minutes = numberAfter(argv, '--minutes') ?? 30
  const seed = numberAfter(argv, '--seed') ?? Math.floor(Math.random() * 2 ** 31)
  const verbose = argv.includes('--verbose')
  console.log(`soak: ${minutes} minutes, seed ${seed}`)
  const world = await World.start({ seed, log: (line) => verbose && console.error(line) })
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => void world.close().finally(() => process.exit(130)))
  const soak: Soak = { world, counts: new Counts(), running: true, wrong: [] }
  const postRate = openLibrary(world)
  try {
    world.load.start()
    const loops = [
      ...disturbanceGroups.map((group) => disturb(soak, group)),
      ...audits(soak, postRate),
      ...removals(soak, postRate),
    ]
    const figures = await tellEveryMinute(soak, minutes)
    soak.running = false
    await Promise.all(loops)
    await world.restore()
    const healing = await recovered(world, healLimitSeconds * 1000)
    await world.load.stop()
    const verdict = await settled(world, Math.max(15_000, (healLimitSeconds - healing.seconds) * 1000))
    const last = world.load.takeFigures()
    const wrong = [...soak.wrong, ...figures.wrong, ...last.wrong, ...verdict.wrong, ...leakedSecrets(world)]
    if (healing.problem) wrong.push(`not healed: ${healing.problem}`)
    for (const [name, times] of soak.counts.all) if (times === 0) wrong.push(`never happened: ${name}`)
    for (const { disturbances } of disturbanceGroups)
      for (const { name } of disturbances) if (!soak.counts.all.has(name)) wrong.push(`never happened: ${name}`)
    for (const role of world.roles) {
      console.log(`${role.name.padEnd(11)} MiB ${memoryOverTime(role).join(' ')}`)
      const growth = memoryGrowth(role)
      if (growth > 60) wrong.push(`${role.name} grew by ${growth} MiB`)
    }
    console.log(`happened: ${soak.counts}`)
    for (const text of [...verdict.lost, ...wrong].slice(0, 40)) console.log(`  ${text}`)
    const seconds = (healing.seconds + verdict.seconds).toFixed(1)
    console.log(
      `accepted ${figures.accepted + last.accepted}, unknown ${figures.unknown + last.unknown}, lost ${verdict.lost.length}, wrong ${wrong.length}, healed after ${seconds} s, promises checked ${world.load.promises.checked}, seed ${seed}`,
    )
    return verdict.lost.length + wrong.length === 0 ? 0 : 1
  } finally {
    await postRate.close().catch(() => {})
    await world.close()
  }
}

async function tellEveryMinute({ world, counts }: Soak, minutes: number) {
  const sum = { accepted: 0, unknown: 0, wrong: [] as string[] }
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(60_000)
    const { accepted, unknown, wrong, readLatencies, reads } = world.load.takeFigures()
    sum.accepted += accepted
    sum.unknown += unknown
    sum.wrong.push(...wrong)
    for (const text of wrong.slice(0, 5)) console.log(`  ${text}`)
    const memory = world.roles.map((role) => `${role.name} ${role.memory.at(-1)?.mib ?? '-'}`).join(', ')
    const p99 = Math.round(readLatencies[Math.floor(readLatencies.length * 0.99)] ?? 0)
    console.log(
      `${String(minute).padStart(3)} min: accepted ${accepted}, unknown ${unknown}, reads ${reads} (p99 ${p99} ms), wrong ${wrong.length}; MiB: ${memory}; ${[...counts.all.values()].reduce((a, b) => a + b, 0)} events`,
    )
  }
  return sum
}

/** Medians of ten equal parts of the run. */
function memoryOverTime(role: Role): number[] {
  const part = Math.max(1, Math.ceil(role.memory.length / 10))
  const medians: number[] = []
  for (let from = 0; from < role.memory.length; from += part) {
    const sorted = role.memory.slice(from, from + part).map(({ mib }) => mib)
    sorted.sort((a, b) => a - b)
    medians.push(sorted[sorted.length >> 1] ?? 0)
  }
  return medians
}

/** The last parts against those after the start. */
function memoryGrowth(role: Role): number {
  const medians = memoryOverTime(role)
  const mean = (list: number[]) => list.reduce((total, n) => total + n, 0) / Math.max(1, list.length)
  return Math.round(mean(medians.slice(-3)) - mean(medians.slice(1, 4)))
}

function numberAfter(argv: readonly string[], flag: string): number | undefined {
  const at = argv.indexOf(flag)
  if (at < 0) return undefined
  const value = Number(argv[at + 1])
  if (!Number.isFinite(value) || value < 0) throw new Error(`${flag} wants a number`)
  return value
}
