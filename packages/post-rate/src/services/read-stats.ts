import { settingsAt } from '../domain/display-window.ts'
import type { PostStats } from '../domain/post-stats.ts'
import type { Settings } from '../domain/settings.ts'
import { nextUpdate } from '../domain/shown-stats.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { OwnScoresWanted, RecordReader } from '../ports/record-reader.ts'
import type { DeploymentRow } from '../ports/settings-store.ts'
import type { StatsRead, StatsStore } from '../ports/stats-store.ts'
import { Batcher } from './batcher.ts'
import { corruptionCeiling, type Deployment } from './deployment.ts'
import { HoldStore } from './hold-store.ts'

export interface ReadStatsResult {
  /** States by post; posts that have none are absent. */
  states: Map<number, PostStats>
  /** Which of them came from the stats store. */
  copies: ReadonlySet<number>
  /** Completeness of the states by post, see `ReadingTime`. */
  watermarkOf(postId: number): number | null
  /** The reader's own scores; empty without a reader. */
  scores: Map<number, number>
  settings: Settings
}

interface Wanted {
  own: OwnScoresWanted | null
  missing: number[]
}

interface Found {
  scores: Map<number, number>
  states: PostStats[]
  watermark: number | null
}

const noCopies: StatsRead = { states: new Map(), watermark: null, source: null }

export interface ReadTimings {
  /** Pause before the stats store is asked again after it did not answer. Readers go to the record meanwhile. */
  storePauseMs: number
}

/**
 * States and own scores of a page: one round trip to the stats store, then one statement to the record for the own
 * scores and for whatever the store did not have. All pages in flight share that statement.
 */
export class ReadStats {
  readonly #store: StatsStore
  readonly #deployment: Deployment
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #record: Batcher<Wanted, Found>
  readonly #copies: Batcher<readonly number[], StatsRead>
  readonly #storePauseMs: number
  readonly #hold: HoldStore
  #storeAwayUntil = 0
  #foreign = false

  constructor(
    store: StatsStore,
    record: RecordReader,
    deployment: Deployment,
    clock: Clock,
    logger: Logger,
    { storePauseMs = 1_000 }: Partial<ReadTimings> = {},
  ) {
    this.#store = store
    this.#deployment = deployment
    this.#clock = clock
    this.#logger = logger
    this.#hold = new HoldStore(store, deployment)
    this.#storePauseMs = storePauseMs
    this.#copies = new Batcher({
      run: (wanted) => readCopies(store, wanted),
      maxBatch: 64,
      limit: 5_000,
      lanes: 4,
    })
    this.#record = new Batcher<Wanted, Found>({
      run: (wanted) => readTogether(record, deployment, wanted),
      maxBatch: 64,
      limit: 5_000,
      lanes: 2,
    })
  }

  /** The states of `postIds`, and a reader's own scores, of the same posts or of others. */
  async read(postIds: readonly number[], own: OwnScoresWanted | null): Promise<ReadStatsResult> {
    const stored = await this.#readStore(postIds)
    const copies = { ...stored, states: this.#lasting(stored) }
    const missing = postIds.filter((id) => !copies.states.has(id))
    const [found, { settings, source }] = await this.#readRecord(own, missing)
    const lost = found.states.filter((stats) => !stored.states.has(stats.postId))
    if (lost.length > 0 && (stored.source === null || stored.source === source)) this.#writeThrough(lost)
    const states = new Map(copies.states)
    for (const stats of found.states) states.set(stats.postId, stats)
    return {
      states,
      copies: new Set(copies.states.keys()),
      watermarkOf: (postId) => (copies.states.has(postId) ? copies.watermark : found.watermark),
      scores: found.scores,
      settings,
    }
  }

  /** The deployment's row comes along with the statement when it is due; only a page that needs no statement asks for it alone. */
  async #readRecord(own: OwnScoresWanted | null, missing: number[]): Promise<[Found, DeploymentRow]> {
    if (own === null && missing.length === 0)
      return [{ scores: new Map(), states: [], watermark: null }, await this.#deployment.get()]
    const found = await this.#record.add({ own, missing })
    return [found, this.#deployment.fresh() ?? (await this.#deployment.get())]
  }

  async #readStore(postIds: readonly number[]): Promise<StatsRead> {
    if (!this.#store.keeps || postIds.length === 0 || performance.now() < this.#storeAwayUntil) return noCopies
    // After it was away, one reader finds out whether it is back; the others need not wait for that.
    if (this.#storeAwayUntil > 0) this.#storeAwayUntil = performance.now() + this.#storePauseMs
    try {
      const read = await this.#copies.add(postIds)
      this.#storeAwayUntil = 0
      return read
    } catch (error) {
      this.#storeAwayUntil = performance.now() + this.#storePauseMs
      this.#logger.warn('the stats store does not answer; reading from PostgreSQL', { error: String(error) })
      return noCopies
    }
  }

  /**
   * The copies that hold at this moment. Of a window that has just begun, a copy may still lack what the record has, and
   * what another reader has seen there: whoever reads it must not go back. A tombstone is no answer: the post may be there again.
   */
  #lasting({ states, watermark, source }: StatsRead) {
    const deployment = this.#deployment.last()
    if (deployment === null) return noCopies.states
    const { settings } = deployment
    const foreign = source !== null && source !== deployment.source
    if (foreign && !this.#foreign)
      this.#logger.warn('the stats store holds the copies of another deployment; reading from PostgreSQL')
    this.#foreign = foreign
    // Copies whose deployment is unknown may be those of another one.
    if (source !== deployment.source) return noCopies.states
    const now = this.#clock.now()
    const holds = (stats: PostStats) => {
      const inForce = settingsAt(settings, stats.postId, now)
      const until = nextUpdate(stats, inForce, { now, watermark })
      return !stats.deleted && (inForce.display === 'live' || (until !== null && until > now))
    }
    return new Map([...states].filter(([, stats]) => holds(stats)))
  }

  /** What readers miss, the store gets at once; nobody waits for it, and the gate keeps newer states. */
  #writeThrough(states: PostStats[]): void {
    const rated = states.filter((stats) => stats.version > 0 && !stats.deleted)
    if (!this.#store.keeps || rated.length === 0 || performance.now() < this.#storeAwayUntil) return
    this.#hold
      .hold()
      .then(() => this.#deployment.get())
      .then((row) => this.#store.apply(rated, { trusted: true, ceiling: corruptionCeiling(row) }))
      .catch((error: unknown) => {
        this.#logger.debug('could not write states through to the stats store', { error: String(error) })
      })
  }
}

/** Pages in flight share a round trip. */
async function readCopies(store: StatsStore, wanted: (readonly number[])[]): Promise<StatsRead[]> {
  const [only] = wanted
  if (only !== undefined && wanted.length === 1) return [await store.read(only)]
  const read = await store.read([...new Set(wanted.flat())])
  return wanted.map((ids) => {
    const states = new Map<number, PostStats>()
    for (const id of ids) {
      const stats = read.states.get(id)
      if (stats !== undefined) states.set(id, stats)
    }
    return { ...read, states }
  })
}

async function readTogether(record: RecordReader, deployment: Deployment, wanted: Wanted[]): Promise<Found[]> {
  const asking = wanted.filter((one) => one.own !== null)
  const missing = [...new Set(wanted.flatMap((one) => one.missing))]
  const read = await record.read(
    asking.map((one) => one.own as OwnScoresWanted),
    missing,
    deployment.fresh() === null,
  )
  if (read.deployment !== null) deployment.remember(read.deployment)
  const byId = new Map(read.states.map((stats) => [stats.postId, stats]))
  return wanted.map((one) => ({
    scores: read.scores[asking.indexOf(one)] ?? new Map<number, number>(),
    states: one.missing.flatMap((id) => byId.get(id) ?? []),
    watermark: read.watermark,
  }))
}
