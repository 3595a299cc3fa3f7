import type { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemorySettingsStore } from '../../packages/post-rate/src/adapters/memory/memory-settings-store.ts'
import type { Rating } from '../../packages/post-rate/src/domain/rating.ts'
import { type DisplayPolicyName, defaultDisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { settingsMaxAgeSeconds } from '../../packages/post-rate/src/services/deployment.ts'
import { Chance } from './chance.ts'
import { Judge } from './judge.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { Network } from './network.ts'
import { Node } from './node.ts'
import { keyOf } from './requests.ts'
import { Database, Store } from './servers.ts'
import type { Tally } from './tally.ts'

export const postIds = [1, 2, 3]
export const userIds = ['a', 'b', 'c']

export interface WorldOptions {
  seed: number
  /** With a log, or the relay handing its states to the projector of its own process. */
  kafka: boolean
  display: DisplayPolicyName
  windowSeconds: number
  relayShards: number
}

/** The servers, and the processes that are up. */
export class World {
  readonly kafka: boolean
  readonly chance: Chance
  readonly network: Network
  readonly tally: Tally
  readonly database: Database
  readonly store: Store
  readonly cluster: KafkaCluster
  readonly judge: Judge
  readonly nodes: Node[] = []
  backup: { record: MemoryRecord; mark: ReturnType<Judge['backup']> }

  constructor({ seed, kafka, display, windowSeconds, relayShards }: WorldOptions, tally: Tally) {
    this.kafka = kafka
    this.tally = tally
    this.chance = new Chance(seed)
    this.network = new Network(this.chance, tally)
    const settings = { ...defaultDisplaySettings, display, windowSeconds }
    this.database = new Database(this.network, { settings })
    const { record } = this.database
    record.deployment.settings.relayShards = relayShards
    for (const id of postIds) record.addPost({ title: `Post ${id}`, content: '…', createdBy: 'a' }, id)
    this.store = new Store(this.network)
    this.cluster = new KafkaCluster(tally)
    this.judge = new Judge(this)
    this.backup = { record: record.copy(), mark: this.judge.backup() }
    for (const index of [0, 1]) this.#start(index)
  }

  /** A process has ended; whoever looks after it starts it again. */
  ended(node: Node): void {
    const index = this.nodes.indexOf(node)
    if (index < 0) return
    for (const [name, times] of Object.entries(node.counters)) this.tally.count(`counter ${name}`, times)
    setTimeout(() => this.#start(index), 500 + this.chance.below(5_000, 'restart'))
  }

  /** Nothing of it acts any more. */
  close(): void {
    for (const node of this.nodes) node.crash()
  }

  takeBackup(): void {
    this.backup = { record: this.database.record.copy(), mark: this.judge.backup() }
  }

  /** `moved`: on another physical server, which the library can see. */
  restore(moved: boolean): void {
    this.tally.count(moved ? 'restored on another server' : 'restored on the same server')
    const { physical } = this.database.record
    this.database.restore(this.backup.record, moved ? `${physical.now}'` : physical.now)
    this.judge.restored(this.backup.mark)
  }

  changeSettings({ display, windowSeconds, relayShards }: Omit<WorldOptions, 'seed' | 'kafka'>): void {
    const store = new MemorySettingsStore(this.database.record)
    void store.change({ ...defaultDisplaySettings, display, windowSeconds, relayShards }, 2 * settingsMaxAgeSeconds)
  }

  /** Ratings that no trigger saw. */
  bypass(rating: Rating): void {
    const { record } = this.database
    if (!record.posts.has(rating.postId)) return
    this.tally.count('triggers bypassed')
    this.judge.bypassed(rating)
    record.ratings.set(keyOf(rating.postId, rating.userId), { ...rating, ratedAt: Date.now(), excludedRatedAt: null })
  }

  #start(index: number): void {
    const faults = this.nodes[index]?.faults ?? []
    const node = new Node(`node ${index + 1}`, faults, this)
    this.nodes[index] = node
    void node.start()
  }
}
