import type { IncidentEvent } from '../domain/incident.ts'
import type { IncidentDelivery, IncidentEvents, IncidentReceiver, IncidentStore } from '../ports/incident-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Webhook } from '../ports/webhook.ts'
import { Loop } from './loop.ts'
import { type IncidentTimings, incidentTimings } from './timings.ts'

/** Deliveries that one round takes. */
const claimedAtOnce = 10

export interface IncidentReceivers {
  hook?: ((event: IncidentEvent) => unknown) | undefined
  webhook: Webhook | null
}

/**
 * Tells the hook and the webhook of incidents, at least once each. Any number of relays may run: an event is claimed by one of them, and
 * is due again where it does not settle it. A process takes only events of receivers that it has.
 */
export class DeliverIncidents {
  readonly #store: IncidentStore
  readonly #events: IncidentEvents
  readonly #receivers: IncidentReceivers
  readonly #logger: Logger
  readonly #leads: () => boolean
  readonly #timings: IncidentTimings
  readonly #stopping = new AbortController()
  #loops: Loop[] = []

  /** `leads`: whether this process is the one of several that tidies up. */
  constructor(
    store: IncidentStore,
    events: IncidentEvents,
    receivers: IncidentReceivers,
    logger: Logger,
    leads: () => boolean,
    timings: Partial<IncidentTimings> = {},
  ) {
    this.#store = store
    this.#events = events
    this.#receivers = receivers
    this.#logger = logger
    this.#leads = leads
    this.#timings = { ...incidentTimings, ...timings }
  }

  start(): void {
    if (this.#loops.length > 0) return
    const { hook, webhook } = this.#receivers
    const loop = (name: string, round: () => Promise<number>) => new Loop(name, round, this.#logger, this.#timings)
    this.#loops.push(loop('incident housekeeping', () => this.#tidy()))
    if (hook !== undefined)
      this.#loops.push(loop('incident hook', () => this.#deliver('hook', async (event) => this.#call(hook, event))))
    if (webhook !== null)
      this.#loops.push(
        loop('incident webhook', () => this.#deliver('webhook', (event) => webhook.send(event, this.#stopping.signal))),
      )
  }

  /** Cuts a delivery under way short; it is due again at once. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the process stops'))
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }

  async #tidy(): Promise<number> {
    if (this.#leads()) await this.#store.tidy()
    return this.#timings.tidyEveryMs
  }

  async #deliver(receiver: IncidentReceiver, send: (delivery: IncidentDelivery) => Promise<void>): Promise<number> {
    const { leaseSeconds, giveUpSeconds, pollMs } = this.#timings
    const claimed = await this.#events.claim(receiver, claimedAtOnce, { leaseSeconds, giveUpSeconds })
    for (const delivery of claimed) {
      if (this.#stopping.signal.aborted) await this.#events.failed(receiver, delivery.id, 0)
      else await this.#attempt(receiver, delivery, send)
    }
    return claimed.length === claimedAtOnce ? 0 : pollMs
  }

  async #attempt(
    receiver: IncidentReceiver,
    delivery: IncidentDelivery,
    send: (delivery: IncidentDelivery) => Promise<void>,
  ): Promise<void> {
    const { id, kind, attempts, incident } = delivery
    try {
      await send(delivery)
    } catch (error) {
      const pause = this.#stopping.signal.aborted ? 0 : this.#pause(attempts)
      this.#logger.warn(`the incident ${receiver} failed; trying again`, {
        ...{ error: error instanceof Error ? error.message : String(error), id, kind, attempts },
        ...{ incident: incident.id, againInSeconds: Math.round(pause) },
      })
      await this.#events.failed(receiver, id, pause)
      return
    }
    await this.#events.delivered(receiver, id)
  }

  /** Seconds until the next attempt. */
  #pause(attempts: number): number {
    const { firstPauseSeconds, longestPauseSeconds } = this.#timings
    const pause = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(attempts - 1, 30))
    return pause * (0.5 + Math.random() / 2)
  }

  /** Nobody waits for a promise that a hook returns, and one that throws is logged. */
  #call(hook: NonNullable<IncidentReceivers['hook']>, { id, kind, incident }: IncidentDelivery): void {
    void (async () => hook({ id, kind, incident }))().catch((error: unknown) => {
      this.#logger.error('the hook incident failed', { error: String(error), incident: incident.id })
    })
  }
}
