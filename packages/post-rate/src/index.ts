export type {
  Counters,
  DependencyStatus,
  Drift,
  DriftKind,
  ImportLine,
  ImportOptions,
  ImportReport,
  ListQuery,
  PostInspection,
  PostPage,
  PostRate,
  PostsProgress,
  RebuildOptions,
  RebuildReport,
  RejectedLine,
  RoleStatus,
  Roles,
  Status,
  VerifyOptions,
  VerifyReport,
} from './api.ts'
export { type Ports, type PostRateContainer, tokens } from './container.ts'
export { parsePostId } from './domain/ids.ts'
export type { PageKey, PostSort } from './domain/page-cursor.ts'
export type { Post, PostDraft, PostText } from './domain/post.ts'
export { longestContent, longestTitle } from './domain/post.ts'
export type { PostStats } from './domain/post-stats.ts'
export type { DatedRating, Rating, RatingReceipt, Score } from './domain/rating.ts'
export type { RatingChange } from './domain/rating-change.ts'
export { type DisplaySettings, parsePrior, type Settings } from './domain/settings.ts'
export type { Figures, ShownGuard, ShownStats } from './domain/shown-stats.ts'
export { type InputProblem, isPostRateError, PostRateError, type PostRateErrorCode } from './errors.ts'
export type { PostRateOptions } from './options.ts'
export type { PartitionLag } from './ports/event-bus.ts'
export type { Lease } from './ports/lease-store.ts'
export type { Logger } from './ports/logger.ts'
export type { PagedPost, PageQuery, PostStore } from './ports/post-store.ts'
export type { MigrateOptions, MigrationStatus } from './ports/schema.ts'
export { createPostRate } from './post-rate.ts'
