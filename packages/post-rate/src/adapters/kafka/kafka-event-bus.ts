import type { RatingChange } from '../../domain/rating-change.ts'
import type { KafkaOption } from '../../options.ts'
import type { EventBus, PartitionLag, StatsHandler, SubscribeOptions, Subscription } from '../../ports/event-bus.ts'
import { type Logger, silentLogger } from '../../ports/logger.ts'
import type { Tracer } from '../../ports/tracer.ts'
import { BatchApplier } from './batch-applier.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { createKafkaClient, isProtocolError, type KafkaClient } from './kafka-client.ts'
import { KafkaDrain } from './kafka-drain.ts'
import { KafkaPublisher } from './kafka-publisher.ts'
import { KafkaSubscription } from './kafka-subscription.ts'
import type { KafkaTimings } from './kafka-timings.ts'
import { KafkaTopic } from './kafka-topic.ts'

export interface KafkaEventBusOptions {
  topic: string
  /** Partitions that the topic gets when it has to be made. */
  partitions: number
  /** Consumer group. */
  group: string
  /** Names the own database, the `source` of its messages; others are skipped. Asked once per batch. */
  source: () => Promise<string>
  logger?: Logger
  tracer?: Tracer | undefined
  /** Overrides of the default durations. */
  timings?: Partial<KafkaTimings>
}

const attemptsWhenDraining = 5

/** Carries the changes over a Kafka topic, keyed by post id. Connects when it is first used. */
export class KafkaEventBus implements EventBus {
  readonly #client: KafkaClient
  readonly #options: KafkaEventBusOptions
  readonly #logger: Logger
  readonly #admin: KafkaAdmin
  readonly #topic: KafkaTopic
  readonly #publisher: KafkaPublisher
  readonly #subscriptions = new Set<KafkaSubscription>()

  constructor(kafka: KafkaOption, options: KafkaEventBusOptions) {
    this.#options = options
    this.#logger = options.logger ?? silentLogger
    this.#client = createKafkaClient(kafka, this.#logger, options.timings)
    this.#admin = new KafkaAdmin(this.#client)
    this.#topic = new KafkaTopic(this.#admin, options.topic, options.partitions)
    this.#publisher = new KafkaPublisher(this.#client, this.#topic, options.tracer)
  }

  publish(changes: readonly RatingChange[]): Promise<void> {
    return this.#publisher.publish(changes)
  }

  async subscribe(handler: StatsHandler, { once = false }: SubscribeOptions = {}): Promise<Subscription> {
    const { group, source, tracer } = this.#options
    await this.#topic.ensure()
    const { timings } = this.#client
    const drain = once ? new KafkaDrain(this.#topic, group, await this.#topic.offsets(), timings.drainEveryMs) : null
    const fail = (error: unknown) => subscription.fail(error)
    const applier = new BatchApplier({
      ...{ handler, source, logger: this.#logger, tracer, timings },
      ...(once ? { attempts: attemptsWhenDraining, onGivenUp: fail } : {}),
    })
    const subscription = new KafkaSubscription({
      ...{ client: this.#client, topic: this.#topic, group, applier, logger: this.#logger },
    })
    this.#subscriptions.add(subscription)
    try {
      await subscription.start()
    } catch (error) {
      this.#subscriptions.delete(subscription)
      throw error
    }
    subscription.finished.catch(() => {}).finally(() => this.#subscriptions.delete(subscription))
    if (drain !== null) void drain.run(subscription)
    return subscription
  }

  async lag(): Promise<PartitionLag[]> {
    try {
      return await this.#lag()
    } catch (error) {
      // The topic has not been made yet.
      if (isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return []
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()))
    await this.#publisher.close()
    await this.#admin.close()
  }

  async #lag(): Promise<PartitionLag[]> {
    // First the committed offsets: one that was read after the end can lie beyond it.
    const committed = await this.#topic.committed(this.#options.group)
    const offsets = await this.#topic.offsets()
    return offsets.map(({ partition, low, high }) => {
      const known = committed.get(partition) ?? low
      // An offset beyond the end belongs to a deleted topic. Messages below the start have expired, perhaps all of them
      // after the end was read.
      const position = Math.min(high, known > high ? low : Math.max(known, low))
      return { partition, end: high, committed: position, lag: high - position }
    })
  }
}
