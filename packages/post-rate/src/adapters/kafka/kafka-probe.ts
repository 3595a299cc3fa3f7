import type { KafkaOption } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'
import type { ServerProbe } from '../../ports/server-probe.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { createKafkaClient } from './kafka-client.ts'

/** Kafka does not tell its version; the number of brokers that answer stands in for it. */
export class KafkaProbe implements ServerProbe {
  readonly #admin: KafkaAdmin

  constructor(kafka: KafkaOption, logger: Logger) {
    this.#admin = new KafkaAdmin(createKafkaClient(kafka, logger))
  }

  async version(): Promise<string> {
    const { brokers } = await this.#admin.demand((admin) => admin.describeCluster())
    return `${brokers.length} broker${brokers.length === 1 ? '' : 's'}`
  }

  close(): Promise<void> {
    return this.#admin.close()
  }
}
