import { type Message, Partitioners, type Producer } from 'kafkajs'
import type { RatingChange } from '../../domain/rating-change.ts'
import type { Tracer } from '../../ports/tracer.ts'
import { withDeadline } from '../deadline.ts'
import { isProtocolError, type KafkaClient, kafkaUnavailable, retryOf, whileElecting } from './kafka-client.ts'
import type { KafkaTopic } from './kafka-topic.ts'
import { type TextMessage, tracePublishing } from './trace-messages.ts'

/** Below the brokers' default of 1 MiB for what one request brings to one partition. */
const largestBatch = 900_000
const overheadPerMessage = 100

/**
 * Sends changes, one request at a time. Not idempotent on purpose: after a lost reply kafkajs' idempotent producer can
 * acknowledge a message that was never written, while a repeated one is harmless here. For the same reason a producer
 * that failed once is never used again.
 */
export class KafkaPublisher {
  readonly #client: KafkaClient
  readonly #topic: KafkaTopic
  readonly #tracer: Tracer | undefined
  #producer: Promise<Producer> | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(client: KafkaClient, topic: KafkaTopic, tracer?: Tracer) {
    this.#client = client
    this.#topic = topic
    this.#tracer = tracer
  }

  /** Durable when it resolves; rejects with `UNAVAILABLE`, and some of the changes may have been written then. */
  publish(changes: readonly RatingChange[]): Promise<void> {
    const messages = changes.map((change) => ({ key: String(change.postId), value: JSON.stringify(change) }))
    const tracer = this.#tracer
    const work = this.#last.then(() =>
      tracer === undefined
        ? this.#sendAll(messages)
        : tracePublishing(tracer, changes, messages, (traced) => this.#sendAll(traced)),
    )
    this.#last = work.catch(() => {})
    return work
  }

  async close(): Promise<void> {
    await this.#last
    await this.#discard()
  }

  async #sendAll(messages: TextMessage[]): Promise<void> {
    for (const batch of batches(messages)) await this.#send(batch)
  }

  async #send(messages: Message[]): Promise<void> {
    try {
      await whileElecting(this.#client.timings, () => this.#attempt(messages))
    } catch (error) {
      if (isProtocolError(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE') && messages.length > 1) {
        const middle = messages.length >> 1
        await this.#send(messages.slice(0, middle))
        return this.#send(messages.slice(middle))
      }
      // It may also have been deleted while this process ran.
      if (!isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw kafkaUnavailable(this.#client.target, error)
      await this.#topic.ensure()
      await whileElecting(this.#client.timings, () => this.#attempt(messages)).catch((again: unknown) => {
        throw kafkaUnavailable(this.#client.target, again)
      })
    }
  }

  async #attempt(messages: Message[]): Promise<void> {
    const { sendTimeoutMs } = this.#client.timings
    this.#producer ??= this.#connect()
    const record = { topic: this.#topic.name, acks: -1, timeout: Math.round(sendTimeoutMs / 2), messages }
    try {
      await withDeadline(
        this.#producer.then((producer) => producer.send(record)),
        sendTimeoutMs,
        'sending',
      )
    } catch (error) {
      void this.#discard()
      throw error
    }
  }

  async #connect(): Promise<Producer> {
    const { kafka, timings } = this.#client
    const producer = kafka.producer({
      idempotent: false,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: timings.metadataMaxAgeMs,
      createPartitioner: Partitioners.DefaultPartitioner,
      // kafkajs remembers per broker what was answered: repeating a send by itself, it leaves out a partition whose new
      // leader had answered already for others, and resolves.
      retry: { ...retryOf(timings), retries: 0 },
    })
    try {
      await producer.connect()
    } catch (error) {
      producer.disconnect().catch(() => {})
      throw error
    }
    return producer
  }

  async #discard(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    try {
      await (await producer)?.disconnect()
    } catch {
      // It was never connected, or is not any more.
    }
  }
}

function* batches(messages: TextMessage[]): Iterable<Message[]> {
  let batch: Message[] = []
  let size = 0
  for (const message of messages) {
    const bytes = message.key.length + Buffer.byteLength(message.value) + overheadPerMessage
    if (size + bytes > largestBatch && batch.length > 0) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(message)
    size += bytes
  }
  if (batch.length > 0) yield batch
}
