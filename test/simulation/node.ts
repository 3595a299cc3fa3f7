import { KafkaEventBus } from '../../packages/post-rate/src/adapters/kafka/kafka-event-bus.ts'
import { DirectEventBus } from '../../packages/post-rate/src/adapters/memory/direct-event-bus.ts'
import type { RatingChange } from '../../packages/post-rate/src/domain/rating-change.ts'
import type { EventBus, Subscription } from '../../packages/post-rate/src/ports/event-bus.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import type { PostStore } from '../../packages/post-rate/src/ports/post-store.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { HealCopies } from '../../packages/post-rate/src/services/heal-copies.ts'
import { ImportRatings } from '../../packages/post-rate/src/services/import-ratings.ts'
import { ListPosts } from '../../packages/post-rate/src/services/list-posts.ts'
import { ProjectStats } from '../../packages/post-rate/src/services/project-stats.ts'
import { RatePost } from '../../packages/post-rate/src/services/rate-post.ts'
import { ReadStats, type ReadStatsResult } from '../../packages/post-rate/src/services/read-stats.ts'
import { RebuildStats } from '../../packages/post-rate/src/services/rebuild-stats.ts'
import { RecentFigures } from '../../packages/post-rate/src/services/recent-figures.ts'
import { ReconcileStats } from '../../packages/post-rate/src/services/reconcile-stats.ts'
import { RelayOutbox } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { VerifyStats } from '../../packages/post-rate/src/services/verify-stats.ts'
import { simulatedKafka } from './kafka-client.ts'
import type { Caller, Fault } from './network.ts'
import type { World } from './world.ts'

const topic = 'rating-changes'

/** One process in all roles, wired as the container does it; a crash leaves it where it waits, for ever. */
export class Node implements Caller {
  readonly name: string
  alive = true
  pausedUntil = 0
  readonly faults: Fault[]
  readonly counters = new CounterSet()
  readonly ratePost: RatePost
  readonly importRatings: ImportRatings
  readonly rebuildStats: RebuildStats
  readonly verifyStats: VerifyStats
  readonly postStore: PostStore
  readonly deployment: Deployment
  readonly #readStats: ReadStats
  readonly #noRecent: RecentFigures
  readonly #world: World
  readonly #relay: RelayOutbox
  readonly #reconciler: ReconcileStats
  readonly #projector: ProjectStats
  readonly #bus: EventBus
  #subscription: Subscription | null = null
  #stopping = false

  constructor(name: string, faults: Fault[], world: World) {
    this.name = name
    this.faults = faults
    this.#world = world
    const { database, store, judge } = world
    const ports = database.portsFor(this, judge)
    const statsStore = store.portFor(this, judge)
    const clock = { now: () => Date.now() }
    this.postStore = ports.postStore
    this.deployment = new Deployment(ports.settingsStore)
    this.#bus = witnessed(world.kafka ? this.#kafkaBus() : new DirectEventBus(), world)
    const log = silentLogger
    const shared = [this.deployment, this.counters, log] as const
    this.#relay = new RelayOutbox(ports.outbox, this.#bus, ports.leaseStore, ...shared)
    const changed = () => this.#relay.wake()
    this.ratePost = new RatePost(ports.ratingStore, ports.postStore, this.counters, changed, 100)
    this.importRatings = new ImportRatings(ports.ratingStore, clock, changed)
    this.#projector = new ProjectStats(statsStore, ports.recordReader, this.deployment, this.counters)
    const copies = new HealCopies(ports.stateStore, statsStore, ports.recordReader, ...shared)
    const { stateStore, leaseStore, auditStore, recordReader, outbox } = ports
    this.#reconciler = new ReconcileStats(stateStore, statsStore, copies, leaseStore, this.deployment, clock, log)
    this.rebuildStats = new RebuildStats(auditStore, stateStore, statsStore, recordReader, copies)
    this.verifyStats = new VerifyStats(auditStore, stateStore, statsStore, recordReader, outbox, copies)
    this.#noRecent = new RecentFigures(recordReader, null)
    this.#readStats = new ReadStats(statsStore, recordReader, this.deployment, clock, log)
  }

  /** Up, and not about to change that. */
  get settled(): boolean {
    return this.alive && !this.#stopping && this.#subscription !== null && this.pausedUntil <= Date.now()
  }

  /** As `start` of the library does; a process that cannot start ends, and is started again. */
  async start(): Promise<void> {
    try {
      this.#subscription = await this.#bus.subscribe(this.#projector)
    } catch {
      this.crash()
      return
    }
    this.#reconciler.start()
    this.#relay.start()
  }

  /** Finishes what is in hand, as at a redeployment. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.ratePost.close()
    await this.#relay.stop()
    await this.#subscription?.stop()
    await this.#reconciler.stop()
    await this.#bus.close()
    this.crash()
  }

  /** A page, as readers get it; the judge also sees what it was made of. */
  async read(userId: string): Promise<void> {
    const began = Date.now()
    let made: ReadStatsResult | undefined
    const watched = {
      read: async (...wanted: Parameters<ReadStats['read']>) => {
        made = await this.#readStats.read(...wanted)
        return made
      },
    } as ReadStats
    const listPosts = new ListPosts(
      this.postStore,
      watched,
      this.#noRecent,
      this.deployment,
      { now: () => Date.now() },
      0,
    )
    const { items } = await listPosts.list({ limit: 10, userId })
    if (made) this.#world.judge.readers.answered(began, items, made)
  }

  crash(): void {
    if (!this.alive) return
    this.alive = false
    this.#world.ended(this)
  }

  wake(): void {
    this.#relay.wake()
  }

  #kafkaBus(): EventBus {
    const { cluster, network, chance, judge } = this.#world
    const kafka = simulatedKafka({ cluster, network, chance, caller: this, topic, witness: judge })
    const source = async () => (await this.deployment.get()).source
    return new KafkaEventBus(kafka, { topic, partitions: 2, group: 'post-rate', source })
  }
}

/** Without a log the bus has what all subscribers have taken. */
function witnessed(bus: EventBus, { kafka, judge }: World): EventBus {
  if (kafka) return bus
  return {
    publish: async (changes: readonly RatingChange[]) => {
      await bus.publish(changes)
      for (const change of changes) judge.appended(JSON.stringify(change))
    },
    subscribe: (handler, options) => bus.subscribe(handler, options),
    lag: () => bus.lag(),
    close: () => bus.close(),
  }
}
