import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { StatsStore } from '../../packages/post-rate/src/ports/stats-store.ts'
import type { Caller, Network } from './network.ts'

type RecordPorts = Omit<
  ReturnType<typeof memoryPorts>,
  | 'clock'
  | 'schema'
  | 'rebuildStore'
  | 'moderationStore'
  | 'userExclusionStore'
  | 'guardStore'
  | 'auditLog'
  | 'incidentStore'
  | 'incidentEvents'
  | 'quarantineStore'
>

/** What the judge hears of the database, between a change and everything that follows from it. */
export interface DatabaseWitness {
  acknowledging(ids: readonly string[]): void
  changed(): void
}

const writes = new Set([
  'rate',
  'withdraw',
  'erase',
  'import',
  'delete',
  'fold',
  'acknowledge',
  'raise',
  'raiseFloor',
  'repair',
])

/** PostgreSQL: a record whose methods are transactions, and which can be put back to an earlier state. */
export class Database {
  record: MemoryRecord
  #ports: RecordPorts
  readonly #network: Network

  constructor(network: Network, options: ConstructorParameters<typeof MemoryRecord>[0]) {
    this.#network = network
    this.record = new MemoryRecord({ ...options, clock: network })
    this.#ports = memoryPorts(this.record)
  }

  /** Everything is as in `backup` again, and what was under way has failed. `moved`: on another physical server. */
  restore(backup: MemoryRecord, physical: string): void {
    this.record = backup.copy()
    this.record.physical.now = physical
    this.#ports = memoryPorts(this.record)
    this.#network.databaseLife++
  }

  /** The ports as one process sees them. */
  portsFor(caller: Caller, witness: DatabaseWitness): RecordPorts {
    const method = (port: keyof RecordPorts, name: string) => (args: unknown[]) =>
      this.#network.call(caller, 'database', `${port}.${name}`, () => {
        if (name === 'acknowledge') witness.acknowledging(args[0] as string[])
        const target = this.#ports[port] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
        const result = (target[name] as (...args: unknown[]) => Promise<unknown>)(...args)
        if (writes.has(name)) witness.changed()
        return result
      })
    const port = <K extends keyof RecordPorts>(name: K, methods: readonly string[]) => {
      const calls = methods.map((one) => {
        const call = method(name, one)
        return [one, (...args: unknown[]) => call(args)]
      })
      return Object.fromEntries(calls) as unknown as RecordPorts[K]
    }
    return {
      ratingStore: port('ratingStore', ['rate', 'withdraw', 'erase', 'import']),
      postStore: port('postStore', ['page', 'find', 'visible', 'delete']),
      recordReader: port('recordReader', ['read', 'unrated']),
      historyReader: port('historyReader', ['buckets']),
      outbox: port('outbox', ['fold', 'unpublished', 'acknowledge', 'bury', 'backlog']),
      leaseStore: port('leaseStore', ['acquire', 'release']),
      stateStore: port('stateStore', ['range', 'changedWithin', 'raise', 'moved', 'raiseFloor']),
      auditStore: port('auditStore', ['next', 'compare', 'compareOnly', 'repair', 'estimate']),
      settingsStore: port('settingsStore', ['load', 'change']),
    }
  }
}

const readMs = 250
const writeMs = 10_000

export interface StoreWitness {
  applied(states: readonly PostStats[], outcomes: readonly string[], before: ReadonlyMap<number, PostStats>): void
  marked(watermark: number): void
}

/** Redis: the memory store, which behaves as the gate does, and loses what it is told to lose. */
export class Store {
  readonly memory = new MemoryStatsStore()
  readonly #network: Network
  /** What a replica that lags has. */
  #replica: { states: PostStats[]; watermark: number | null; source: string | null } = {
    ...{ states: [], watermark: null, source: null },
  }

  constructor(network: Network) {
    this.#network = network
  }

  /** A replica takes over that has what there was at the time before: writes are lost, also of the mark. */
  async regress(): Promise<void> {
    const { states, watermark, source } = this.#replica
    await this.replicate()
    this.memory.clear()
    await this.memory.apply(states, { trusted: true, ceiling: Number.MAX_SAFE_INTEGER })
    if (watermark !== null && source !== null) await this.memory.mark({ watermark, source })
  }

  async replicate(): Promise<void> {
    const ids: number[] = []
    for await (const some of this.memory.ids()) ids.push(...some)
    const { states, ...mark } = await this.memory.read(ids)
    this.#replica = { states: [...states.values()], ...mark }
  }

  portFor(caller: Caller, witness: StoreWitness): StatsStore {
    const { memory } = this
    const call = <T>(name: string, deadlineMs: number, effect: () => Promise<T>) =>
      this.#network.call(caller, 'store', `statsStore.${name}`, effect, { deadlineMs })
    return {
      keeps: true,
      read: (ids, { patient = false } = {}) => call('read', patient ? writeMs : readMs, () => memory.read(ids)),
      apply: (states, options) =>
        call('apply', writeMs, async () => {
          const before = (await memory.read(states.map(({ postId }) => postId))).states
          const outcomes = await memory.apply(states, options)
          witness.applied(states, outcomes, before)
          return outcomes
        }),
      async *ids() {
        const found = await call('ids', writeMs, async () => {
          const all: number[] = []
          for await (const ids of memory.ids()) all.push(...ids)
          return all
        })
        if (found.length > 0) yield found
      },
      remove: (ids) => call('remove', writeMs, () => memory.remove(ids)),
      mark: (set) =>
        call('mark', writeMs, () => {
          if (set?.watermark !== undefined) witness.marked(set.watermark)
          return memory.mark(set)
        }),
    }
  }
}
