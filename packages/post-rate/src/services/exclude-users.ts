import { checkUserId } from '../domain/ids.ts'
import { invalidInput } from '../errors.ts'
import type { ExcludedUser, UserExclusionStore } from '../ports/user-exclusion-store.ts'
import { type AuditDecisions, checkReason } from './audit-decisions.ts'
import { untilFree } from './until-free.ts'

const mostUsers = 10_000
const mostListed = 1_000

export interface UserExclusionRequest {
  /** 1-10,000 of the host's user ids; one that is given twice counts once. */
  userIds: readonly string[]
  reason: string
  /** Who decides, for the log. */
  by: string
  /** Says what would change, and changes nothing. */
  dryRun?: boolean | undefined
  /** Called after each step with the ratings moved so far. */
  onProgress?: ((moved: number) => void) | undefined
  /** Stops between two steps; the promise rejects with the signal's reason, and repeating the call does the rest. */
  signal?: AbortSignal | undefined
}

export interface UserExclusionReport {
  /** Users whom it is about: excluded ones, or those of the given users who were excluded. */
  users: number
  /** Ratings that stopped counting, or count again; with `dryRun`: that would. */
  ratings: number
  /** Posts whose figures that changes. */
  posts: number
}

export interface ExcludedUsersQuery {
  /** 1-1000, default 100. */
  limit?: number | undefined
  /** The `next` of the page before. */
  after?: number | undefined
}

export interface ExcludedUsersPage {
  items: ExcludedUser[]
  /** Null on the last page. */
  next: number | null
}

/** Takes all ratings of users out of the statistics, now and later, and brings them back. They stay what their users gave. */
export class ExcludeUsers {
  readonly #store: UserExclusionStore
  readonly #audit: AuditDecisions
  readonly #changed: () => void

  constructor(store: UserExclusionStore, audit: AuditDecisions, changed: () => void) {
    this.#store = store
    this.#audit = audit
    this.#changed = changed
  }

  exclude(request: UserExclusionRequest): Promise<UserExclusionReport> {
    return this.#decide('exclude', request)
  }

  restore(request: UserExclusionRequest): Promise<UserExclusionReport> {
    return this.#decide('restore', request)
  }

  async list({ limit = 100, after }: ExcludedUsersQuery = {}): Promise<ExcludedUsersPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > mostListed)
      throw invalidInput('limit', `must be an integer from 1 to ${mostListed}`)
    const before = after ?? Number.MAX_SAFE_INTEGER
    if (!Number.isSafeInteger(before) || before < 1) throw invalidInput('after', 'must be the `next` of a page')
    const items = await this.#store.list({ limit: limit + 1, before })
    const page = items.slice(0, limit)
    return { items: page, next: items.length > limit ? (page.at(-1)?.id ?? null) : null }
  }

  async #decide(action: 'exclude' | 'restore', request: UserExclusionRequest): Promise<UserExclusionReport> {
    const userIds = readUsers(request?.userIds)
    const note = { by: checkUserId(request.by, 'by'), reason: checkReason(request.reason) }
    const { onProgress, signal, dryRun = false } = request
    if (dryRun) return this.#store.plan(userIds, action, signal ? { signal } : {})
    const [only] = userIds
    const subject = userIds.length === 1 ? `user ${only}` : `${userIds.length} users`
    let ratings = 0
    const posts = new Set<number>()
    const steps = {
      onMoved: (moved: readonly number[]) => {
        ratings += moved.length
        for (const postId of moved) posts.add(postId)
        this.#changed()
        onProgress?.(ratings)
      },
      ...(signal ? { signal } : {}),
    }
    const work = async () => {
      // An attempt that met other transactions has moved what it could.
      const users = await untilFree(async () => {
        if (action === 'restore') return this.#store.restore(userIds, steps)
        await this.#store.exclude(userIds, note, steps)
        return userIds.length
      })
      return { users, ratings, posts: posts.size }
    }
    return this.#audit.during({ action: `moderate ${action}-user`, subject, ...note }, work, (report) => ({
      ...report,
    }))
  }
}

/** @throws PostRateError INVALID_INPUT */
function readUsers(userIds: unknown): string[] {
  if (!Array.isArray(userIds) || userIds.length < 1 || userIds.length > mostUsers)
    throw invalidInput('userIds', `must be a list of 1 to ${mostUsers} user ids`)
  return [...new Set(userIds.map((userId) => checkUserId(userId, 'userIds')))]
}
