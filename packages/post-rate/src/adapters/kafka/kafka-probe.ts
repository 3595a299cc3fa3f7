import type { KafkaOption } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'
import type { ServerIdentity, ServerProbe } from '../../ports/server-probe.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { createKafkaClient } from './kafka-client.ts'
import type { KafkaTimings } from './kafka-timings.ts'

/** Kafka does not tell its version; the number of brokers that answer stands in for it. */
export class KafkaProbe implements ServerProbe {
  readonly #admin: KafkaAdmin
  readonly #encrypted: boolean | null

  /** `timings`: overrides of the default durations. */
  constructor(kafka: KafkaOption, logger: Logger, timings?: Partial<KafkaTimings>) {
    const client = createKafkaClient(kafka, logger, timings)
    this.#admin = new KafkaAdmin(client)
    this.#encrypted = client.target.encrypted
  }

  async identify(): Promise<ServerIdentity> {
    const { brokers } = await this.#admin.demand((admin) => admin.describeCluster())
    const version = `${brokers.length} broker${brokers.length === 1 ? '' : 's'}`
    return { version, encrypted: this.#encrypted, pooled: false }
  }

  close(): Promise<void> {
    return this.#admin.close()
  }
}
