import type { Admin } from 'kafkajs'
import type { KafkaAdmin } from './kafka-admin.ts'
import { isProtocolError } from './kafka-client.ts'

/** What a partition holds: offsets from `low` up to, without, `high`. */
export interface PartitionOffsets {
  partition: number
  low: number
  high: number
}

const weekMs = 7 * 24 * 3600 * 1000

/** The topic of the changes. It is made where it is missing, also when it vanished meanwhile. */
export class KafkaTopic {
  readonly name: string
  readonly #admin: KafkaAdmin
  readonly #partitions: number

  constructor(admin: KafkaAdmin, name: string, partitions: number) {
    this.#admin = admin
    this.name = name
    this.#partitions = partitions
  }

  /** Resolves to true when it was missing and has been made. */
  async ensure(): Promise<boolean> {
    return this.#admin.demand(async (admin) => {
      try {
        await admin.fetchTopicMetadata({ topics: [this.name] })
        return false
      } catch (error) {
        if (!isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
      }
      // False when somebody else was faster.
      const made = await admin.createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic: this.name,
            numPartitions: this.#partitions,
            // The cluster's own default.
            replicationFactor: -1,
            configEntries: [
              { name: 'cleanup.policy', value: 'delete' },
              { name: 'retention.ms', value: String(weekMs) },
            ],
          },
        ],
      })
      await this.#leaders(admin)
      return made
    })
  }

  /** A topic is known to the brokers, and has leaders, a moment after it was made; on a busy machine seconds after. */
  async #leaders(admin: Admin): Promise<void> {
    // Less than an admin question may take, so that the caller learns the reason.
    for (const deadline = performance.now() + 0.8 * this.#admin.timings.adminTimeoutMs; ; ) {
      try {
        const { topics } = await admin.fetchTopicMetadata({ topics: [this.name] })
        const partitions = topics[0]?.partitions ?? []
        if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return
      } catch (error) {
        const early = isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE')
        if (!early || performance.now() > deadline) throw error
      }
      if (performance.now() > deadline) throw new Error(`topic ${this.name} has no leaders yet`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** By partition. The partitions are asked for afresh: a client remembers them for minutes. */
  async offsets(): Promise<PartitionOffsets[]> {
    const count = await this.#admin.demand(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.name] })
      return topics[0]?.partitions.length ?? 0
    })
    const read = () => this.#admin.demand((admin) => admin.fetchTopicOffsets(this.name))
    let offsets = await read()
    if (offsets.length !== count) {
      await this.#admin.forget()
      offsets = await read()
    }
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
      .sort((a, b) => a.partition - b.partition)
  }

  /** By partition, the offset of the first message later than `time` (milliseconds); the end where there is none. */
  async offsetsAfter(time: number): Promise<Map<number, number>> {
    const offsets = await this.#admin.demand((admin) => admin.fetchTopicOffsetsByTimestamp(this.name, time + 1))
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
  }

  /** The group's committed offset per partition; none where nothing was committed. */
  async committed(groupId: string): Promise<Map<number, number>> {
    const topics = await this.#admin.demand((admin) => admin.fetchOffsets({ groupId, topics: [this.name] }))
    const offsets = topics.flatMap((topic) => topic.partitions).filter(({ offset }) => Number(offset) >= 0)
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
  }
}
