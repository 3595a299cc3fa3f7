import { type Choice, type Run, type Taken, Violation } from '../explore.ts'
import type { Arrival, TurnRedis } from './turn-redis.ts'

export interface SessionPlan {
  name: string
  redis: TurnRedis
  work(): Promise<void>
}

interface Session extends SessionPlan {
  waiting: { arrival: Arrival; go(): void } | null
  ended: boolean
}

/** Sessions on a real Redis, whose commands go one after the other in whatever order is chosen. */
export class RedisRun implements Run {
  readonly #sessions: Session[]
  readonly #judge: () => Promise<string[]>
  readonly #steps: string[] = []
  readonly #failures: string[] = []
  #wake: () => void = () => {}

  private constructor(plans: readonly SessionPlan[], judge: () => Promise<string[]>) {
    this.#judge = judge
    this.#sessions = plans.map((plan) => ({ ...plan, waiting: null, ended: false }))
  }

  static async begin(plans: readonly SessionPlan[], judge: () => Promise<string[]>): Promise<RedisRun> {
    const run = new RedisRun(plans, judge)
    for (const session of run.#sessions) run.#start(session)
    await run.#settle()
    return run
  }

  choices(): readonly Choice[] {
    return this.#sessions.flatMap(({ name, waiting }) =>
      waiting === null ? [] : [{ id: name, session: name, footprint: waiting.arrival.footprint }],
    )
  }

  async take(id: string): Promise<Taken> {
    const waiting = this.#sessions.find(({ name }) => name === id)?.waiting
    if (waiting == null) throw new Error(`${id} has no command to send`)
    this.#steps.push(`${id}: ${waiting.arrival.label}`)
    waiting.go()
    await this.#settle()
    return { footprint: waiting.arrival.footprint, sessions: [] }
  }

  async judge(): Promise<void> {
    this.#free()
    const found = [...this.#failures, ...(await this.#judge())]
    if (found.length === 0) return
    const steps = this.#steps.map((step, n) => `  ${String(n + 1).padStart(2)}  ${step}`)
    throw new Violation([...found, 'The interleaving:', ...steps].join('\n'))
  }

  async abandon(): Promise<void> {
    for (let choices = this.choices(); choices.length > 0; choices = this.choices())
      await this.take((choices[0] as Choice).id)
    this.#free()
  }

  #free(): void {
    for (const { redis } of this.#sessions) redis.turnstile = null
  }

  #start(session: Session): void {
    session.redis.turnstile = {
      arrive: (arrival) =>
        new Promise((resolve) => {
          const go = () => {
            session.waiting = null
            resolve()
          }
          session.waiting = { arrival, go }
          this.#wake()
        }),
    }
    session
      .work()
      .catch((error: unknown) => this.#failures.push(`${session.name} failed: ${error}`))
      .finally(() => {
        session.ended = true
        this.#wake()
      })
  }

  async #settle(): Promise<void> {
    while (this.#sessions.some(({ waiting, ended }) => waiting === null && !ended))
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }
}
