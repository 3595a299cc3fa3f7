import type { Incident } from './domain/incident.ts'
import type { Post, PostDraft } from './domain/post.ts'
import type { DatedRating, RatingReceipt } from './domain/rating.ts'
import type { Settings, SettingsChanges } from './domain/settings.ts'
import type { SharedRedis } from './options.ts'
import type { AuditEntry, AuditNote, AuditQuery } from './ports/audit-log.ts'
import type { Exclusion } from './ports/moderation-store.ts'
import type { ExportOptions } from './ports/rating-store.ts'
import type { LatestRating } from './ports/record-reader.ts'
import type { Bypass, MigrateOptions, MigrationStatus } from './ports/schema.ts'
import type { DecisionNote } from './services/audit-decisions.ts'
import type { IncidentArrivals } from './services/chart-incident.ts'
import type { Counters } from './services/counters.ts'
import type {
  Decision,
  ExcludeRequest,
  IncidentList,
  IncidentQuery,
  ReleaseRequest,
} from './services/decide-incidents.ts'
import type { EraseRequest } from './services/erase-user.ts'
import type {
  ExcludedUsersPage,
  ExcludedUsersQuery,
  UserExclusionReport,
  UserExclusionRequest,
} from './services/exclude-users.ts'
import type { GuardedPost } from './services/guard-posts.ts'
import type { ImportLine, ImportOptions, ImportReport } from './services/import-ratings.ts'
import type { PostInspection } from './services/inspect-stats.ts'
import type { LatestQuery } from './services/latest-ratings.ts'
import type { ListQuery, PostPage } from './services/list-posts.ts'
import type { ModerationReport, ModerationRequest } from './services/moderate-ratings.ts'
import type { HistoryQuery, PostHistory } from './services/read-history.ts'
import type { RebuildOptions, RebuildReport } from './services/rebuild-stats.ts'
import type { Status } from './services/report-status.ts'
import type { PostPageJson } from './services/shown-page.ts'
import type { VerifyOptions, VerifyReport } from './services/verify-stats.ts'
import type { PostRateContainer } from './tokens.ts'

export interface Roles {
  /** Counts ratings: at least one process of a deployment has to. Without Kafka it also writes to Redis. */
  relay?: boolean | undefined
  /** Writes statistics from Kafka to Redis. Needs both. */
  consumer?: boolean | undefined
}

/** Who changes settings and why. */
export interface SettingsNote extends DecisionNote {
  /** What the audit entry says was changed. Default: the names of the settings. */
  subject?: string | undefined
}

/** The library's API. Made by `createPostRate`; does no I/O before its first method is called. */
export interface PostRate {
  readonly posts: {
    /**
     * Creates a post. Example: `posts.create({ title: 'Bread', content: 'Flour, water, salt.', createdBy: 'ada' })`
     * @throws PostRateError INVALID_INPUT, REJECTED, UNAVAILABLE
     */
    create(draft: PostDraft): Promise<Post>
    /**
     * Returns a post with its displayed statistics, and the score of `userId`. Example: `posts.get(1, { userId: 'ada' })`
     * @throws PostRateError POST_NOT_FOUND, INVALID_INPUT, UNAVAILABLE
     */
    get(id: number, options?: { userId?: string | null | undefined }): Promise<Post>
    /**
     * Returns a page of posts; `next` is the cursor of the page after it. Example: `posts.list({ sort: 'top', limit: 20 })`
     * @throws PostRateError INVALID_INPUT, UNAVAILABLE
     */
    list(query?: ListQuery): Promise<PostPage>
    /**
     * Returns the same page as serialized JSON. The part that all readers share is serialized once; only the own scores are
     * added per request. Without a user it returns the same object until something in it changes.
     */
    listJson(query?: ListQuery): Promise<PostPageJson>
    /**
     * Returns a post's standing ratings by day or hour (UTC), counted and excluded ones apart, as of what readers are shown. Of more
     * than 400 buckets it returns the newest; `to: buckets[0].start` continues with older ones. Example:
     * `posts.history(1, { unit: 'hour', from: '2026-05-04' })`
     * @throws PostRateError POST_NOT_FOUND, INVALID_INPUT, OVERLOADED, UNAVAILABLE
     */
    history(id: number, query?: HistoryQuery): Promise<PostHistory>
    /** Deletes a post with its ratings. Resolves to false where there was none. Example: `posts.delete(1)` */
    delete(id: number): Promise<boolean>
    /** To be called by a host with a post store of its own after it removed a post. Idempotent. */
    removed(id: number): Promise<void>
  }
  readonly ratings: {
    /**
     * Stores a rating; the user's earlier one of the post is replaced. `score`: a whole number from 0 to 5. `established`: whether
     * the host takes the account for established. It is stored with the rating for moderation, and changes no figure. Absent: the
     * standing of an earlier rating stays. The same score again changes nothing, also not the standing. Example:
     * `ratings.rate({ postId: 1, userId: 'ada', score: 4, established: true })`
     * @throws PostRateError INVALID_INPUT, POST_NOT_FOUND, REJECTED, OVERLOADED, UNAVAILABLE
     */
    rate(rating: {
      postId: number
      userId: string
      score: number
      established?: boolean | undefined
    }): Promise<RatingReceipt>
    /**
     * Removes a user's rating of a post. Idempotent. Example: `ratings.withdraw({ postId: 1, userId: 'ada' })`
     * @throws PostRateError INVALID_INPUT, POST_NOT_FOUND, REJECTED, OVERLOADED, UNAVAILABLE
     */
    withdraw(rating: { postId: number; userId: string }): Promise<void>
    /**
     * Stores dated ratings; one that is not newer than the stored one changes nothing. Bad lines are reported and left out.
     * Example: `ratings.import([{ line: 1, post: 1, user: 'ada', score: 4, ratedAt: '2026-01-01T00:00:00Z' }])`
     * @throws PostRateError INVALID_INPUT, UNAVAILABLE
     */
    import(lines: AsyncIterable<ImportLine> | Iterable<ImportLine>, options?: ImportOptions): Promise<ImportReport>
    /**
     * Every rating as of one moment, by post and user; `excluded` says which of them do not count, `established` the standing of
     * the rater, null where unknown. Example:
     * `for await (const rating of postRate.ratings.export({ countedOnly: true })) …`
     */
    export(options?: ExportOptions): AsyncIterable<DatedRating>
    /**
     * The newest ratings of a post as they stand, excluded ones too, newest first; empty for an unknown or deleted post.
     * `limit` 1-100, default 20. Null where the post has more than 100,000 ratings, which are too many to look through: the
     * topic has each as it comes, an export has all.
     */
    latest(postId: number, query?: LatestQuery): Promise<LatestRating[] | null>
  }
  readonly stats: {
    /**
     * In the order of `ids`; unknown and deleted posts are left out, and of a host's own posts those that nobody rated yet.
     */
    get(ids: readonly number[]): Promise<PostInspection[]>
    /** Without `ids` it goes on with one that was cut short. @throws PostRateError OVERLOADED while another is at work */
    rebuild(options?: RebuildOptions): Promise<RebuildReport>
    /** Compares ratings, statistics and Redis, and changes nothing. Example: `(await stats.verify()).drift.length === 0` */
    verify(options?: VerifyOptions): Promise<VerifyReport>
  }
  readonly users: {
    /**
     * Withdraws everything a user rated; resolves to how many ratings that were, with `dryRun` would be. Idempotent; repeat
     * what was cut short. It also removes the user from the excluded ones. The entry in the audit log does not name the user.
     * Example: `users.erase('ada', { by: 'eve', reason: 'the account was closed' })`
     */
    erase(userId: string, options?: EraseRequest): Promise<number>
  }
  readonly moderation: {
    /**
     * Takes a period of a post's ratings out of the statistics, with `standing` only those of such raters; they stay what their users
     * gave. Idempotent. Leaves an entry in the audit log. Example:
     * `moderation.exclude({ postId: 1, from: '2026-01-01', standing: 'new', by: 'ada', reason: 'a raid', dryRun: true })`
     * @throws PostRateError INVALID_INPUT, POST_NOT_FOUND
     */
    exclude(request: ModerationRequest): Promise<ModerationReport>
    /** Brings back what no other active exclusion covers. Idempotent. @throws PostRateError INVALID_INPUT, POST_NOT_FOUND */
    restore(request: ModerationRequest): Promise<ModerationReport>
    /** Active and ended ones, of one post or of all; newest first. */
    list(postId?: number): Promise<Exclusion[]>
    /**
     * Takes all ratings of users out of the statistics, now and later, until they are restored. The ratings stay what their users
     * gave. Idempotent; repeating it finishes what was cut short. Leaves an entry in the audit log. Example:
     * `moderation.excludeUsers({ userIds: ['rai'], by: 'ada', reason: 'a raid' })`
     * @throws PostRateError INVALID_INPUT; OVERLOADED while other transactions hold ratings: what could be moved is moved then
     */
    excludeUsers(request: UserExclusionRequest): Promise<UserExclusionReport>
    /** Brings them back, but for what an active exclusion of a period covers. As `excludeUsers` in all else. */
    restoreUsers(request: UserExclusionRequest): Promise<UserExclusionReport>
    /** Newest first, in pages. Example: `moderation.excludedUsers({ limit: 20, after: page.next })` */
    excludedUsers(query?: ExcludedUsersQuery): Promise<ExcludedUsersPage>
  }
  /** Posts whose shown average the spike guard holds back. */
  readonly guard: {
    /** The widest gap first. `limit` 1-1000, default 100. */
    armed(limit?: number): Promise<GuardedPost[]>
    /**
     * Shows the true average at the post's next update, and stays aside until its arrivals are normal again. Resolves to
     * false where the post is not guarded. Idempotent. Leaves an entry in the audit log. Example:
     * `guard.release(1, { by: 'ada', reason: 'the news is true' })`
     */
    release(postId: number, note?: DecisionNote): Promise<boolean>
  }
  /** Rushes of ratings that armed the spike guard, from the arming to the disarming, and what people decide about them. */
  readonly incidents: {
    /**
     * Newest first. Example: `incidents.list({ state: 'open' })`
     * @throws PostRateError INVALID_INPUT, UNAVAILABLE
     */
    list(query?: IncidentQuery): Promise<IncidentList>
    /** Null where there is none. Example: `incidents.get(3)`. @throws PostRateError INVALID_INPUT, UNAVAILABLE */
    get(id: number): Promise<Incident | null>
    /**
     * The ratings of an incident's period over time, by score; null where there is none. Example: `incidents.arrivals(3)`
     * @throws PostRateError INVALID_INPUT, UNAVAILABLE
     */
    arrivals(id: number): Promise<IncidentArrivals | null>
    /**
     * Decides that the ratings count, and releases the guard of the post. Repeating it is safe. An excluded incident is refused while
     * its exclusion is active. Ratings in quarantine come back. Example: `incidents.release(3, { by: 'ada', reason: 'a link in the news' })`
     * @throws PostRateError INVALID_INPUT (also for an unknown id), UNAVAILABLE
     */
    release(id: number, request: ReleaseRequest): Promise<Decision>
    /**
     * Excludes the ratings of the period, from the begin of the rush to its end or to now, as `moderation.exclude` does; and
     * `moderation.restore` brings them back. Possible in every state; repeated, it excludes what has come since. Example:
     * `incidents.exclude(3, { by: 'ada', reason: 'a raid', dryRun: true })`
     * @throws PostRateError INVALID_INPUT (also for an unknown id), UNAVAILABLE
     */
    exclude(id: number, request: ExcludeRequest): Promise<Decision>
  }
  /** Who decided what: moderation, releases, settings and erasures leave entries here, and a host can add its own. */
  readonly audit: {
    /**
     * Writes an entry, carries a decision out, and adds what came of it. Example:
     * `audit.during({ by: 'ada', action: 'posts delete', subject: 'post 17' }, () => postRate.posts.delete(17))`
     * @throws PostRateError INVALID_INPUT, and whatever `work` throws
     */
    during<T>(note: AuditNote, work: () => Promise<T>, outcomeOf?: (result: T) => Record<string, unknown>): Promise<T>
    /** Newest first. */
    list(query?: AuditQuery): Promise<AuditEntry[]>
  }
  readonly settings: {
    /** Returns the settings that all processes of the deployment share. */
    get(): Promise<Settings>
    /**
     * Changes some of them, with an entry in the audit log. Each post switches at its current `nextUpdateAt`. Example:
     * `settings.set({ minCount: 10 }, { by: 'ada' })`
     * @throws PostRateError INVALID_INPUT, UNAVAILABLE
     */
    set(changes: SettingsChanges, note?: SettingsNote): Promise<Settings>
  }
  readonly schema: {
    /** Lists every migration, applied or pending. */
    status(): Promise<MigrationStatus[]>
    /** Rejects where this version cannot work on the schema. @throws PostRateError SCHEMA_TOO_OLD, SCHEMA_TOO_NEW */
    check(): Promise<void>
    /** What keeps changes of ratings and posts from being counted: triggers that are disabled or missing, replica roles. */
    bypasses(): Promise<Bypass[]>
  }
  /**
   * Applies the pending migrations; safe from several processes at once. Resolves to those that it applied.
   * @throws PostRateError SCHEMA_TOO_NEW, NOT_PERMITTED, UNAVAILABLE
   */
  migrate(options?: MigrateOptions): Promise<MigrationStatus[]>
  /** Starts the roles of this process; none is needed to read and to rate. Checks schema and settings first. */
  start(roles?: Roles): Promise<void>
  /** Applies what is on the bus now, then resolves. @throws PostRateError INVALID_INPUT without Kafka and Redis */
  drain(): Promise<void>
  /** Reports on this process, its dependencies and the deployment. `patient`: waits up to 20 s for a server's reason. */
  status(options?: { patient?: boolean | undefined }): Promise<Status>
  /** The database's time as this process knows it, milliseconds since the epoch. */
  now(): number
  /** For what a host counts beside the posts, as the router does for its rate limits; null without Redis. */
  readonly redis: SharedRedis | null
  /** What this process has done so far. */
  readonly counters: Readonly<Counters>
  /** Finishes what is in hand and closes what this library opened. Idempotent. */
  close(): Promise<void>
  /** All parts, for replacing one: `container.rebind(tokens.postStore).toConstantValue(ownPosts)`. */
  readonly container: PostRateContainer
}
