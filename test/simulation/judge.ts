import { encodeHash } from '../../packages/post-rate/src/adapters/redis/stats-hash.ts'
import { emptyHistogram, sameHistogram } from '../../packages/post-rate/src/domain/histogram.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { Rating } from '../../packages/post-rate/src/domain/rating.ts'
import { readMessage } from '../../packages/post-rate/src/domain/rating-change.ts'
import { copyCeiling, corruptionCeiling } from '../../packages/post-rate/src/services/deployment.ts'
import type { KafkaWitness } from './kafka-client.ts'
import type { LogMessage } from './kafka-cluster.ts'
import { Readers } from './readers.ts'
import { keyOf, Requests } from './requests.ts'
import type { DatabaseWitness, StoreWitness } from './servers.ts'
import type { World } from './world.ts'

/** A change of a rating that the topic owes to its readers. */
interface Owed {
  postId: number
  userId: string
  score: number | null
  previousScore: number | null
  version: number
}

/** What is true of one history of the database; a restore goes back to what was true then. */
interface History {
  /** Content by `post@version`. */
  contents: Map<string, string>
  owed: Map<string, Owed>
  versions: Map<number, number>
  /** How high each post's versions were in histories that are lost. */
  lost: Map<number, number>
  highestFloor: number
  /** It began on another server, with the floor that the histories before it had: the floor can tell it from them. */
  noticeable: boolean
  /** Posts that were changed past the triggers and not rebuilt since. */
  bypassed: Set<number>
  /** (Post, user) pairs whose chain of scores has a gap that nobody could see. */
  unchained: Set<string>
}

/** Longer than a round of the reconciler takes. */
const disturbanceMs = 10_000

/** Watches every step, and says what is wrong at the first one that is. Whole, since all of it is about one history. */
export class Judge implements DatabaseWitness, StoreWitness, KafkaWitness {
  /** The first thing that was wrong. */
  violation: string | null = null
  readonly requests = new Requests()
  readonly readers: Readers
  #history: History = {
    contents: new Map(),
    owed: new Map(),
    versions: new Map(),
    lost: new Map(),
    highestFloor: 0,
    noticeable: false,
    bypassed: new Set(),
    unchained: new Set(),
  }
  /** Contents of every history. */
  readonly #known = new Set<string>()
  /** Events that the bus has had, whatever became of them. */
  readonly #published = new Set<string>()
  /** The highest version of each post that was put to the gate. */
  readonly #tried = new Map<number, number>()
  /** When each watermark came to be, and what it covers. */
  #watermarks: { watermark: number; versions: Map<number, number> }[] = []
  /** Copies that somebody else wrote: what is in the store of these posts is nobody's fault until it is healed. */
  readonly #tampered = new Set<string>()
  #floor = { before: 0, now: 0, changedAt: Number.NEGATIVE_INFINITY }
  #disturbedAt = Number.NEGATIVE_INFINITY
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    this.readers = new Readers({
      tally: world.tally,
      fail: (text) => this.fail(text),
      stored: (postId) => world.store.memory.peek(postId)?.version ?? 0,
      isTrue: (stats) => this.#history.contents.get(`${stats.postId}@${stats.version}`) === contentOf(stats),
    })
  }

  fail(text: string): void {
    this.violation ??= `${new Date(Date.now()).toISOString().slice(14, 23)} ${text}`
  }

  backup() {
    return { requests: this.requests.backup(), history: structuredClone(this.#history) }
  }

  /** The database is as it was: what came after is lost, and the readers were promised too much. */
  restored({ requests, history }: ReturnType<Judge['backup']>): void {
    const before = this.#history
    this.requests.restore(requests)
    this.#history = structuredClone(history)
    for (const [postId, version] of before.versions)
      this.#history.lost.set(postId, Math.max(version, before.lost.get(postId) ?? 0))
    const { record } = this.#world.database
    const { now, known } = record.physical
    this.#history.noticeable = now !== known && before.highestFloor === record.deployment.versionFloor
    this.#history.highestFloor = before.highestFloor
    this.#watermarks = []
    this.readers.forget()
  }

  /** Somebody changed ratings past the triggers: only a rebuild can know. */
  bypassed({ postId, userId, score }: Rating): void {
    this.requests.begin([keyOf(postId, userId)], score)('accepted')
    this.#history.bypassed.add(postId)
    this.#history.unchained.add(keyOf(postId, userId))
  }

  /** Somebody else changed the store, or it lost something. */
  disturbed(): void {
    this.#disturbedAt = Date.now()
  }

  /** Somebody else made this state up, for the topic or for the store. */
  tampered(stats: PostStats): void {
    this.#tampered.add(`${stats.postId} ${contentOf(stats)}`)
  }

  #isTampered(stats: PostStats): boolean {
    return this.#tampered.has(`${stats.postId} ${contentOf(stats)}`)
  }

  /** Not before the bus has it: what is forgotten too early is lost. */
  acknowledging(ids: readonly string[]): void {
    for (const row of this.#world.database.record.outbox)
      if (row.state !== null && ids.includes(`${row.id}/${row.eventId}`) && !this.#published.has(row.eventId))
        this.fail(`a change of post ${row.postId} was acknowledged that the bus never had`)
  }

  /** After each transaction: the states are the ratings without what waits, and no version means two things. */
  changed(): void {
    const { record } = this.#world.database
    const { versions, lost, bypassed, highestFloor, noticeable } = this.#history
    const floor = record.deployment.versionFloor
    this.#history.highestFloor = Math.max(highestFloor, floor)
    if (floor !== this.#floor.now) {
      if (floor > this.#floor.now) this.#world.tally.count('floor raised')
      const recent = Date.now() - this.#floor.changedAt < disturbanceMs
      const { before, now } = this.#floor
      this.#floor = { before: recent ? Math.min(before, now) : now, now: floor, changedAt: Date.now() }
    }
    let moved = false
    for (const { stats } of record.states.values()) {
      const { postId, version, counts } = stats
      if (!sameHistogram(counts, record.expectedCounts(postId))) {
        if (!bypassed.has(postId))
          this.fail(`post ${postId} counts ${counts}, its ratings ${record.expectedCounts(postId)}`)
      } else if (bypassed.has(postId) && record.outbox.every((row) => row.postId !== postId)) {
        bypassed.delete(postId)
      }
      const known = versions.get(postId) ?? 0
      if (version === known) continue
      moved = true
      if (version < known) this.fail(`post ${postId} went from version ${known} back to ${version}`)
      const noticed = noticeable && record.physical.known === record.physical.now
      if (noticed && version <= (lost.get(postId) ?? 0))
        this.fail(`post ${postId} got version ${version} again, which a lost history had given`)
      versions.set(postId, version)
      this.#note(stats)
    }
    for (const { state, event, eventId } of record.outbox) {
      if (state === null || this.#history.owed.has(eventId)) continue
      this.#note(state)
      if (event?.kind !== 'rating') continue
      const { postId, userId, score, previousScore } = event
      this.#history.owed.set(eventId, { postId, userId, score, previousScore, version: state.version })
    }
    const watermark = record.watermark()
    if (watermark !== null && watermark > (this.#watermarks.at(-1)?.watermark ?? 0))
      this.#watermarks.push({
        watermark,
        versions:
          moved || !this.#watermarks.length ? new Map(versions) : (this.#watermarks.at(-1)?.versions ?? new Map()),
      })
  }

  #note(stats: PostStats): void {
    if (stats.version === 0) return
    if (stats.deleted) this.readers.buried(stats.postId, stats.version)
    const key = `${stats.postId}@${stats.version}`
    const content = contentOf(stats)
    const other = this.#history.contents.get(key)
    if (other !== undefined && other !== content) this.fail(`post ${key} means two things:\n  ${other}\n  ${content}`)
    this.#history.contents.set(key, content)
    this.#known.add(`${key} ${content}`)
  }

  appended(value: string): void {
    const read = readMessage(value)
    if (read.kind !== 'state') {
      this.fail(`an unreadable message was published: ${value}`)
      return
    }
    if (!this.#known.has(`${read.stats.postId}@${read.stats.version} ${contentOf(read.stats)}`))
      this.fail(`post ${read.stats.postId} was published at version ${read.stats.version} with figures it never had`)
    const { eventId } = JSON.parse(value)
    if (this.#published.has(eventId)) this.#world.tally.count('published again')
    this.#published.add(eventId)
  }

  /** The group goes on behind these messages: each must have been put to the gate, it or a newer one. */
  committed(messages: LogMessage[]): void {
    const { deployment } = this.#world.database.record
    for (const { key, value } of messages) {
      const read = readMessage(value)
      if (read.kind !== 'state' || read.source !== deployment.source || key !== String(read.stats.postId)) continue
      if ((this.#tried.get(read.stats.postId) ?? 0) < read.stats.version)
        this.fail(`post ${key} at version ${read.stats.version} was committed before it was applied`)
    }
  }

  /** What a call brought into the store: never something older, never anything that the record did not have. */
  applied(states: readonly PostStats[], outcomes: readonly string[], before: ReadonlyMap<number, PostStats>): void {
    const { tally, database } = this.#world
    const { deployment } = database.record
    states.forEach((stats, n) => {
      const { postId, version } = stats
      tally.count(`gate: ${outcomes[n]}`)
      this.#tried.set(postId, Math.max(version, this.#tried.get(postId) ?? 0))
      if (outcomes[n] !== 'written') return
      const old = before.get(postId)
      if (old && old.version > version && old.version < this.#corruptAbove() && !this.#isTampered(old))
        this.fail(`version ${version} of post ${postId} replaced version ${old.version} in the store`)
      if (old === undefined && !database.record.states.has(postId))
        this.fail(`post ${postId} was written to the store, and there is none`)
      if (version >= copyCeiling(deployment) && this.#history.highestFloor <= deployment.versionFloor)
        this.fail(`post ${postId} was written to the store at version ${version}, which is not possible`)
      const content = `${postId}@${version} ${contentOf(stats)}`
      if (!this.#known.has(content) && !this.#isTampered(stats))
        this.fail(`post ${postId} was written to the store at version ${version} with figures it never had`)
    })
  }

  /** A process may know any floor of the last moments, the one before a rise or after a restore: far above it lies corruption. */
  #corruptAbove(): number {
    const { deployment } = this.#world.database.record
    const { before, now, changedAt } = this.#floor
    const versionFloor = Date.now() - changedAt < disturbanceMs ? Math.min(before, now) : now
    return corruptionCeiling({ ...deployment, versionFloor })
  }

  /** Who reads the mark believes that the store has everything which the watermark covers. */
  marked(watermark: number): void {
    const covered = this.#watermarks.findLast((one) => one.watermark <= watermark)?.versions
    // A store that is replaced after it was brought up to date and before it is marked is found out by the next round.
    if (!covered || Date.now() - this.#disturbedAt < disturbanceMs) return
    const { memory } = this.#world.store
    for (const [postId, version] of covered) {
      const copy = memory.peek(postId)
      // A copy read before the deletion may arrive after it, where there was none to bury; a round later it is buried.
      if (this.#world.database.record.stateOf(postId)?.deleted) continue
      if (copy && copy.version < version)
        this.fail(
          `the store was marked complete up to ${watermark} with version ${copy.version} of post ${postId}, not ${version}`,
        )
    }
  }

  needsRebuild(): boolean {
    return this.#history.bypassed.size > 0
  }

  /** What is not yet as it has to be once nothing happens any more. */
  async unrest(): Promise<string[]> {
    const { record } = this.#world.database
    const wrong = this.requests.wrong(record)
    for (const { postId, counts, displayed, stepAt } of record.allStates()) {
      if (!sameHistogram(counts, aggregate(record.ratings.values(), postId)))
        wrong.push(`post ${postId} counts ${counts}, its ratings ${aggregate(record.ratings.values(), postId)}`)
      if (stepAt === null && !sameHistogram(counts, displayed.counts))
        wrong.push(`post ${postId} shows ${displayed.counts} for good, its ratings are ${counts}`)
    }
    if (record.outbox.length > 0) wrong.push(`${record.outbox.length} rows are left in the outbox`)
    return [...wrong, ...(await this.#copies()), ...this.#debts()]
  }

  async #copies(): Promise<string[]> {
    const { record } = this.#world.database
    const wrong: string[] = []
    const held: number[] = []
    const { memory } = this.#world.store
    for await (const ids of memory.ids()) held.push(...ids)
    const { states } = await memory.read(held)
    for (const stats of record.allStates()) {
      const copy = states.get(stats.postId)
      if (copy === undefined ? stats.version > 0 && !stats.deleted : contentOf(copy) !== contentOf(stats))
        wrong.push(
          `the store has ${copy ? contentOf(copy) : 'nothing'} of post ${stats.postId}, not ${contentOf(stats)}`,
        )
    }
    for (const id of held)
      if ((record.stateOf(id)?.version ?? 0) === 0) wrong.push(`the store has a post ${id} that nobody rated`)
    return wrong
  }

  /** Every change was published, and per post and user each follows the one before it. */
  #debts(): string[] {
    const wrong: string[] = []
    const chains = new Map<string, Owed[]>()
    for (const [eventId, owed] of this.#history.owed) {
      if (!this.#published.has(eventId)) wrong.push(`a change of post ${owed.postId} was never published`)
      const key = `${owed.postId} ${owed.userId}`
      chains.set(key, [...(chains.get(key) ?? []), owed])
    }
    for (const [key, chain] of chains) {
      if (this.#history.unchained.has(key)) continue
      chain.sort((a, b) => a.version - b.version)
      chain.forEach(({ previousScore }, n) => {
        const before = n === 0 ? null : (chain[n - 1]?.score ?? null)
        if (previousScore !== before) wrong.push(`the chain of ${key} goes from ${before} on from ${previousScore}`)
      })
    }
    return wrong
  }
}

const contents = new WeakMap<PostStats, string>()

function contentOf(stats: PostStats): string {
  let content = contents.get(stats)
  if (content === undefined) {
    content = `${encodeHash(stats).join(' ')}${stats.deleted ? ' deleted' : ''}`
    contents.set(stats, content)
  }
  return content
}

function aggregate(ratings: Iterable<{ postId: number; score: number }>, postId: number) {
  const counts = [...emptyHistogram] as [number, number, number, number, number, number]
  for (const rating of ratings) if (rating.postId === postId) counts[rating.score as 0]++
  return counts
}
