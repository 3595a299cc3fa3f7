import { setTimeout as sleep } from 'node:timers/promises'
import { PostRateError } from '../../errors.ts'
import type { KafkaSubscription } from './kafka-subscription.ts'
import type { KafkaTopic, PartitionOffsets } from './kafka-topic.ts'

const mostFailures = 10

/** Where a subscription is to stop: the ends of the partitions at one moment. */
export class KafkaDrain {
  readonly #topic: KafkaTopic
  readonly #group: string
  readonly #ends: PartitionOffsets[]
  readonly #everyMs: number

  constructor(topic: KafkaTopic, group: string, ends: PartitionOffsets[], everyMs: number) {
    this.#topic = topic
    this.#group = group
    this.#ends = ends
    this.#everyMs = everyMs
  }

  /** Also partitions that other members of the group work on count: by what they committed. */
  async reached(): Promise<boolean> {
    const committed = await this.#topic.committed(this.#group)
    const now = new Map((await this.#topic.offsets()).map((offsets) => [offsets.partition, offsets]))
    return this.#ends.every(({ partition, high }) => {
      const { low = 0, high: highNow = 0 } = now.get(partition) ?? {}
      const known = committed.get(partition) ?? 0
      // What was committed beyond the end belongs to a topic that is gone.
      const position = known > highNow ? 0 : known
      return Math.max(position, low) >= Math.min(high, highNow)
    })
  }

  /** Stops the subscription once everything up to the ends has been applied, or cannot be. */
  async run(subscription: KafkaSubscription): Promise<void> {
    let failures = 0
    let running = true
    const over = subscription.finished.then(
      () => false,
      () => false,
    )
    while (running) {
      try {
        if (await this.reached()) return await subscription.stop()
        failures = 0
      } catch (error) {
        if (++failures >= mostFailures) return subscription.fail(error)
      }
      if (subscription.counts().paused > 0)
        return subscription.fail(
          new PostRateError(
            'SCHEMA_TOO_NEW',
            'A message is of a newer schema: drain it with a newer version of post-rate.',
          ),
        )
      running = await Promise.race([over, sleep(this.#everyMs, true)])
    }
  }
}
