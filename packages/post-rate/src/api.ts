import type { PostRateContainer } from './container.ts'
import type { PostSort } from './domain/page-cursor.ts'
import type { Post, PostDraft } from './domain/post.ts'
import type { DatedRating, RatingReceipt } from './domain/rating.ts'
import type { DisplaySettings, Settings } from './domain/settings.ts'
import type { Figures, ShownStats } from './domain/shown-stats.ts'
import type { PartitionLag } from './ports/event-bus.ts'
import type { Lease } from './ports/lease-store.ts'
import type { MigrateOptions, MigrationStatus } from './ports/schema.ts'

export interface ListQuery {
  /** 1-100, default 20. */
  limit?: number
  /** `next` of the page before. */
  after?: string | null
  /** Default `newest`. */
  sort?: PostSort
  /** Whose own scores to add. */
  userId?: string | null
}

export interface PostPage {
  items: Post[]
  /** Cursor of the next page; null at the end. */
  next: string | null
}

/** A post's figures as administrators see them. */
export interface PostInspection {
  postId: number
  version: number
  live: Figures
  displayed: ShownStats & { sum: number }
  /** Where they were read from. */
  source: 'redis' | 'postgres'
}

/** Progress of long work over posts. `total` is an estimate. */
export interface PostsProgress {
  done: number
  total: number
  /** Of rebuild: repaired so far. Of verify: drift found so far. */
  found: number
}

export interface RebuildOptions {
  /** Only these posts; all of them when left out. */
  ids?: readonly number[]
  /** Finds what differs and changes nothing. */
  dryRun?: boolean
  onProgress?: (progress: PostsProgress) => void
  /** Stops between two posts; the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

export interface RebuildReport {
  posts: number
  /** Posts repaired, or with `dryRun` to be repaired. */
  repaired: number
  seconds: number
}

export interface VerifyOptions {
  ids?: readonly number[]
  /** Seconds that differences get to go away by themselves before they count. Default 10. */
  wait?: number
  onProgress?: (progress: PostsProgress) => void
  signal?: AbortSignal
}

export type DriftKind =
  /** `post_stats` is not what the ratings add up to. */
  | 'counts'
  /** What is displayed of a settled post is not what its policy shows. */
  | 'displayed'
  /** The stats store has nothing of the post. */
  | 'missing'
  /** The stats store has an older version. */
  | 'behind'
  /** The stats store has a newer version than the record. */
  | 'ahead'
  /** The stats store has other figures at the same version. */
  | 'differs'
  /** The stats store has a post that the record does not know. */
  | 'unknown'

export interface Drift {
  postId: number
  kind: DriftKind
  expected: unknown
  found: unknown
}

export interface VerifyReport {
  posts: number
  checked: number
  drift: Drift[]
  /** Outbox rows not yet acknowledged by the bus. */
  pending: number
}

/** A rating to import, with the place it came from. */
export interface ImportLine {
  /** 1-based line number of the source, for the report. */
  line: number
  post: unknown
  user: unknown
  score: unknown
  /** ISO 8601 text, or Unix seconds as number or digits. */
  ratedAt: unknown
}

export interface RejectedLine {
  line: number
  message: string
}

export interface ImportOptions {
  /** Makes missing posts under the ids of the lines. */
  createPosts?: boolean
  onProgress?: (report: ImportReport) => void
  /** Called once per bad line; the rest goes on. */
  onRejected?: (rejected: RejectedLine) => void
  signal?: AbortSignal
}

export interface ImportReport {
  lines: number
  /** Ratings that were new or newer than what was stored. */
  changed: number
  unchanged: number
  rejected: number
  /** Posts made with `createPosts`. */
  postsCreated: number
}

export interface Roles {
  relay?: boolean
  consumer?: boolean
}

export interface RoleStatus {
  /** False: stopped, or making no progress. Readiness depends on it. */
  healthy: boolean
  /** What is wrong, in one sentence; empty when nothing is. */
  detail: string
}

export interface DependencyStatus {
  configured: boolean
  reachable: boolean
  /** Version of the server, when it is known. */
  version: string | null
  /** What is wrong and what to do; empty when nothing is. */
  detail: string
}

/** What this process and its dependencies are doing. Nothing in it is secret. */
export interface Status {
  dependencies: { postgres: DependencyStatus; redis: DependencyStatus; kafka: DependencyStatus }
  /** Null where PostgreSQL cannot be reached. */
  outbox: { rows: number; oldestSeconds: number } | null
  leases: Lease[]
  lag: PartitionLag[]
  /** Age of the record's watermark in seconds: how long ago everything was folded. Null where it is unknown. */
  freshnessSeconds: number | null
  /** Database clock minus this process's clock, milliseconds. */
  clockOffsetMs: number | null
  /** Changes of ratings folded per second, all relays together, since the status before this one; null at the first. */
  ratingsPerSecond: number | null
  roles: { relay: RoleStatus | null; consumer: RoleStatus | null }
  counters: Counters
}

/** What this process has done since it was made; each only rises. */
export interface Counters {
  rated: number
  withdrawn: number
  folded: number
  stepped: number
  published: number
  applied: number
  stale: number
  conflicts: number
  reconciled: number
  unreadable: number
  foreign: number
}

/** The library's API. Made by `createPostRate`; does no I/O before its first method is called. */
export interface PostRate {
  readonly posts: {
    create(draft: PostDraft): Promise<Post>
    /** @throws PostRateError POST_NOT_FOUND */
    get(id: number, options?: { userId?: string | null }): Promise<Post>
    list(query?: ListQuery): Promise<PostPage>
    /** Resolves to false where there was none. */
    delete(id: number): Promise<boolean>
    /** To be called by a host with a post store of its own after it removed a post. Idempotent. */
    removed(id: number): Promise<void>
  }
  readonly ratings: {
    /** @throws PostRateError INVALID_INPUT, POST_NOT_FOUND, OVERLOADED, UNAVAILABLE */
    rate(rating: { postId: number; userId: string; score: number }): Promise<RatingReceipt>
    /** Idempotent. @throws PostRateError POST_NOT_FOUND */
    withdraw(rating: { postId: number; userId: string }): Promise<void>
    import(lines: AsyncIterable<ImportLine> | Iterable<ImportLine>, options?: ImportOptions): Promise<ImportReport>
    export(): AsyncIterable<DatedRating>
  }
  readonly stats: {
    /** Posts that nobody rated yet are included, unknown and deleted ones left out; in the order of `ids`. */
    get(ids: readonly number[]): Promise<PostInspection[]>
    rebuild(options?: RebuildOptions): Promise<RebuildReport>
    verify(options?: VerifyOptions): Promise<VerifyReport>
  }
  readonly users: {
    /** Withdraws everything a user rated; resolves to how many ratings that were. */
    erase(userId: string): Promise<number>
  }
  readonly settings: {
    get(): Promise<Settings>
    /** Shows after what readers were promised by `nextUpdateAt`. */
    set(changes: Partial<DisplaySettings & { relayShards: number }>): Promise<Settings>
  }
  readonly schema: {
    status(): Promise<MigrationStatus[]>
    /** @throws PostRateError SCHEMA_TOO_OLD, SCHEMA_TOO_NEW */
    check(): Promise<void>
  }
  migrate(options?: MigrateOptions): Promise<MigrationStatus[]>
  /** Starts the roles of this process; none is needed to read and to rate. Checks schema and settings first. */
  start(roles?: Roles): Promise<void>
  /** Applies what is on the bus now, then resolves. @throws PostRateError INVALID_INPUT without Kafka and Redis */
  drain(): Promise<void>
  status(): Promise<Status>
  /** The database's time as this process knows it, milliseconds since the epoch. */
  now(): number
  /** What this process has done so far. */
  readonly counters: Readonly<Counters>
  /** Finishes what is in hand and closes what this library opened. Idempotent. */
  close(): Promise<void>
  readonly container: PostRateContainer
}
