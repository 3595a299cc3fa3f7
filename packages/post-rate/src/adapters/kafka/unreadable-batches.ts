import type { Logger } from '../../ports/logger.ts'
import type { KafkaTopic } from './kafka-topic.ts'

/** Crashes at one position after which it is stepped over. */
const mostCrashes = 3

/**
 * True for an error that the same messages give each time. kafkajs 2.2.4 cannot take more than about 120,000 records from
 * one batch (`push(...records)`), and cannot decompress Snappy, LZ4 and Zstandard.
 */
export function isUnreadable(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause)
    if (
      e instanceof RangeError ||
      e.name === 'KafkaJSNotImplemented' ||
      /^Z_/.test(String((e as { code?: string }).code))
    )
      return true
  return false
}

/**
 * Steps over messages that end every consumer which fetches them. A crash does not say which partition it came from, so the
 * crashes are counted at the position of each partition that has messages left. Where several reach the limit, one after
 * the other is read alone: the partition that crashes alone goes on at its end. The reconciler brings what was left out.
 */
export class UnreadableBatches {
  readonly #topic: KafkaTopic
  readonly #group: string
  readonly #logger: Logger
  /** By partition: where it stands still, and how often a member crashed there. */
  readonly #stuck = new Map<number, { offset: number; crashes: number }>()
  /** By partition: where reading goes on, until something has been committed there. */
  readonly #skips = new Map<number, number>()
  #alone: number | null = null

  constructor(topic: KafkaTopic, group: string, logger: Logger) {
    this.#topic = topic
    this.#group = group
    this.#logger = logger
  }

  /** The partition that is to be read alone; null while all of them are read. */
  get alone(): number | null {
    return this.#alone
  }

  /** Where reading of this partition goes on in place of the committed offset; null where it goes on there. */
  skipOf(partition: number): number | null {
    return this.#skips.get(partition) ?? null
  }

  /** A member that had these partitions crashed with an error that {@link isUnreadable}. */
  async crashed(assigned: readonly number[], error: unknown): Promise<void> {
    const committed = await this.#topic.committed(this.#group)
    const read = this.#alone !== null && assigned.includes(this.#alone) ? [this.#alone] : assigned
    const stuck = (await this.#topic.offsets()).flatMap(({ partition, low, high }) => {
      const offset = Math.max(this.#skips.get(partition) ?? committed.get(partition) ?? low, low)
      if (!read.includes(partition) || offset >= high) return []
      const before = this.#stuck.get(partition)
      const crashes = before?.offset === offset ? before.crashes + 1 : 1
      this.#stuck.set(partition, { offset, crashes })
      return [{ partition, offset, high, crashes }]
    })
    const suspect = stuck.find(({ crashes }) => crashes >= mostCrashes)
    if (suspect === undefined) return
    if (stuck.length > 1) {
      this.#alone = suspect.partition
      return
    }
    const { partition, offset: from, high: to, crashes } = suspect
    this.#logger.error(
      'Messages of a partition cannot be read and are stepped over; the reconciler repairs what they said',
      {
        ...{ partition, from, to, crashes, error: String(error) },
      },
    )
    this.#skips.set(partition, to)
    this.readable(partition)
  }

  /** The skip of this partition has been committed, or something behind it has been. */
  committed(partition: number): void {
    this.#skips.delete(partition)
  }

  /** This partition has been read, or cannot be read alone. Resolves to true where all partitions can be read again. */
  readable(partition: number): boolean {
    this.#stuck.delete(partition)
    if (this.#alone !== partition) return false
    const next = [...this.#stuck].find(([, { crashes }]) => crashes >= mostCrashes)
    this.#alone = next?.[0] ?? null
    return true
  }
}
