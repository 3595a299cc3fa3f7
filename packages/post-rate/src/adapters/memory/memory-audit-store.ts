import { type Histogram, sameHistogram } from '../../domain/histogram.ts'
import {
  displayIsStale,
  type FoldContext,
  newPostStats,
  type PostStats,
  type StatsChange,
} from '../../domain/post-stats.ts'
import type {
  AuditedRange,
  AuditProgress,
  AuditStore,
  CountsDrift,
  PostRange,
  Suspect,
} from '../../ports/audit-store.ts'
import { followQuarantines } from './memory-quarantines.ts'
import type { MemoryRecord } from './memory-record.ts'

const postsAtOnce = 2_000

/** Compares and repairs the states of a {@link MemoryRecord}. */
export class MemoryAuditStore implements AuditStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async next(after: number, posts = postsAtOnce): Promise<PostRange> {
    const part = this.#record.allStates().filter(({ postId }) => postId > after)
    const last = part.length < posts ? null : (part[posts - 1] as PostStats).postId
    return { after, last, posts: part.slice(0, posts).filter(({ deleted }) => !deleted).length }
  }

  async compare({ after, last }: PostRange): Promise<Suspect[]> {
    const states = this.#record.allStates()
    const known = [...states, ...this.#record.ratings.values(), ...this.#record.outbox]
    const ids = [...new Set(known.map(({ postId }) => postId))]
    return this.#drift(ids.filter((id) => id > after && (last === null || id <= last)).sort((a, b) => a - b))
  }

  async compareOnly(ids: readonly number[]): Promise<CountsDrift[]> {
    return this.#drift(ids)
  }

  async repair(
    suspects: readonly Suspect[],
    repair: (stats: PostStats, counts: Histogram, now: number, context: FoldContext) => StatsChange[],
  ): Promise<PostStats[]> {
    const { settings, versionFloor } = this.#record.deployment
    const now = this.#record.clock.now()
    const watermark = this.#record.watermark() ?? Number.NEGATIVE_INFINITY
    return suspects.flatMap(({ postId }) => {
      const stats = this.#record.stateOf(postId) ?? newPostStats(postId, now)
      this.#record.writeState(stats)
      const expected = this.#record.expectedCounts(postId)
      if (sameHistogram(stats.counts, expected) && !displayIsStale(stats)) return []
      const changes = repair(stats, expected, now, { settings, versionFloor, watermark })
      const repaired = changes.at(-1)?.stats ?? stats
      this.#record.writeState(repaired)
      followQuarantines(this.#record, this.#record.incidents.follow([stats], changes, settings))
      return [repaired]
    })
  }

  async estimate(): Promise<number> {
    return this.#record.states.size
  }

  async progress(): Promise<AuditProgress> {
    const { audit, history, clock } = this.#record
    return { ...audit, restored: audit.tables !== history, tables: history, now: clock.now() }
  }

  async noteProgress({ last, posts, repaired, tables }: AuditedRange): Promise<void> {
    const { audit, clock } = this.#record
    const now = clock.now()
    this.#record.audit = {
      tables: tables ?? audit.tables,
      bypassed: audit.bypassed && tables === undefined,
      last: last ?? 0,
      posts: last === null ? 0 : audit.posts + posts,
      repaired: audit.repaired + repaired,
      rangeAt: now,
      passedAt: last === null ? now : audit.passedAt,
      repairedAt: repaired > 0 ? now : audit.repairedAt,
    }
  }

  async noteBypass(): Promise<void> {
    this.#record.audit.bypassed = true
  }

  #drift(ids: readonly number[]): CountsDrift[] {
    return ids.flatMap((postId) => {
      const expected = this.#record.expectedCounts(postId)
      const found = this.#record.stateOf(postId) ?? null
      const same =
        found === null
          ? expected.every((n) => n === 0)
          : sameHistogram(found.counts, expected) && !displayIsStale(found)
      return same ? [] : [{ postId, version: found?.version ?? null, expected, found }]
    })
  }
}
