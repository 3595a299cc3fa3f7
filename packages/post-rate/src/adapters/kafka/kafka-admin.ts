import type { Admin } from 'kafkajs'
import { withDeadline } from '../deadline.ts'
import { type KafkaClient, kafkaUnavailable, retryOf, whileElecting } from './kafka-client.ts'
import type { KafkaTimings } from './kafka-timings.ts'

/** One admin connection for all questions; after a failure the next question opens another one. */
export class KafkaAdmin {
  readonly #client: KafkaClient
  #admin: Promise<Admin> | null = null
  #closed = false

  constructor(client: KafkaClient) {
    this.#client = client
  }

  get timings(): KafkaTimings {
    return this.#client.timings
  }

  /** Rejects with the client's own error, for callers that tell one from another. */
  async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the connection has been closed')
    this.#admin ??= this.#connect()
    const current = this.#admin
    try {
      return await withDeadline(current.then(question), this.timings.adminTimeoutMs, 'asking Kafka')
    } catch (error) {
      if (this.#admin === current) this.#admin = null
      void disconnect(current)
      throw error
    }
  }

  /** The same, but rejects with `UNAVAILABLE`. */
  async demand<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      return await whileElecting(this.timings, () => this.ask(question))
    } catch (error) {
      throw kafkaUnavailable(this.#client.target, error)
    }
  }

  /** Ends the connection for good. Questions that are asked afterwards, such as by a loop that is just ending, are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.forget()
  }

  /** Forgets what it knows of the topics' partitions; the next question opens another connection. */
  async forget(): Promise<void> {
    const current = this.#admin
    this.#admin = null
    if (current !== null) await disconnect(current)
  }

  async #connect(): Promise<Admin> {
    const admin = this.#client.kafka.admin({ retry: retryOf(this.timings) })
    try {
      await admin.connect()
    } catch (error) {
      admin.disconnect().catch(() => {})
      throw error
    }
    return admin
  }
}

async function disconnect(admin: Promise<Admin>): Promise<void> {
  try {
    await (await admin).disconnect()
  } catch {
    // It was never connected, or is not any more.
  }
}
