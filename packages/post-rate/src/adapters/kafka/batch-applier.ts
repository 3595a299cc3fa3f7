import { setTimeout as sleep } from 'node:timers/promises'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { PostStats } from '../../domain/post-stats.ts'
import type { StatsHandler, SubscriptionCounts } from '../../ports/event-bus.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Tracer } from '../../ports/tracer.ts'
import type { KafkaTimings } from './kafka-timings.ts'
import { type BatchContent, readBatch } from './read-batch.ts'
import { traceApplying } from './trace-messages.ts'
import { isUnreadable } from './unreadable-batches.ts'

export interface BatchApplierOptions {
  handler: StatsHandler
  /** Names the database whose messages count. */
  source: () => Promise<string>
  /** Attempts at one batch before it is given up. Default: until it works. */
  attempts?: number
  /** A batch was given up. */
  onGivenUp?: (error: unknown) => void
  logger: Logger
  tracer?: Tracer | undefined
  timings: Pick<KafkaTimings, 'batchRetryMs' | 'longestBatchRetryMs'>
}

/**
 * Applies one batch after the other, and says how far its partition may be committed. What fails is tried again here,
 * with heartbeats: a store that is away for a minute does not make the group reassign its partitions all the time.
 */
export class BatchApplier {
  readonly counts: SubscriptionCounts = { received: 0, unreadable: 0, foreign: 0, paused: 0 }
  readonly #options: BatchApplierOptions
  /** Partitions being worked on, and when they last got ahead. */
  readonly #inHand = new Map<number, number>()
  readonly #failing = new Set<number>()
  #stopped = false

  constructor(options: BatchApplierOptions) {
    this.#options = options
  }

  /** True while nothing fails and no batch has been stuck for `ms`. */
  progresses(ms: number): boolean {
    const oldest = Math.min(...this.#inHand.values())
    return this.#failing.size === 0 && Date.now() - oldest < ms
  }

  /** What is in hand may finish; what fails is not tried again. */
  stop(): void {
    this.#stopped = true
  }

  /** Resolves when everything before `content.future` has been applied. Rejects when the batch is to be left alone. */
  async apply({ batch, heartbeat }: EachBatchPayload): Promise<BatchContent> {
    const { partition } = batch
    const membership = { lost: false }
    const beat = async () => {
      this.#inHand.set(partition, Date.now())
      try {
        await heartbeat()
      } catch (error) {
        membership.lost = true
        throw error
      }
    }
    this.#inHand.set(partition, Date.now())
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const content = readBatch(batch.messages, await this.#options.source())
          if (content.states.length > 0) await this.#handle(batch.messages, content.states, beat)
          this.#count(content)
          return content
        } catch (error) {
          if (membership.lost || this.#stopped || isUnreadable(error)) throw error
          if (attempt === this.#options.attempts) {
            this.#options.onGivenUp?.(error)
            throw error
          }
          this.#failing.add(partition)
          this.#options.logger.warn('States could not be applied; trying again', {
            partition,
            attempt,
            error: String(error),
          })
          const { batchRetryMs, longestBatchRetryMs } = this.#options.timings
          await this.#pause(Math.min(batchRetryMs * 2 ** (attempt - 1), longestBatchRetryMs), heartbeat)
        }
      }
    } finally {
      this.#inHand.delete(partition)
      this.#failing.delete(partition)
    }
  }

  #handle(messages: KafkaMessage[], states: PostStats[], beat: () => Promise<void>): Promise<void> {
    const { handler, tracer } = this.#options
    if (tracer === undefined) return handler.apply(states, beat)
    return traceApplying(tracer, messages, states, () => handler.apply(states, beat))
  }

  #count({ received, unreadable, foreign }: BatchContent): void {
    this.counts.received += received
    this.counts.unreadable += unreadable
    this.counts.foreign += foreign
    if (unreadable + foreign > 0) this.#options.logger.warn('Messages skipped', { unreadable, foreign })
  }

  async #pause(ms: number, heartbeat: () => Promise<void>): Promise<void> {
    const end = Date.now() + ms
    while (Date.now() < end) {
      await sleep(Math.min(500, end - Date.now()))
      if (this.#stopped) throw new Error('stopped before the batch could be applied')
      await heartbeat()
    }
  }
}
