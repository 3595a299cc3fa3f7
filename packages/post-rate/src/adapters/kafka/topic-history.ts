import type { KafkaTopic } from './kafka-topic.ts'

interface Read {
  /** Next offset by partition. */
  offsets: Map<number, number>
  /** The latest time of a message that was read, in milliseconds since the epoch. */
  time: number
}

/**
 * Notices that a topic is not the one it was: deleted and made again, its offsets begin anew, and a consumer that goes
 * on at its old position would silently skip what is below. kafkajs cannot read a topic's id, so two things tell: a
 * position beyond the end, and a message below an old position that is later than everything which was read up to it.
 */
export class TopicHistory {
  readonly #topic: KafkaTopic
  #ends = new Map<number, number>()
  #read: Read = { offsets: new Map(), time: 0 }
  /** What had been read at the last look, or by the first batch after it. */
  #before: Read | null = null

  constructor(topic: KafkaTopic) {
    this.#topic = topic
  }

  /** Messages up to `next` were read, the latest of them written at `time`. */
  advance(partition: number, next: number, time: number): void {
    this.#read.offsets.set(partition, next)
    this.#read.time = Math.max(this.#read.time, time)
    this.#before ??= copyOf(this.#read)
  }

  /** These partitions alone are read from now on. */
  assign(partitions: readonly number[]): void {
    for (const read of [this.#read, this.#before])
      for (const partition of read?.offsets.keys() ?? [])
        if (!partitions.includes(partition)) read?.offsets.delete(partition)
  }

  /** True where this partition has been read. */
  knows(partition: number): boolean {
    return this.#read.offsets.has(partition)
  }

  /** Reading begins anew, at the committed offsets or at the start. */
  restart(): void {
    this.#read = { offsets: new Map(), time: 0 }
    this.#before = null
  }

  /**
   * Compares the topic with how it was at the call before. True when it is another one; a false alarm (an unclean
   * leader election) only means that known messages are read again.
   */
  async isAnother(): Promise<boolean> {
    const read = copyOf(this.#read)
    const before = this.#before
    const ends = new Map((await this.#topic.offsets()).map(({ partition, high }) => [partition, high]))
    const another =
      isBeyond(this.#ends, ends) ||
      isBeyond(read.offsets, ends) ||
      (before !== null && isBeyond(before.offsets, await this.#topic.offsetsAfter(before.time)))
    this.#ends = ends
    if (read.offsets.size > 0) this.#before = read
    return another
  }
}

function copyOf({ offsets, time }: Read): Read {
  return { offsets: new Map(offsets), time }
}

function isBeyond(offsets: ReadonlyMap<number, number>, limits: ReadonlyMap<number, number>): boolean {
  return [...offsets].some(([partition, offset]) => offset > (limits.get(partition) ?? -1))
}
