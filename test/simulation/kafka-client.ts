import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import type { Chance } from './chance.ts'
import { type GroupMember, highOf, type KafkaCluster, type LogMessage, ProtocolError } from './kafka-cluster.ts'
import { type Caller, type Network, sleep } from './network.ts'

const pollMs = 1_000
const heartbeatMs = 3_000

export interface KafkaWitness {
  appended(value: string): void
  committed(messages: LogMessage[]): void
}

export interface SimulatedKafkaOptions {
  cluster: KafkaCluster
  network: Network
  chance: Chance
  caller: Caller
  topic: string
  witness: KafkaWitness
}

/** What the shipped event bus uses of kafkajs, over a simulated cluster. */
export function simulatedKafka(options: SimulatedKafkaOptions): Kafka {
  const { cluster, network, caller, topic, witness } = options
  const ask = <T>(name: string, effect: () => T) => network.call(caller, 'kafka', `kafka.${name}`, effect)
  const connection = { connect: async () => {}, disconnect: async () => {} }
  const admin = () => ({
    ...connection,
    fetchTopicMetadata: () =>
      ask('metadata', () => ({
        topics: [{ name: topic, partitions: cluster.partitions().map(() => ({ leader: 0 })) }],
      })),
    createTopics: ({ topics }: { topics: { numPartitions: number }[] }) =>
      ask('createTopics', () => cluster.create(topics[0]?.numPartitions ?? 1)),
    fetchTopicOffsets: () =>
      ask('offsets', () =>
        cluster.partitions().map((log, partition) => ({ partition, low: String(log.low), high: String(highOf(log)) })),
      ),
    fetchTopicOffsetsByTimestamp: (_topic: string, time: number) =>
      ask('offsets', () =>
        cluster.partitions().map((log, partition) => {
          const first = log.messages.find((message) => message.time >= time)
          return { partition, offset: String(first?.offset ?? highOf(log)) }
        }),
      ),
    fetchOffsets: () =>
      ask('offsets', () => [
        {
          topic,
          partitions: [...cluster.committed].map(([partition, offset]) => ({ partition, offset: `${offset}` })),
        },
      ]),
  })
  const producer = () => ({
    ...connection,
    send: ({ messages }: { messages: { key: string; value: string }[] }) =>
      ask('send', () => {
        for (const { key, value } of messages) {
          cluster.append(key, value)
          witness.appended(value)
        }
      }),
  })
  const consumer = () => new SimulatedConsumer(options)
  return { admin, producer, consumer } as unknown as Kafka
}

type Listener = (event: { payload: unknown }) => void

/** One member of the group: fetches, hands batches on, and joins again when it was put out. */
class SimulatedConsumer implements Partial<Consumer> {
  readonly events = {
    GROUP_JOIN: 'join',
    FETCH: 'fetch',
    HEARTBEAT: 'heartbeat',
    STOP: 'stop',
    CRASH: 'crash',
  } as never
  readonly #options: SimulatedKafkaOptions
  readonly #member: GroupMember = { generation: -1, heard: 0, partitions: [] }
  readonly #positions = new Map<number, number>()
  readonly #paused = new Set<number>()
  readonly #listeners = new Map<string, Listener>()
  #stopped = false
  #ended: Promise<void> = Promise.resolve()

  constructor(options: SimulatedKafkaOptions) {
    this.#options = options
  }

  async connect(): Promise<void> {}

  async subscribe(): Promise<void> {}

  on = ((event: string, listener: Listener) => {
    this.#listeners.set(event, listener)
    return () => {}
  }) as Consumer['on']

  seek({ partition, offset }: { partition: number; offset: string }): void {
    this.#positions.set(partition, Number(offset))
  }

  async run({ eachBatch }: { eachBatch?: (payload: EachBatchPayload) => Promise<void> } = {}): Promise<void> {
    await this.#join()
    this.#ended = this.#loop(eachBatch as (payload: EachBatchPayload) => Promise<void>)
  }

  async disconnect(): Promise<void> {
    this.#stopped = true
    await this.#ended
    await this.#ask('leave', () => this.#options.cluster.leave(this.#member)).catch(() => {})
  }

  async #loop(eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      try {
        const batches = await this.#fetch()
        if (batches.length === 0) await sleep(pollMs)
        await Promise.all(batches.map((batch) => eachBatch(this.#payload(...batch))))
      } catch (error) {
        const type = error instanceof ProtocolError ? error.type : ''
        if (type !== 'UNKNOWN_MEMBER_ID' && type !== 'REBALANCE_IN_PROGRESS') return this.#crash(error)
        await this.#join().catch((again: unknown) => this.#crash(again))
      }
    }
  }

  #crash(error: unknown): void {
    this.#stopped = true
    this.#emit('stop', {})
    this.#emit('crash', { error, restart: false })
  }

  async #join(): Promise<void> {
    const { cluster, topic } = this.#options
    const assigned = await this.#ask('join', () => {
      cluster.join(this.#member)
      return this.#member.partitions.map((partition): [number, number] => [
        partition,
        cluster.committed.get(partition) ?? 0,
      ])
    })
    this.#positions.clear()
    this.#paused.clear()
    for (const [partition, offset] of assigned) this.#positions.set(partition, offset)
    this.#emit('join', { memberAssignment: { [topic]: assigned.map(([partition]) => partition) } })
  }

  #fetch(): Promise<[number, LogMessage[]][]> {
    const { cluster, chance, caller } = this.#options
    return this.#ask('fetch', () => {
      cluster.hear(this.#member)
      this.#emit('fetch', {})
      return [...this.#positions].flatMap(([partition, position]): [number, LogMessage[]][] => {
        if (this.#paused.has(partition)) return []
        const { from, messages } = cluster.read(partition, position, 1 + chance.below(4, `${caller.name} batch`))
        this.#positions.set(partition, from)
        return messages.length > 0 ? [[partition, messages]] : []
      })
    })
  }

  #payload(partition: number, log: LogMessage[]): EachBatchPayload {
    const { cluster, topic, witness } = this.#options
    const messages = log.map(({ offset, key, value, time }) => ({
      ...{ offset: String(offset), timestamp: String(time) },
      ...{ key: Buffer.from(key), value: Buffer.from(value) },
    })) as KafkaMessage[]
    const [first, last] = [messages[0]?.offset ?? '0', messages.at(-1)?.offset ?? '0']
    return {
      batch: { topic, partition, messages, firstOffset: () => first, lastOffset: () => last },
      isStale: () => false,
      isRunning: () => !this.#stopped,
      pause: () => {
        this.#paused.add(partition)
        return () => this.#paused.delete(partition)
      },
      resolveOffset: (offset: string) => {
        this.#positions.set(partition, Number(offset) + 1)
      },
      heartbeat: async () => {
        if (Date.now() - this.#member.heard < heartbeatMs) return
        await this.#ask('heartbeat', () => cluster.hear(this.#member))
        this.#emit('heartbeat', {})
      },
      commitOffsetsIfNecessary: ({ topics }: { topics: { partitions: { offset: string }[] }[] }) =>
        this.#ask('commit', () => {
          const next = Number(topics[0]?.partitions[0]?.offset)
          cluster.commit(this.#member, partition, next)
          witness.committed(log.filter(({ offset }) => offset < next))
        }),
    } as unknown as EachBatchPayload
  }

  #emit(event: string, payload: unknown): void {
    this.#listeners.get(event)?.({ payload })
  }

  #ask<T>(name: string, effect: () => T): Promise<T> {
    const { network, caller } = this.#options
    return network.call(caller, 'kafka', `kafka.${name}`, effect)
  }
}
