import { isLetGo, normalPerHour } from '../domain/guard.ts'
import { averageOf, countOf, roundAverage } from '../domain/histogram.ts'
import { checkPostId } from '../domain/ids.ts'
import type { PostStats } from '../domain/post-stats.ts'
import { invalidInput } from '../errors.ts'
import type { GuardStore } from '../ports/guard-store.ts'
import { type AuditDecisions, type DecisionNote, deciderOf } from './audit-decisions.ts'

const mostPosts = 1_000

/** A post to which unusually many ratings came, as administrators see it. Averages are of the moment that is displayed. */
export interface GuardedPost {
  postId: number
  count: number
  shownAverage: number | null
  trueAverage: number | null
  /** Shown minus true, at most 4 decimals. */
  gap: number
  /** ISO 8601, as `nextUpdateAt`. */
  since: string
  nextUpdateAt: string | null
  /** How many ratings an hour the guard has learned to take for normal. */
  normalPerHour: number
  /** It was let go: the next update shows the true average. */
  released: boolean
}

/** What the spike guard holds back, and letting it go. */
export class GuardPosts {
  readonly #store: GuardStore
  readonly #audit: AuditDecisions
  readonly #changed: () => void

  constructor(store: GuardStore, audit: AuditDecisions, changed: () => void) {
    this.#store = store
    this.#audit = audit
    this.#changed = changed
  }

  /** The widest gap first. */
  async armed(limit = 100): Promise<GuardedPost[]> {
    if (!Number.isInteger(limit) || limit < 1 || limit > mostPosts)
      throw invalidInput('limit', `must be an integer from 1 to ${mostPosts}`)
    return (await this.#store.armed(limit)).map(describe)
  }

  async release(id: unknown, note: DecisionNote = {}): Promise<boolean> {
    const postId = checkPostId(id)
    const released = await this.#audit.during(
      { action: 'guard release', subject: `post ${postId}`, ...deciderOf(note) },
      () => this.#store.release(postId),
      (done) => ({ released: done }),
    )
    if (released) this.#changed()
    return released
  }
}

function describe({ postId, displayed: { counts, average, guard }, windowEnd }: PostStats): GuardedPost {
  const { gap = 0, since = 0 } = guard ?? {}
  return {
    postId,
    count: countOf(counts),
    shownAverage: average,
    trueAverage: averageOf(counts),
    gap: roundAverage(gap),
    since: new Date(since).toISOString(),
    nextUpdateAt: windowEnd === null ? null : new Date(windowEnd).toISOString(),
    normalPerHour: Math.round(normalPerHour(guard) * 100) / 100,
    released: guard !== null && isLetGo(guard),
  }
}
