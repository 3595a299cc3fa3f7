import type { PostStats } from '../../domain/post-stats.ts'
import { type RatingChange, readMessage } from '../../domain/rating-change.ts'
import type { EventBus, PartitionLag, StatsHandler, Subscription, SubscriptionCounts } from '../../ports/event-bus.ts'

/**
 * Without Kafka: the publisher hands its states to the subscribers of its own process and waits for them. Nothing is
 * kept; without a subscriber a change is published to nobody.
 */
export class DirectEventBus implements EventBus {
  readonly #subscribers = new Set<(states: PostStats[]) => Promise<void>>()

  async publish(changes: readonly RatingChange[]): Promise<void> {
    if (this.#subscribers.size === 0) return
    const newest = new Map<number, PostStats>()
    for (const change of changes) {
      const read = readMessage(JSON.stringify(change))
      if (read.kind !== 'state') continue
      const known = newest.get(read.stats.postId)
      if (known === undefined || known.version < read.stats.version) newest.set(read.stats.postId, read.stats)
    }
    const states = [...newest.values()]
    if (states.length > 0) await Promise.all([...this.#subscribers].map((apply) => apply(states)))
  }

  async subscribe(handler: StatsHandler, { once = false } = {}): Promise<Subscription> {
    const counts: SubscriptionCounts = { received: 0, unreadable: 0, foreign: 0, paused: 0 }
    const running = new Set<Promise<void>>()
    const { promise: finished, resolve: finish } = deferred()
    const receive = (states: PostStats[]): Promise<void> => {
      counts.received += states.length
      const work = handler.apply(states, async () => {}).finally(() => running.delete(work))
      running.add(work)
      return work
    }
    const stop = async () => {
      this.#subscribers.delete(receive)
      await Promise.allSettled([...running])
      finish()
    }
    // The bus keeps nothing, so there is never anything on it to drain.
    if (once) finish()
    else this.#subscribers.add(receive)
    return { finished, healthy: () => this.#subscribers.has(receive), stop, counts: () => ({ ...counts }) }
  }

  async lag(): Promise<PartitionLag[]> {
    return []
  }

  async close(): Promise<void> {
    this.#subscribers.clear()
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
