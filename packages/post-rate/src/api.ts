import type { Post, PostDraft } from './domain/post.ts'
import type { DatedRating, RatingReceipt } from './domain/rating.ts'
import type { Settings, SettingsChanges } from './domain/settings.ts'
import type { SharedRedis } from './options.ts'
import type { AuditEntry, AuditNote, AuditQuery } from './ports/audit-log.ts'
import type { Exclusion } from './ports/moderation-store.ts'
import type { EraseOptions, ExportOptions } from './ports/rating-store.ts'
import type { LatestRating } from './ports/record-reader.ts'
import type { Bypass, MigrateOptions, MigrationStatus } from './ports/schema.ts'
import type { Counters } from './services/counters.ts'
import type { GuardedPost } from './services/guard-posts.ts'
import type { ImportLine, ImportOptions, ImportReport } from './services/import-ratings.ts'
import type { PostInspection } from './services/inspect-stats.ts'
import type { LatestQuery } from './services/latest-ratings.ts'
import type { ListQuery, PostPage } from './services/list-posts.ts'
import type { ModerationReport, ModerationRequest } from './services/moderate-ratings.ts'
import type { RebuildOptions, RebuildReport } from './services/rebuild-stats.ts'
import type { Status } from './services/report-status.ts'
import type { PostPageJson } from './services/shown-page.ts'
import type { VerifyOptions, VerifyReport } from './services/verify-stats.ts'
import type { PostRateContainer } from './tokens.ts'

export interface Roles {
  relay?: boolean | undefined
  consumer?: boolean | undefined
}

/** The library's API. Made by `createPostRate`; does no I/O before its first method is called. */
export interface PostRate {
  readonly posts: {
    create(draft: PostDraft): Promise<Post>
    /** @throws PostRateError POST_NOT_FOUND */
    get(id: number, options?: { userId?: string | null | undefined }): Promise<Post>
    list(query?: ListQuery): Promise<PostPage>
    /**
     * The same page for a server that sends it on: what readers have in common is made into JSON once. Without a user
     * the same object is given for as long as nothing in it changes.
     */
    listJson(query?: ListQuery): Promise<PostPageJson>
    /** Resolves to false where there was none. */
    delete(id: number): Promise<boolean>
    /** To be called by a host with a post store of its own after it removed a post. Idempotent. */
    removed(id: number): Promise<void>
  }
  readonly ratings: {
    /** @throws PostRateError INVALID_INPUT, POST_NOT_FOUND, REJECTED, OVERLOADED, UNAVAILABLE */
    rate(rating: { postId: number; userId: string; score: number }): Promise<RatingReceipt>
    /** Idempotent. @throws PostRateError POST_NOT_FOUND, REJECTED */
    withdraw(rating: { postId: number; userId: string }): Promise<void>
    import(lines: AsyncIterable<ImportLine> | Iterable<ImportLine>, options?: ImportOptions): Promise<ImportReport>
    /**
     * Every rating as of one moment, by post and user; `excluded` says which of them do not count. Example:
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
    verify(options?: VerifyOptions): Promise<VerifyReport>
  }
  readonly users: {
    /**
     * Withdraws everything a user rated; resolves to how many ratings that were, with `dryRun` would be. Idempotent; repeat
     * what was cut short.
     */
    erase(userId: string, options?: EraseOptions): Promise<number>
  }
  readonly moderation: {
    /**
     * Takes a period of a post's ratings out of the statistics; they stay what their users gave. Idempotent.
     * @throws PostRateError INVALID_INPUT, POST_NOT_FOUND
     */
    exclude(request: ModerationRequest): Promise<ModerationReport>
    /** Brings back what no other active exclusion covers. Idempotent. @throws PostRateError INVALID_INPUT, POST_NOT_FOUND */
    restore(request: ModerationRequest): Promise<ModerationReport>
    /** Active and ended ones, of one post or of all; newest first. */
    list(postId?: number): Promise<Exclusion[]>
  }
  /** Posts whose shown average the spike guard holds back. */
  readonly guard: {
    /** The widest gap first. `limit` 1-1000, default 100. */
    armed(limit?: number): Promise<GuardedPost[]>
    /**
     * Shows the true average at the post's next update, and stays aside until its arrivals are normal again. Resolves to
     * false where the post is not guarded. Idempotent.
     */
    release(postId: number): Promise<boolean>
  }
  /** Who decided what: the entries of the command line and the dashboard, and of a host that adds its own. */
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
    get(): Promise<Settings>
    /** Shows after what readers were promised by `nextUpdateAt`. */
    set(changes: SettingsChanges): Promise<Settings>
  }
  readonly schema: {
    status(): Promise<MigrationStatus[]>
    /** @throws PostRateError SCHEMA_TOO_OLD, SCHEMA_TOO_NEW */
    check(): Promise<void>
    /** What keeps changes of ratings and posts from being counted: triggers that are disabled or missing, replica roles. */
    bypasses(): Promise<Bypass[]>
  }
  migrate(options?: MigrateOptions): Promise<MigrationStatus[]>
  /** Starts the roles of this process; none is needed to read and to rate. Checks schema and settings first. */
  start(roles?: Roles): Promise<void>
  /** Applies what is on the bus now, then resolves. @throws PostRateError INVALID_INPUT without Kafka and Redis */
  drain(): Promise<void>
  /** `patient`: whoever asks waits up to 20 s to hear why a server cannot be reached. */
  status(options?: { patient?: boolean | undefined }): Promise<Status>
  /** The database's time as this process knows it, milliseconds since the epoch. */
  now(): number
  /** For what a host counts beside the posts, as the router does for its rate limits; null without Redis. */
  readonly redis: SharedRedis | null
  /** What this process has done so far. */
  readonly counters: Readonly<Counters>
  /** Finishes what is in hand and closes what this library opened. Idempotent. */
  close(): Promise<void>
  readonly container: PostRateContainer
}
