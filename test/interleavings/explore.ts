import { conflict, type Footprint, isPrivate } from './footprint.ts'

/** What can go next. `id` names the same step whenever the same choices led to it. */
export interface Choice {
  id: string
  session: string
  footprint: Footprint
  /** A fault: random schedules take one now and then. */
  fault?: boolean
}

/** What a step did beside what it was expected to: the sessions that it set free, and what those touched. */
export interface Taken {
  footprint: Footprint
  sessions: readonly string[]
}

/** One run of the sessions, from the same beginning each time. */
export interface Run {
  /** Empty when every session has ended. */
  choices(): readonly Choice[]
  take(id: string): Promise<Taken>
  /** Called at the end of a run. @throws Violation where the outcome is wrong */
  judge(): Promise<void>
  /** Ends a run that leads to nothing new. */
  abandon(): Promise<void>
}

export interface Explored {
  /** Runs that were judged. */
  interleavings: number
  /** Runs that were given up because another one comes to the same. */
  redundant: number
  /** True when nothing is left to explore. */
  complete: boolean
}

/** What went wrong, with the interleaving that led there. */
export class Violation extends Error {}

/** A schedule that could not be taken the same way again. */
export class Diverged extends Error {}

interface Node {
  choices: readonly Choice[]
  /** Explored before, in an order that comes to the same: not to be taken here. */
  sleep: Map<string, Choice>
  chosen: Choice
  taken: Taken | null
}

/**
 * Takes every order of the sessions' steps, depth first: each run begins anew and repeats the choices so far (stateless
 * search). Sleep sets leave out orders that differ from an explored one only in steps that do not conflict.
 */
export async function exploreAll(begin: () => Promise<Run>, limit = Number.POSITIVE_INFINITY): Promise<Explored> {
  const explored: Explored = { interleavings: 0, redundant: 0, complete: false }
  const path: Node[] = []
  for (let divergences = 0; explored.interleavings < limit; ) {
    const run = await begin()
    try {
      if (await follow(run, path)) explored.interleavings++
      else explored.redundant++
    } catch (error) {
      if (!(error instanceof Diverged) || ++divergences > 5) throw error
      continue
    }
    divergences = 0
    if (!backtrack(path)) return { ...explored, complete: true }
  }
  return explored
}

/** How often a random schedule takes a fault where it could. */
const faultRate = 0.1

/** Takes `runs` random schedules of this seed. */
export async function exploreSome(begin: () => Promise<Run>, runs: number, seed: number): Promise<Explored> {
  const random = randomFrom(seed)
  for (let n = 0; n < runs; n++) {
    const run = await begin()
    for (let choices = run.choices(); choices.length > 0; choices = run.choices())
      await run.take(chosenAtRandom(choices, random).id)
    await run.judge()
  }
  return { interleavings: runs, redundant: 0, complete: false }
}

function chosenAtRandom(choices: readonly Choice[], random: () => number): Choice {
  const faults = choices.filter(({ fault }) => fault)
  const steps = choices.filter(({ fault }) => !fault)
  const from = faults.length > 0 && (steps.length === 0 || random() < faultRate) ? faults : steps
  return from[Math.floor(random() * from.length)] as Choice
}

/** Takes one schedule; what it leaves open is taken in the order of the sessions. */
export async function exploreOne(begin: () => Promise<Run>, schedule: readonly string[]): Promise<Explored> {
  const run = await begin()
  for (const id of schedule) await run.take(id)
  for (let choices = run.choices(); choices.length > 0; choices = run.choices())
    await run.take((choices[0] as Choice).id)
  await run.judge()
  return { interleavings: 1, redundant: 0, complete: false }
}

/** Repeats the path and goes on to the end; false where the rest comes to the same as an explored run. */
async function follow(run: Run, path: Node[]): Promise<boolean> {
  for (const node of path) {
    if (!run.choices().some(({ id }) => id === node.chosen.id)) {
      await run.abandon()
      throw new Diverged(`${node.chosen.id} cannot be taken again`)
    }
    node.taken = await run.take(node.chosen.id)
  }
  for (;;) {
    const sleep = sleepAfter(path.at(-1))
    const choices = worthTrying(run.choices())
    if (choices.length === 0) {
      await run.judge()
      return true
    }
    const chosen = choices.find(({ id }) => !sleep.has(id))
    if (chosen === undefined) {
      await run.abandon()
      return false
    }
    const node: Node = { choices, sleep, chosen, taken: null }
    path.push(node)
    node.taken = await run.take(chosen.id)
  }
}

/** A step that concerns nobody else needs no alternative: whatever could go before it can go after it. */
function worthTrying(choices: readonly Choice[]): readonly Choice[] {
  const first = choices.find(({ footprint }) => isPrivate(footprint))
  return first === undefined ? choices : [first]
}

/** Turns the path to the next choice that was not taken yet; false where there is none. */
function backtrack(path: Node[]): boolean {
  for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
    node.sleep.set(node.chosen.id, node.chosen)
    const next = node.choices.find(({ id }) => !node.sleep.has(id))
    if (next !== undefined) {
      node.chosen = next
      return true
    }
    path.pop()
  }
  return false
}

function sleepAfter(node: Node | undefined): Map<string, Choice> {
  const sleep = new Map<string, Choice>()
  if (node?.taken == null) return sleep
  const { footprint, sessions } = node.taken
  for (const [id, choice] of node.sleep) {
    if (choice.session === node.chosen.session || sessions.includes(choice.session)) continue
    if (!conflict(choice.footprint, footprint)) sleep.set(id, choice)
  }
  return sleep
}

/** A small linear congruential generator: the same numbers for the same seed everywhere. */
export function randomFrom(seed: number): () => number {
  let state = (seed >>> 0) + 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return ((state >>> 8) & 0xffffff) / 0x1000000
  }
}
