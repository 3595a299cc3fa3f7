import type { World } from './world.ts'

/** What a case does to the world. The load runs while it does. */
export interface FaultCase {
  /** Short, kebab-case; how it is chosen on the command line. */
  name: string
  /** Row of the fault matrix. */
  row: string
  /** One line: what goes wrong. */
  title: string
  /** Brings the fault about, holds it, and heals it: what is measured afterwards counts from the moment it resolves. */
  run(world: World, probe: Probe): Promise<void>
  /** Longest time a read may take, in milliseconds. Default 35,000: nothing hangs. */
  worstReadMs?: number
  /** Milliseconds that 99 of 100 reads must stay below. */
  p99ReadMs?: number
  /** The database goes back in time: acknowledged ratings may be lost, and are counted apart. */
  goesBack?: boolean
}

/** How a case says what it has seen. */
export interface Probe {
  /** Counts something that proves that the fault was really there. A case that reached nothing fails. */
  reached(what: string, times?: number): void
  /** Something is not as it must be. */
  wrong(what: string): void
  /** Acknowledged ratings that were lost where that is the fault's nature. */
  lostByNature(count: number): void
}
