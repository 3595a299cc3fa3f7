import type { Tally } from './tally.ts'

export interface LogMessage {
  offset: number
  key: string
  value: string
  time: number
}

interface Partition {
  low: number
  messages: LogMessage[]
}

export interface GroupMember {
  generation: number
  heard: number
  partitions: number[]
}

const sessionMs = 15_000

/** An error as kafkajs knows it. */
export class ProtocolError extends Error {
  readonly type: string

  constructor(type: string) {
    super(type)
    this.type = type
  }
}

/** The brokers: one topic, one consumer group, and whoever coordinates it. */
export class KafkaCluster {
  /** Null while it does not exist. */
  topic: Partition[] | null = null
  generation = 0
  readonly committed = new Map<number, number>()
  readonly #members = new Set<GroupMember>()
  readonly #tally: Tally

  constructor(tally: Tally) {
    this.#tally = tally
  }

  partitions(): Partition[] {
    if (this.topic === null) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
    return this.topic
  }

  create(partitions: number): boolean {
    if (this.topic !== null) return false
    this.topic = Array.from({ length: partitions }, () => ({ low: 0, messages: [] }))
    this.rebalance()
    return true
  }

  /** Its offsets begin anew when it is made again, and the group's are forgotten. */
  delete(): void {
    this.topic = null
    this.committed.clear()
  }

  grow(): void {
    this.topic?.push({ low: 0, messages: [] })
    this.rebalance()
  }

  append(key: string, value: string): void {
    const partitions = this.partitions()
    const partition = partitions[Number(key) % partitions.length] as Partition
    partition.messages.push({ offset: highOf(partition), key, value, time: Date.now() })
  }

  /** Retention, or an unclean leader election: the oldest or the newest messages are gone. */
  lose(which: 'oldest' | 'newest', count: number): void {
    for (const partition of this.topic ?? []) {
      const lost = Math.min(count, partition.messages.length)
      if (which === 'newest') partition.messages.length -= lost
      else partition.low += partition.messages.splice(0, lost).length
    }
  }

  join(member: GroupMember): void {
    if (!this.#members.has(member)) {
      this.#members.add(member)
      this.rebalance()
    }
    member.generation = this.generation
    member.heard = Date.now()
    const at = [...this.#members].indexOf(member)
    member.partitions = this.partitions()
      .map((_, partition) => partition)
      .filter((partition) => partition % this.#members.size === at)
  }

  leave(member: GroupMember): void {
    if (this.#members.delete(member)) this.rebalance()
  }

  rebalance(): void {
    this.generation++
  }

  /** Throws where the member was put out of the group, or the group has been divided anew. */
  hear(member: GroupMember): void {
    for (const other of this.#members)
      if (Date.now() - other.heard > sessionMs) {
        this.#tally.count('member evicted')
        this.leave(other)
      }
    if (!this.#members.has(member)) throw new ProtocolError('UNKNOWN_MEMBER_ID')
    if (member.generation !== this.generation) throw new ProtocolError('REBALANCE_IN_PROGRESS')
    member.heard = Date.now()
  }

  /** Reads on; a position that the log does not have begins anew at the oldest message there is. */
  read(partition: number, position: number, limit: number): { from: number; messages: LogMessage[] } {
    const log = this.partitions()[partition]
    if (log === undefined) return { from: position, messages: [] }
    const from = position < log.low || position > highOf(log) ? log.low : position
    if (from !== position) this.#tally.count('offset out of range')
    return { from, messages: log.messages.slice(from - log.low, from - log.low + limit) }
  }

  commit(member: GroupMember, partition: number, offset: number): void {
    try {
      this.hear(member)
    } catch (error) {
      this.#tally.count('zombie commit refused')
      throw error
    }
    this.committed.set(partition, offset)
  }
}

export function highOf({ low, messages }: Partition): number {
  return low + messages.length
}
