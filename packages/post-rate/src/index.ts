export type { PostRate, Roles, SettingsNote } from './api.ts'
export { createPostRate } from './create-post-rate.ts'
export { type AggregateRating, toAggregateRating } from './domain/aggregate-rating.ts'
export {
  type Displayed,
  displayPolicies,
  type GuardState,
  type Live,
  type UnusualActivity,
} from './domain/display-policy.ts'
export { type GuardConstants, type GuardSettings, guardConstants, stepGuard } from './domain/guard.ts'
export type { Histogram } from './domain/histogram.ts'
export { isUserId, parsePostId } from './domain/ids.ts'
export {
  type Incident,
  type IncidentEvent,
  type IncidentEventKind,
  type IncidentRecord,
  type IncidentState,
  incidentStates,
} from './domain/incident.ts'
export type { PageKey, PostSort } from './domain/page-cursor.ts'
export type { Post, PostDraft, PostText } from './domain/post.ts'
export { longestContent, longestTitle } from './domain/post.ts'
export type { PostStats, RatingEvent } from './domain/post-stats.ts'
export { arrivesAgainMs, isArrival } from './domain/post-stats.ts'
export type { DatedRating, Rating, RatingReceipt, Score, Standing } from './domain/rating.ts'
export type { RatingChange } from './domain/rating-change.ts'
export type { HistoryBucket, HistoryUnit, Span } from './domain/rating-history.ts'
export {
  type DisplayOptions,
  type DisplaySettings,
  displayPolicyNames,
  parsePrior,
  type Quarantine,
  type RoleSettings,
  type Settings,
  type SettingsChanges,
} from './domain/settings.ts'
export type { Figures, ShownGuard, ShownStats } from './domain/shown-stats.ts'
export { parseTime, timeForms } from './domain/time.ts'
export { type InputProblem, isPostRateError, PostRateError, type PostRateErrorCode } from './errors.ts'
export type { Hooks, PostRateOptions, RedisLike, SharedRedis, WebhookOptions } from './options.ts'
export type { AuditEntry, AuditLog, AuditNote, AuditQuery } from './ports/audit-log.ts'
export type { AuditStore } from './ports/audit-store.ts'
export type { Clock } from './ports/clock.ts'
export type { EventBus, PartitionLag, StatsHandler, Subscription } from './ports/event-bus.ts'
export type { GuardStore } from './ports/guard-store.ts'
export type { HistoryReader, HistoryWanted } from './ports/history-reader.ts'
export type { IncidentDelivery, IncidentEvents, IncidentFigures, IncidentStore } from './ports/incident-store.ts'
export type { Lease, LeaseStore } from './ports/lease-store.ts'
export type { Logger } from './ports/logger.ts'
export type { Exclusion, ModerationOptions, ModerationStore, Period } from './ports/moderation-store.ts'
export type { Outbox } from './ports/outbox.ts'
export type { Ports } from './ports/ports.ts'
export type { PagedPost, PageQuery, PostStore } from './ports/post-store.ts'
export type { QuarantineStore, SettledQuarantines } from './ports/quarantine-store.ts'
export type { EraseOptions, ExportOptions, RateOutcome, RatingStore } from './ports/rating-store.ts'
export type { RebuildProgress, RebuildRun, RebuildStore } from './ports/rebuild-store.ts'
export type { Arrivals, ArrivalsWanted, LatestRating, RecordReader } from './ports/record-reader.ts'
export type { Bypass, MigrateOptions, MigrationStatus, Schema } from './ports/schema.ts'
export type { SettingsStore } from './ports/settings-store.ts'
export type { StateStore } from './ports/state-store.ts'
export type { StatsStore } from './ports/stats-store.ts'
export type { TraceAttributes, Tracer, TraceSpan } from './ports/tracer.ts'
export type {
  ExcludedUser,
  UserExclusionPlan,
  UserExclusionSteps,
  UserExclusionStore,
} from './ports/user-exclusion-store.ts'
export type { Webhook } from './ports/webhook.ts'
export type { DecisionNote } from './services/audit-decisions.ts'
export type { ArrivalUnit, IncidentArrivals } from './services/chart-incident.ts'
export type { Drift, DriftKind } from './services/compare-copies.ts'
export type { Counters } from './services/counters.ts'
export type {
  Decision,
  ExcludeRequest,
  IncidentList,
  IncidentQuery,
  ReleaseRequest,
} from './services/decide-incidents.ts'
export type { EraseRequest } from './services/erase-user.ts'
export type {
  ExcludedUsersPage,
  ExcludedUsersQuery,
  UserExclusionReport,
  UserExclusionRequest,
} from './services/exclude-users.ts'
export type { GuardedPost } from './services/guard-posts.ts'
export type { ImportLine, ImportOptions, ImportReport, RejectedLine } from './services/import-ratings.ts'
export type { Effect } from './services/incident-effects.ts'
export type { PostInspection } from './services/inspect-stats.ts'
export type { LatestQuery } from './services/latest-ratings.ts'
export type { ListQuery, PostPage } from './services/list-posts.ts'
export type { ModerationEffect, ModerationReport, ModerationRequest } from './services/moderate-ratings.ts'
export type { HistoryExclusion, HistoryIncident, HistoryQuery, PostHistory } from './services/read-history.ts'
export type { PostsProgress, RebuildOptions, RebuildReport } from './services/rebuild-stats.ts'
export type { DependencyStatus, RoleStatus, Status } from './services/report-status.ts'
export type { PostPageJson } from './services/shown-page.ts'
export type { VerifyOptions, VerifyReport } from './services/verify-stats.ts'
export { type PartBinding, type PostRateContainer, tokens } from './tokens.ts'
