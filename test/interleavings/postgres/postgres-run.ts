import { setTimeout as sleep } from 'node:timers/promises'
import type { Choice, Run, Taken } from '../explore.ts'
import { type Footprint, noFootprint, together } from '../footprint.ts'
import type { Observation, Observer } from './observer.ts'
import { Abandoned, type Arrival, type TurnPool, type Turnstile, type Verdict } from './turn-pool.ts'

/** A session of a run: a name, its pool, and what it does. */
export interface SessionPlan {
  name: string
  pool: TurnPool
  work(): Promise<void>
}

export interface RunOptions {
  /** At most one connection is lost in each run, at any statement. */
  crashes: boolean
  judge(history: readonly Observation[]): Promise<void>
}

interface Session extends SessionPlan {
  /** The statement that waits for its turn. */
  waiting: { arrival: Arrival; answer(verdict: Verdict): void; refuse(error: Error): void } | null
  /** Its statement waits for a lock of a session that rests. */
  blocked: boolean
  /** What the statement under way touches. */
  under: Footprint
  ended: boolean
  failure: unknown
}

const verdicts: Record<string, Verdict> = { '': 'run', '!': 'kill', '?': 'lose' }

/** Sessions on a real PostgreSQL, whose statements go one after the other in whatever order is chosen. */
export class PostgresRun implements Run {
  readonly #sessions: Session[]
  readonly #observer: Observer
  readonly #options: RunOptions
  readonly history: Observation[] = []
  /** One line a step, for people. */
  readonly steps: string[] = []
  /** The choices taken, to repeat them. */
  readonly schedule: string[] = []
  blockedSteps = 0
  crashed = 0
  #crashUsed = false
  #abandoned = false
  #wake: () => void = () => {}

  private constructor(plans: readonly SessionPlan[], observer: Observer, options: RunOptions) {
    this.#observer = observer
    this.#options = options
    this.#crashUsed = !options.crashes
    this.#sessions = plans.map((plan) => ({
      ...plan,
      waiting: null,
      blocked: false,
      under: noFootprint,
      ended: false,
      failure: null,
    }))
  }

  /** Starts every session up to its first statement. */
  static async begin(plans: readonly SessionPlan[], observer: Observer, options: RunOptions): Promise<PostgresRun> {
    const run = new PostgresRun(plans, observer, options)
    run.history.push(await observer.observe())
    for (const session of run.#sessions) {
      session.pool.turnstile = run.#turnstileOf(session)
      run.#start(session)
    }
    await run.#settle()
    return run
  }

  choices(): readonly Choice[] {
    return this.#sessions.flatMap((session) => this.#choicesOf(session))
  }

  async take(id: string): Promise<Taken> {
    const { session, verdict } = this.#find(id)
    const blockedBefore = this.#sessions.filter((one) => one.blocked)
    const arrival = session.waiting?.arrival
    const footprint = this.choices().find((choice) => choice.id === id)?.footprint ?? noFootprint
    this.schedule.push(id)
    if (verdict !== 'run') {
      this.#crashUsed = true
      this.crashed++
    }
    if (verdict === 'kill') await this.#kill(session)
    session.under = arrival?.footprint ?? session.under
    session.waiting?.answer(verdict)
    await this.#settle()
    const freed = blockedBefore.filter((one) => !one.blocked && one !== session)
    if (session.blocked) this.blockedSteps++
    this.#note(session, verdict, arrival, freed)
    const done = together(footprint, ...freed.map((one) => one.under))
    // Nothing else can have changed what is committed.
    if (done.publishes.size > 0) this.history.push(await this.#observer.observe())
    return { footprint: done, sessions: freed.map((one) => one.name) }
  }

  async judge(): Promise<void> {
    for (const { name, failure } of this.#sessions)
      if (failure !== null) throw new Error(`the session ${name} failed`, { cause: failure })
    await this.#options.judge(this.history)
  }

  async abandon(): Promise<void> {
    this.#abandoned = true
    for (const { waiting } of this.#sessions) waiting?.refuse(new Abandoned())
    // A session that waits for a lock is free when the one that holds it has been undone.
    for (let tries = 0; this.#sessions.some(({ ended }) => !ended); tries++) {
      if (tries > 400) throw new Error('A session does not end')
      for (const { pool, ended } of this.#sessions) if (ended) await pool.undo()
      await sleep(2)
    }
    for (const { pool } of this.#sessions) await pool.undo()
  }

  #choicesOf(session: Session): Choice[] {
    const { name, waiting } = session
    if (waiting === null) return []
    const { arrival } = waiting
    const choice = (mark: string, footprint: Footprint): Choice => ({
      id: name + mark,
      session: name,
      footprint,
      fault: mark !== '',
    })
    const choices = [choice('', arrival.footprint)]
    if (this.#crashUsed) return choices
    // Two steps of which one runs may lose their connection, never both: the choice of one takes it from the other.
    const crash = { writes: new Set(['the crash']) }
    choices.push(choice('!', together(arrival.held, { ...noFootprint, ...crash })))
    if (arrival.commits) choices.push(choice('?', together(arrival.footprint, { ...noFootprint, ...crash })))
    return choices
  }

  #find(id: string): { session: Session; verdict: Verdict } {
    const mark = /[!?]$/.exec(id)?.[0] ?? ''
    const session = this.#sessions.find(({ name }) => name === id.slice(0, id.length - mark.length))
    if (session?.waiting == null) throw new Error(`${id} cannot go: it has no statement to run`)
    return { session, verdict: verdicts[mark] as Verdict }
  }

  #turnstileOf(session: Session): Turnstile {
    return {
      arrive: (arrival) =>
        new Promise((answer, refuse) => {
          if (this.#abandoned) return refuse(new Abandoned())
          const settle = <T>(by: (value: T) => void) => {
            return (value: T) => {
              session.waiting = null
              by(value)
            }
          }
          session.blocked = false
          session.waiting = { arrival, answer: settle(answer), refuse: settle(refuse) }
          this.#wake()
        }),
    }
  }

  #start(session: Session): void {
    session
      .work()
      .catch((error: unknown) => {
        session.failure = error
      })
      .finally(() => {
        session.ended = true
        session.blocked = false
        this.#wake()
      })
  }

  async #kill({ pool }: Session): Promise<void> {
    const { pid } = pool
    pool.lost()
    if (pid !== undefined) await this.#observer.terminate(pid)
  }

  /** Until every session has ended, waits for its turn, or waits for a lock that one of those holds. */
  async #settle(): Promise<void> {
    const flying = () => this.#sessions.filter((session) => !session.ended && session.waiting === null)
    for (let pause = 2; flying().length > 0; ) {
      await Promise.race([sleep(pause), new Promise<void>((resolve) => (this.#wake = resolve))])
      const left = flying()
      if (left.length === 0) return
      if (await this.#allBlocked(left)) {
        for (const session of flying()) session.blocked = true
        return
      }
      pause = Math.min(pause + 1, 10)
    }
  }

  async #allBlocked(flying: readonly Session[]): Promise<boolean> {
    const pids = flying.map(({ pool }) => pool.pid)
    if (pids.some((pid) => pid === undefined)) return false
    const waits = await this.#observer.waits(pids as number[])
    // Whoever waits for one of the same, and so on, down to one that rests: a circle is the server's to break.
    const resting = new Set(this.#sessions.filter((session) => !flying.includes(session)).map(({ pool }) => pool.pid))
    const settled = new Set<number>()
    for (let size = -1; size !== settled.size; ) {
      size = settled.size
      for (const [pid, blockers] of waits)
        if (blockers.some((blocker) => resting.has(blocker) || settled.has(blocker))) settled.add(pid)
    }
    // One of them may have arrived while the server was asked.
    return flying.every(({ pool, waiting, ended }) => waiting === null && !ended && settled.has(pool.pid as number))
  }

  #note(session: Session, verdict: Verdict, arrival: Arrival | undefined, freed: readonly Session[]): void {
    const what = verdict === 'kill' ? 'connection lost before' : verdict === 'lose' ? 'connection lost after' : ''
    const waits = session.blocked ? ' … waits' : ''
    const goOn = freed.map(({ name }) => name).join(', ')
    this.steps.push(
      `${session.name}: ${what ? `${what} ` : ''}${arrival?.label ?? ''}${waits}${goOn ? ` (${goOn} goes on)` : ''}`,
    )
  }
}
