import { setTimeout as sleep } from 'node:timers/promises'
import type { Subscription, SubscriptionCounts } from '../../ports/event-bus.ts'
import type { Logger } from '../../ports/logger.ts'
import type { BatchApplier } from './batch-applier.ts'
import { isProtocolError, type KafkaClient, kafkaUnavailable } from './kafka-client.ts'
import { KafkaMember } from './kafka-member.ts'
import type { KafkaTimings } from './kafka-timings.ts'
import type { KafkaTopic } from './kafka-topic.ts'
import { TopicHistory } from './topic-history.ts'
import { isUnreadable, UnreadableBatches } from './unreadable-batches.ts'

export interface KafkaSubscriptionOptions {
  client: KafkaClient
  topic: KafkaTopic
  group: string
  applier: BatchApplier
  logger: Logger
}

const coordinatorAway = ['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP']

/**
 * Stays in the consumer group whatever happens: a membership that ended, fell silent, or belongs to a topic that is not
 * the one there was, is replaced by a new one.
 */
export class KafkaSubscription implements Subscription {
  readonly finished: Promise<void>
  readonly #options: KafkaSubscriptionOptions
  readonly #history: TopicHistory
  readonly #unreadable: UnreadableBatches
  readonly #ended = new AbortController()
  #member: KafkaMember | null = null
  #replace: (reason: string) => void = () => {}
  #fromBeginning = false
  #settle: { resolve: () => void; reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} }
  #failure: { error: unknown } | null = null

  constructor(options: KafkaSubscriptionOptions) {
    this.#options = options
    this.#history = new TopicHistory(options.topic)
    this.#unreadable = new UnreadableBatches(options.topic, options.group, options.logger)
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Whoever only stops it need not listen.
    this.finished.catch(() => {})
  }

  get #timings(): KafkaTimings {
    return this.#options.client.timings
  }

  /** Joins for the first time and goes on in the background; rejects with `UNAVAILABLE` when it cannot join. */
  async start(): Promise<void> {
    await this.#inspectTopic()
    const first = await this.#firstMember()
    void this.#stay(first)
    void this.#watch()
  }

  /** A coordinator that has just started, or taken over, refuses members for some seconds. */
  async #firstMember(): Promise<KafkaMember> {
    for (const deadline = performance.now() + this.#timings.coordinatorTimeoutMs; ; ) {
      const member = this.#newMember()
      try {
        await Promise.race([member.start(), member.crashed.then((error) => Promise.reject(error))])
        return member
      } catch (error) {
        await member.leave()
        if (!isProtocolError(error, ...coordinatorAway) || performance.now() > deadline) {
          this.#ended.abort()
          this.#settle.resolve()
          throw kafkaUnavailable(this.#options.client.target, error)
        }
        this.#options.logger.info('The group has no coordinator yet; joining again', { reason: String(error) })
        await sleep(500)
      }
    }
  }

  healthy(): boolean {
    const member = this.#member
    if (this.#ended.signal.aborted || member === null || !member.joined) return false
    const { stuckAfterMs } = this.#timings
    return member.silence < stuckAfterMs && this.#options.applier.progresses(stuckAfterMs)
  }

  counts(): SubscriptionCounts {
    return { ...this.#options.applier.counts, paused: this.#member?.paused.size ?? 0 }
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    this.#options.applier.stop()
    await this.finished.catch(() => {})
  }

  /** Stops, and lets {@link finished} reject. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    void this.stop()
  }

  #newMember(): KafkaMember {
    const { client, topic, group, applier, logger } = this.#options
    const member = new KafkaMember({
      ...{ client, group, applier, topic: topic.name, history: this.#history, fromBeginning: this.#fromBeginning },
      unreadable: this.#unreadable,
      onReadAlone: () => this.#replace('a partition was read alone'),
      onFuture: (future) =>
        logger.error('A message is of a newer schema: its partition waits for a newer version of this program', future),
    })
    this.#history.restart()
    this.#fromBeginning = false
    this.#member = member
    return member
  }

  async #stay(first: KafkaMember): Promise<void> {
    const stopped = new Promise<null>((resolve) => {
      if (this.#ended.signal.aborted) resolve(null)
      this.#ended.signal.addEventListener('abort', () => resolve(null))
    })
    const { settledAfterMs, rejoinMs, longestRejoinMs } = this.#timings
    let member = first
    let failures = 0
    let starting: Promise<unknown> = Promise.resolve()
    for (;;) {
      const replaced = new Promise<string>((resolve) => {
        this.#replace = resolve
      })
      const broken = starting.then(
        () => new Promise<never>(() => {}),
        (error: unknown) => error,
      )
      const reason = await Promise.race([member.crashed, broken, replaced, stopped])
      failures = member.age > settledAfterMs ? 0 : failures + 1
      await member.leave()
      if (this.#ended.signal.aborted) break
      this.#options.logger.warn('The consumer left its group and joins again', { reason })
      // Where Kafka does not answer, this crash is not counted.
      if (isUnreadable(reason)) await this.#unreadable.crashed(member.partitions, reason).catch(() => {})
      const pauseMs = Math.min(rejoinMs * 2 ** failures, longestRejoinMs)
      await sleep(pauseMs, null, { signal: this.#ended.signal }).catch(() => {})
      if (this.#ended.signal.aborted) break
      await this.#inspectTopic().catch(() => {})
      member = this.#newMember()
      starting = member.start()
      starting.catch(() => {})
    }
    if (this.#failure === null) this.#settle.resolve()
    else this.#settle.reject(this.#failure.error)
  }

  /** Makes a missing topic, and notices one that was made anew; then everything in it is to be read. */
  async #inspectTopic(): Promise<boolean> {
    const made = await this.#options.topic.ensure()
    const another = await this.#history.isAnother()
    if (made || another) this.#fromBeginning = true
    return made || another
  }

  /** Another member may have read meanwhile what this one was to read alone. */
  #isIdleAlone(): boolean {
    const { alone } = this.#unreadable
    return alone !== null && (this.#member?.age ?? 0) > this.#timings.stuckAfterMs && this.#unreadable.readable(alone)
  }

  async #watch(): Promise<void> {
    const { watchEveryMs, replacedAfterMs } = this.#timings
    for (;;) {
      await sleep(watchEveryMs, null, { signal: this.#ended.signal }).catch(() => {})
      if (this.#ended.signal.aborted) return
      try {
        if (await this.#inspectTopic()) this.#replace('the topic was made anew')
        else if (this.#isIdleAlone()) this.#replace('a partition that was to be read alone has nothing to read')
        else if ((this.#member?.silence ?? 0) > replacedAfterMs) this.#replace('nothing was heard of the group')
      } catch (error) {
        this.#options.logger.debug('The topic could not be looked at', { error })
      }
    }
  }
}
