import { PostRateError } from '../../packages/post-rate/src/errors.ts'
import type { Chance } from './chance.ts'
import type { Tally } from './tally.ts'

export type Server = 'database' | 'store' | 'kafka'

/** What may go wrong with one call. `crash before`: it is never sent; `crash after`: it is, and nobody hears the answer. */
export const faultKinds = ['refused', 'reply lost', 'slow', 'crash before', 'crash after'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  /** The name of a call, or `any`. */
  call: string
  kind: FaultKind
  /** How many such calls pass before it. */
  skip: number
  /** For `slow`. */
  ms: number
}

/** A process, as far as the network can tell. */
export interface Caller {
  readonly name: string
  readonly alive: boolean
  /** Until when it is stopped, as by SIGSTOP. */
  pausedUntil: number
  /** Faults on their way to it. */
  readonly faults: Fault[]
  crash(): void
}

export interface CallOptions {
  /** The caller gives up after this long; what it sent may still arrive. */
  deadlineMs?: number
}

/** No transaction lasts longer: the database ends what waits or idles. */
const longestTransactionMs = 4_500
const idleMs = 300

/** Between the processes and their servers: every call waits, some fail, some are done and nobody hears of it. */
export class Network {
  /** While a transaction commits: when it began. Its own idea of now is that old. */
  transactionBegan: number | null = null
  /** Rises when the database is restarted, which ends what was under way. */
  databaseLife = 0
  /** Until when a call may still arrive that was sent while faults were about. */
  #lateUntil = 0
  readonly #chance: Chance
  readonly #tally: Tally

  constructor(chance: Chance, tally: Tally) {
    this.#chance = chance
    this.#tally = tally
  }

  now(): number {
    return this.transactionBegan ?? Date.now()
  }

  /** Whether something that was sent while faults were about is still under way. */
  late(): boolean {
    return Date.now() < this.#lateUntil
  }

  /** Calls a server. `effect` is what happens there, at once and whole. */
  call<T>(caller: Caller, server: Server, name: string, effect: () => Promise<T> | T, options: CallOptions = {}) {
    if (!caller.alive) return never<T>()
    const fault = this.#faultOf(caller, name)
    if (caller.pausedUntil > Date.now()) {
      const pause = caller.pausedUntil - Date.now()
      return sleep(pause).then(() => this.#send(caller, server, name, effect, options, fault))
    }
    return this.#send(caller, server, name, effect, options, fault)
  }

  #send<T>(
    caller: Caller,
    server: Server,
    name: string,
    effect: () => Promise<T> | T,
    { deadlineMs = Number.POSITIVE_INFINITY }: CallOptions,
    fault: Fault | undefined,
  ): Promise<T> {
    if (!caller.alive) return never<T>()
    if (fault) this.#tally.count(`${fault.kind}: ${name}`)
    if (fault?.kind === 'crash before') {
      caller.crash()
      return never<T>()
    }
    const began = Date.now()
    const life = this.databaseLife
    const there = this.#latency(caller, name) + (fault?.kind === 'slow' ? fault.ms : 0)
    const back = this.#chance.next(caller.name) < 0.7 ? 0 : this.#latency(caller, name)
    if (there > deadlineMs || fault) this.#lateUntil = Math.max(this.#lateUntil, began + there)
    if (there + back > deadlineMs) this.#tally.count(`deadline: ${name}`)
    return new Promise<T>((resolve, reject) => {
      setTimeout(async () => {
        const restarted = server === 'database' && life !== this.databaseLife
        let answer: () => void
        let wait = back
        try {
          if (restarted || fault?.kind === 'refused') throw unavailable(name)
          const value = await this.#commit(began, effect)
          if (fault?.kind === 'reply lost') throw unavailable(name)
          if (isIdle(value)) wait += idleMs + back
          answer = () => resolve(value)
        } catch (error) {
          answer = () => reject(error)
        }
        if (wait === 0) deliver(caller, answer)
        else setTimeout(deliver, wait, caller, answer)
      }, there)
      if (there + back > deadlineMs) setTimeout(deliver, deadlineMs, caller, () => reject(unavailable(name)))
      if (fault?.kind === 'crash after') caller.crash()
    })
  }

  /** A transaction reads and writes at its end, with the clock of its beginning: as late as PostgreSQL can make it visible. */
  async #commit<T>(began: number, effect: () => Promise<T> | T): Promise<T> {
    this.transactionBegan = Math.max(began, Date.now() - longestTransactionMs)
    try {
      return effect()
    } finally {
      this.transactionBegan = null
    }
  }

  #faultOf(caller: Caller, name: string): Fault | undefined {
    const index = caller.faults.findIndex((fault) => fault.call === name || fault.call === 'any')
    const fault = caller.faults[index]
    if (fault === undefined) return undefined
    if (fault.skip > 0) {
      fault.skip--
      return undefined
    }
    caller.faults.splice(index, 1)
    return fault
  }

  /** Mostly a few milliseconds, seldom much longer. */
  #latency(caller: Caller, name: string): number {
    const luck = this.#chance.next(`${caller.name} ${name}`)
    if (luck < 0.7) return 1 + Math.floor(luck * 10)
    if (luck < 0.97) return 10 + Math.floor((luck - 0.7) * 400)
    return 200 + Math.floor((luck - 0.97) * 60_000)
  }
}

/** A stopped process takes no answer, and a dead one never does. */
function deliver(caller: Caller, answer: () => void): void {
  if (!caller.alive) return
  if (caller.pausedUntil > Date.now()) setTimeout(deliver, caller.pausedUntil - Date.now(), caller, answer)
  else answer()
}

/** The answer to a fold that found nothing takes its time: the next look at an idle outbox is as good as this one. */
function isIdle(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'drained' in value && 'events' in value && value.events === 0
}

/** Whoever waits for it has died. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function unavailable(name: string): PostRateError {
  return new PostRateError('UNAVAILABLE', `${name} got no answer`)
}
