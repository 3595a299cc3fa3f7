import type { UnusualActivity } from '../domain/display-policy.ts'
import type { RatingChange } from '../domain/rating-change.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { Logger } from '../ports/logger.ts'
import type { CounterSet } from './counters.ts'

/** How many posts are remembered as told. */
const mostTold = 10_000

/**
 * An event bus that tells what the spike guard did, after the bus has made it durable and before the relay forgets it:
 * so it is told at least once, in order for each post.
 */
export class AnnounceGuard implements EventBus {
  readonly subscribe: EventBus['subscribe']
  readonly lag: EventBus['lag']
  readonly close: EventBus['close']
  readonly #bus: EventBus
  readonly #counters: CounterSet
  readonly #logger: Logger
  readonly #tell: ((activity: UnusualActivity) => unknown) | undefined
  /** By post, when what was told last happened. */
  readonly #told = new Map<number, number>()

  constructor(bus: EventBus, counters: CounterSet, logger: Logger, tell?: (activity: UnusualActivity) => unknown) {
    this.#bus = bus
    this.#counters = counters
    this.#logger = logger
    this.#tell = tell
    this.subscribe = (...args) => bus.subscribe(...args)
    this.lag = () => bus.lag()
    this.close = () => bus.close()
  }

  async publish(changes: readonly RatingChange[]): Promise<void> {
    await this.#bus.publish(changes)
    for (const change of changes) if (change.kind === 'display') this.#look(change)
  }

  #look({ postId, displayed: { guard, asOf } }: RatingChange): void {
    // The step at which the guard changed its mind bears the moment of doing so.
    if (guard === null || guard.since !== Date.parse(asOf) || this.#told.get(postId) === guard.since) return
    if (this.#told.size >= mostTold) this.#told.clear()
    this.#told.set(postId, guard.since)
    const state = guard.armed ? 'armed' : 'released'
    this.#counters[state]++
    if (this.#tell) void this.#try({ postId, state, gap: guard.gap, at: asOf })
  }

  async #try(activity: UnusualActivity): Promise<void> {
    try {
      await this.#tell?.(activity)
    } catch (error) {
      this.#logger.error('the hook unusualActivity failed', { error: String(error), postId: activity.postId })
    }
  }
}
