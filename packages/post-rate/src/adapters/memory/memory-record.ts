import { randomUUID } from 'node:crypto'
import { emptyHistogram, type Histogram, moveRating } from '../../domain/histogram.ts'
import type { PostText } from '../../domain/post.ts'
import { arrivesAgainMs, newPostStats, type PostStats, type StatsEvent } from '../../domain/post-stats.ts'
import type { DatedRating, Score } from '../../domain/rating.ts'
import { type DisplaySettings, defaultDisplaySettings, defaultRoleSettings } from '../../domain/settings.ts'
import type { AuditEntry } from '../../ports/audit-log.ts'
import type { AuditProgress } from '../../ports/audit-store.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Exclusion } from '../../ports/moderation-store.ts'
import type { RebuildRun } from '../../ports/rebuild-store.ts'
import type { DeploymentRow } from '../../ports/settings-store.ts'
import type { ExcludedUser } from '../../ports/user-exclusion-store.ts'
import { MemoryIncidents } from './memory-incidents.ts'
import { isQuarantined } from './memory-quarantines.ts'

/** A line of the outbox. `event` is null where a window's end alone made the state; `state` is null until it is folded. */
export interface MemoryOutboxRow {
  id: number
  eventId: string
  postId: number
  at: number
  event: StatsEvent | null
  state: PostStats | null
}

/** The run of a rebuild, and when it was last heard of. */
export interface MemoryRebuild extends Omit<RebuildRun, 'silentSeconds'> {
  seenAt: number
}

/** A rating as it is stored: excluded while `excludedRatedAt` equals `ratedAt`. */
export interface MemoryRating extends Omit<DatedRating, 'excluded'> {
  excludedRatedAt: number | null
}

export interface MemoryRecordOptions {
  posts?: 'own' | 'external'
  settings?: DisplaySettings
  /** The "database's" clock; the process's own when left out. */
  clock?: Clock
}

/**
 * The whole record in memory, for tests: what PostgreSQL's tables hold, and what its triggers do. The ports of
 * `memory-*-store` work on one of these. A method runs without a pause, so each is a transaction by itself.
 */
export class MemoryRecord {
  readonly posts = new Map<number, PostText>()
  readonly ratings = new Map<string, MemoryRating>()
  /** When a rating was withdrawn, by post and user. */
  readonly #withdrawals = new Map<string, number>()
  readonly states = new Map<number, { stats: PostStats; changedAt: number; change: number }>()
  /** Another one after a restore. */
  readonly history = randomUUID()
  /** Changes of states so far. */
  changes = 0
  outbox: MemoryOutboxRow[] = []
  /** By `index/count` of the shard. */
  readonly progress = new Map<string, { watermark: number; events: number }>()
  readonly exclusions: Exclusion[] = []
  /** By their id. */
  readonly excludedUsers = new Map<string, ExcludedUser>()
  readonly auditLog: AuditEntry[] = []
  incidents: MemoryIncidents
  rebuild: MemoryRebuild | null = null
  audit: Omit<AuditProgress, 'restored' | 'now'>
  readonly leases = new Map<string, { holder: string; term: number; expiresAt: number }>()
  readonly clock: Clock
  deployment: DeploymentRow
  /** Which physical database this pretends to be, and the one that the version floor was set for. */
  physical = { now: 'a', known: 'a' }
  #lastPostId = 0
  #lastOutboxId = 0
  #lastExcludedUser = 0

  constructor({
    posts = 'own',
    settings = defaultDisplaySettings,
    clock = { now: () => Date.now() },
  }: MemoryRecordOptions = {}) {
    this.clock = clock
    this.incidents = new MemoryIncidents(clock)
    const figures = { last: 0, posts: 0, repaired: 0, rangeAt: clock.now(), passedAt: null, repairedAt: null }
    this.audit = { ...figures, tables: this.history, bypassed: false }
    this.deployment = {
      settings: { ...settings, ...defaultRoleSettings, effectiveAt: clock.now(), previous: null },
      posts,
      source: randomUUID(),
      versionFloor: 0,
    }
  }

  addPost(post: Omit<PostText, 'id' | 'createdAt'>, id = this.#lastPostId + 1): PostText {
    this.#lastPostId = Math.max(this.#lastPostId, id)
    const text = { id, ...post, createdAt: this.clock.now() }
    this.posts.set(id, text)
    if (this.states.has(id)) this.addEvent({ kind: 'created', postId: id, at: text.createdAt })
    else this.writeState(newPostStats(id, text.createdAt))
    return text
  }

  /** With its ratings, as the foreign key's cascade does. */
  removePost(id: number): boolean {
    if (!this.posts.delete(id)) return false
    this.removeRatings((rating) => rating.postId === id)
    this.addEvent({ kind: 'deleted', postId: id, at: this.clock.now() })
    return true
  }

  /** Whether a rating may refer to it; the host answers for posts of its own. */
  knows(postId: number): boolean {
    return this.deployment.posts === 'external' || this.posts.has(postId)
  }

  ratingOf(postId: number, userId: string): MemoryRating | undefined {
    return this.ratings.get(keyOf(postId, userId))
  }

  /**
   * Stores a rating; where what counts stays equal there is no event. A mark that is not given stays as it was; the rating of an
   * excluded user is marked, and one that a quarantine covers.
   */
  writeRating(rating: DatedRating & Partial<MemoryRating>): void {
    const { postId, userId, score, ratedAt } = rating
    const old = this.ratingOf(postId, userId)
    const { excludedRatedAt: mark = old?.excludedRatedAt ?? null } = rating
    const established = rating.established ?? old?.established ?? null
    const held = this.excludedUsers.has(userId) || isQuarantined(this.exclusions, { ...rating, established })
    const excludedRatedAt = held ? ratedAt : mark
    const stored = { postId, userId, score, ratedAt, excludedRatedAt, established }
    this.ratings.set(keyOf(postId, userId), stored)
    const [previousScore, counted] = [old === undefined ? null : countedScore(old), countedScore(stored)]
    if (previousScore === counted) return
    const at = this.clock.now()
    const previousRatedAt = old?.ratedAt ?? this.#withdrawals.get(keyOf(postId, userId)) ?? null
    const what = { postId, userId, score: counted, previousScore, previousRatedAt, at }
    this.addEvent({ kind: 'rating', ...what, ratedAt: counted === null ? at : ratedAt })
  }

  /** Resolves to how many there were. */
  removeRatings(gone: (rating: DatedRating) => boolean): number {
    const at = this.clock.now()
    const removed = [...this.ratings.values()].filter(gone)
    for (const rating of removed) {
      const { postId, userId, ratedAt: previousRatedAt } = rating
      const previousScore = countedScore(rating)
      this.ratings.delete(keyOf(postId, userId))
      if (previousScore === null) continue
      const change = { postId, userId, score: null, previousScore, ratedAt: at, previousRatedAt, at }
      this.addEvent({ kind: 'rating', ...change })
    }
    return removed.length
  }

  /** Removes one rating, and notes it for as long as its account does not arrive again. */
  withdraw(postId: number, userId: string): void {
    const key = keyOf(postId, userId)
    if (!this.ratings.has(key)) return
    this.removeRatings((rating) => rating.postId === postId && rating.userId === userId)
    const now = this.clock.now()
    for (const [other, at] of this.#withdrawals) if (at <= now - arrivesAgainMs) this.#withdrawals.delete(other)
    if (!this.#withdrawals.has(key)) this.#withdrawals.set(key, now)
  }

  get nextExcludedUser(): number {
    return ++this.#lastExcludedUser
  }

  addEvent(event: StatsEvent): void {
    this.addToOutbox({ postId: event.postId, at: event.at, event, state: null })
  }

  addToOutbox(row: Omit<MemoryOutboxRow, 'id' | 'eventId'>): MemoryOutboxRow {
    const added = { id: ++this.#lastOutboxId, eventId: randomUUID(), ...row }
    this.outbox.push(added)
    return added
  }

  stateOf(postId: number): PostStats | undefined {
    return this.states.get(postId)?.stats
  }

  writeState(stats: PostStats): void {
    this.states.set(stats.postId, { stats, changedAt: this.clock.now(), change: ++this.changes })
  }

  /** Ordered by post id. */
  allStates(): PostStats[] {
    return [...this.states.values()].map(({ stats }) => stats).sort((a, b) => a.postId - b.postId)
  }

  /** The same record again, for a restore: a backup that goes on from here. */
  copy(): MemoryRecord {
    const copy = new MemoryRecord({ clock: this.clock })
    for (const [id, post] of this.posts) copy.posts.set(id, post)
    for (const [key, rating] of this.ratings) copy.ratings.set(key, rating)
    for (const [id, state] of this.states) copy.states.set(id, state)
    for (const [shard, progress] of this.progress) copy.progress.set(shard, progress)
    for (const [name, lease] of this.leases) copy.leases.set(name, { ...lease })
    copy.outbox = this.outbox.map((row) => ({ ...row }))
    for (const exclusion of this.exclusions) copy.exclusions.push({ ...exclusion })
    for (const [id, user] of this.excludedUsers) copy.excludedUsers.set(id, { ...user })
    for (const entry of this.auditLog) copy.auditLog.push({ ...entry })
    copy.incidents = this.incidents.copy()
    copy.rebuild = this.rebuild && { ...this.rebuild }
    copy.deployment = this.deployment
    copy.physical = { ...this.physical }
    copy.#lastPostId = this.#lastPostId
    copy.#lastOutboxId = this.#lastOutboxId
    copy.#lastExcludedUser = this.#lastExcludedUser
    return copy
  }

  /** What a post's state has to be: its ratings without the changes that are not folded yet. */
  expectedCounts(postId: number): Histogram {
    let counts = emptyHistogram
    for (const rating of this.ratings.values())
      if (rating.postId === postId) counts = moveRating(counts, null, countedScore(rating))
    // The newest first: what a later change took away is not there to be taken back by an earlier one.
    for (const { event, state } of this.outbox.toReversed())
      if (event?.kind === 'rating' && event.postId === postId && state === null)
        counts = moveRating(counts, event.score, event.previousScore)
    return counts
  }

  /** How far every shard is folded; null while one of them has not begun. */
  watermark(): number | null {
    const count = this.deployment.settings.relayShards
    const marks = Array.from({ length: count }, (_, index) => this.progress.get(`${index}/${count}`)?.watermark)
    const least = Math.min(...marks.map((mark) => mark ?? Number.NEGATIVE_INFINITY))
    return Number.isFinite(least) ? least : null
  }
}

/** The score that counts: null while the rating is excluded. */
export function countedScore({ score, ratedAt, excludedRatedAt }: MemoryRating): Score | null {
  return excludedRatedAt === ratedAt ? null : score
}

function keyOf(postId: number, userId: string): string {
  return `${postId} ${userId}`
}
