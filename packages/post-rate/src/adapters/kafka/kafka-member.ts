import type { Consumer, EachBatchPayload } from 'kafkajs'
import { withDeadline } from '../deadline.ts'
import type { BatchApplier } from './batch-applier.ts'
import { type KafkaClient, retryOf } from './kafka-client.ts'
import type { TopicHistory } from './topic-history.ts'
import type { UnreadableBatches } from './unreadable-batches.ts'

export interface KafkaMemberOptions {
  client: KafkaClient
  topic: string
  group: string
  applier: BatchApplier
  /** Gets to know what is read. */
  history: TopicHistory
  unreadable: UnreadableBatches
  /** Read every assigned partition from its beginning, whatever was committed. */
  fromBeginning: boolean
  /** The partition that was to be read alone has been read. */
  onReadAlone: () => void
  /** A partition was paused at a message of a schema from the future. */
  onFuture: (future: { partition: number; offset: string; schema: number }) => void
}

/** One membership in the consumer group, from joining until it ends; it is never restarted but replaced. */
export class KafkaMember {
  readonly paused = new Set<number>()
  /** Resolves with the reason when the membership has ended by itself. */
  readonly crashed: Promise<unknown>
  readonly #options: KafkaMemberOptions
  readonly #consumer: Consumer
  readonly #born = Date.now()
  #partitions: readonly number[] = []
  #joined = false
  #lastSign = Date.now()

  constructor(options: KafkaMemberOptions) {
    this.#options = options
    const { timings } = options.client
    this.#consumer = options.client.kafka.consumer({
      groupId: options.group,
      allowAutoTopicCreation: false,
      sessionTimeout: timings.sessionTimeoutMs,
      rebalanceTimeout: timings.rebalanceTimeoutMs,
      heartbeatInterval: timings.heartbeatMs,
      maxWaitTimeInMs: timings.fetchWaitMs,
      // Of a backlog as much as brings many states of each post: only the newest of a batch is written.
      maxBytesPerPartition: 3 * 2 ** 20,
      metadataMaxAge: timings.metadataMaxAgeMs,
      // Whether and when to start again is decided here: kafkajs stops for ever after some errors and repeats others.
      retry: { ...retryOf(timings), restartOnFailure: async () => false },
    })
    this.crashed = this.#watchEvents()
  }

  get joined(): boolean {
    return this.#joined
  }

  /** The partitions that it reads, or read last. */
  get partitions(): readonly number[] {
    return this.#partitions
  }

  /** Milliseconds since it was made. */
  get age(): number {
    return Date.now() - this.#born
  }

  /** Milliseconds since the group or a broker last answered. */
  get silence(): number {
    return Date.now() - this.#lastSign
  }

  /** Resolves when it has joined the group and works; rejects when the brokers cannot be reached. */
  async start(): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.#options.topic], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 3,
      eachBatch: (payload) => this.#work(payload),
    })
  }

  /** Finishes and commits what is in hand, and leaves the group. */
  async leave(): Promise<void> {
    this.#joined = false
    const { leaveTimeoutMs } = this.#options.client.timings
    await withDeadline(this.#consumer.disconnect(), leaveTimeoutMs, 'leaving the consumer group').catch(() => {})
  }

  #watchEvents(): Promise<unknown> {
    const { events, on } = this.#consumer
    const sign = () => {
      this.#lastSign = Date.now()
    }
    on(events.GROUP_JOIN, ({ payload }) => {
      sign()
      this.#joined = true
      this.#assigned(payload.memberAssignment[this.#options.topic] ?? [])
    })
    on(events.FETCH, sign)
    on(events.HEARTBEAT, sign)
    on(events.STOP, () => {
      this.#joined = false
    })
    return new Promise((resolve) => on(events.CRASH, ({ payload }) => resolve(payload.error)))
  }

  #assigned(partitions: number[]): void {
    const { topic, history, fromBeginning, unreadable, onReadAlone } = this.#options
    this.#partitions = partitions
    history.assign(partitions)
    this.#stepOver(partitions)
    const { alone } = unreadable
    if (alone !== null && partitions.includes(alone))
      this.#consumer.pause([{ topic, partitions: partitions.filter((partition) => partition !== alone) }])
    else if (alone !== null && unreadable.readable(alone)) onReadAlone()
    for (const partition of this.paused) if (!partitions.includes(partition)) this.paused.delete(partition)
    // Later on, a partition that is new here was read by the member before.
    if (!fromBeginning || this.age > this.#options.client.timings.rewindMs) return
    for (const partition of partitions)
      if (!history.knows(partition)) this.#consumer.seek({ topic, partition, offset: '0' })
  }

  #stepOver(partitions: readonly number[]): void {
    const { topic, unreadable } = this.#options
    for (const partition of partitions) {
      const skip = unreadable.skipOf(partition)
      if (skip === null) continue
      const offset = String(skip)
      this.#consumer.seek({ topic, partition, offset })
      // kafkajs commits nothing before the join that it has just told of is complete.
      setImmediate(() => {
        const committing = this.#consumer.commitOffsets([{ topic, partition, offset }])
        // Otherwise the next batch is committed, or the next member tries again.
        committing.then(() => unreadable.committed(partition)).catch(() => {})
      })
    }
  }

  /** Commits only after everything before the committed offset has been applied. */
  async #work(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, commitOffsetsIfNecessary, heartbeat, pause, isStale } = payload
    const { topic, partition } = batch
    if (isStale()) return
    const { history, unreadable, onReadAlone, onFuture } = this.#options
    const { future } = await this.#options.applier.apply(payload)
    const next = future === null ? BigInt(batch.lastOffset()) + 1n : BigInt(future.offset)
    if (next > BigInt(batch.firstOffset() ?? next)) {
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(next) }] }] })
      resolveOffset(String(next - 1n))
      const newest = batch.messages.reduce((time, { timestamp }) => Math.max(time, Number(timestamp)), 0)
      history.advance(partition, Number(next), newest)
      unreadable.committed(partition)
    }
    if (future !== null) {
      pause()
      this.paused.add(partition)
      onFuture({ partition, ...future })
    }
    if (unreadable.readable(partition)) onReadAlone()
    await heartbeat()
  }
}
