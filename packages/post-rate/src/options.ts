import type { RedisOptions } from 'ioredis'
import type { KafkaConfig } from 'kafkajs'
import type { PoolConfig } from 'pg'
import type { UnusualActivity } from './domain/display-policy.ts'
import type { IncidentEvent } from './domain/incident.ts'
import type { RatingReceipt } from './domain/rating.ts'
import type { DisplayOptions } from './domain/settings.ts'
import type { Logger } from './ports/logger.ts'
import type { Ports } from './ports/ports.ts'
import type { Tracer } from './ports/tracer.ts'

/** How to reach PostgreSQL: a URL, pg's pool options, a Sequelize 6 instance or a `pg.Pool` of the host's own. */
export type DatabaseOption = string | PoolConfig | SequelizeLike | PoolLike
/**
 * How to reach Redis: a URL, ioredis options, a URL with options beside it, or an ioredis client (also a Cluster) of the
 * host's own. An authority to trust: `{ url: 'rediss://…', tls: { ca } }`.
 */
export type RedisOption = string | (RedisOptions & { url?: string }) | RedisLike
/** How to reach Kafka: kafkajs options, or a kafkajs client of the host's own. */
export type KafkaOption = KafkaConfig | KafkaLike

/** Told apart by shape, so that another installed version of the package is recognised too. */
export interface SequelizeLike {
  authenticate(...args: never[]): Promise<void>
  getDialect(): string
}
export interface PoolLike {
  connect(...args: never[]): unknown
  totalCount: number
}
export interface RedisLike {
  pipeline(...args: never[]): unknown
  disconnect(...args: never[]): void
}
export interface KafkaLike {
  producer(...args: never[]): unknown
  consumer(...args: never[]): unknown
  admin(...args: never[]): unknown
}

/** This process's Redis connection for readers, which answers within a second or fails. */
export interface SharedRedis {
  /** An ioredis client. */
  client: RedisLike
  /** What every key begins with. Keys of posts go on with `{`; nobody else's may. */
  prefix: string
  /** Waits for a connection that is being made. @throws PostRateError UNAVAILABLE where there is none */
  connected(): Promise<void>
}

/**
 * What a host is told. A hook that throws or rejects is logged, and changes nothing: no rating fails because of it. Nobody
 * waits for a promise that it returns.
 */
export interface Hooks {
  /**
   * A rating that changed something was committed by this process; called before `ratings.rate` resolves, in the order of
   * its answers. At most once: what other processes, imports or SQL rate is on the topic, which misses nothing.
   */
  rated?: ((receipt: RatingReceipt) => unknown) | undefined
  /**
   * The spike guard armed or released. Called in the process that relays, after the change is durable, in order for each
   * post. At least once: after a crash again, with the same `postId` and `at`.
   */
  unusualActivity?: ((activity: UnusualActivity) => unknown) | undefined
  /**
   * An incident was opened, closed or decided. Called in one process that relays and has this hook, within seconds of the change being
   * durable. At least once: after a crash again, with the same `id`. What happened while no such process ran is told later, for a day.
   */
  incident?: ((event: IncidentEvent) => unknown) | undefined
}

/** Where events of incidents are posted to, and the secret that signs them. */
export interface WebhookOptions {
  /** An http or https URL. Redirects are not followed. */
  url: string
  /** Key of the HMAC-SHA-256, at least 16 characters. */
  secret: string
}

/** What `createPostRate` takes. A key that it does not know, or a value that cannot be used, is refused with `INVALID_INPUT`. */
export interface PostRateOptions {
  /** The record. Needed; nothing connects before the first call. What the host opened itself, the host closes. */
  database: DatabaseOption
  /** Without it readers' statistics come from PostgreSQL. */
  redis?: RedisOption | undefined
  /** Without it the relay hands its states to the projector in its own process. */
  kafka?: KafkaOption | undefined
  /** PostgreSQL schema of the library's own; lower-case letters, digits and `_`, at most 51. Default `post_rate`. */
  schema?: string | undefined
  /** Kafka topic of the changes: letters, digits, `.`, `_` and `-`. Default `rating-changes`, with another schema `rating-changes-SCHEMA`. */
  topic?: string | undefined
  /** Partitions the topic is made with when it is missing, 1-10,000. Default 6. */
  topicPartitions?: number | undefined
  /** Consumer group of all processes of this deployment. Default `post-rate`, with another schema `post-rate-SCHEMA`. */
  group?: string | undefined
  /** Prefix of every Redis key, 1-100 characters without braces. Default `post-rate:`, with another schema `post-rate-SCHEMA:`. */
  redisPrefix?: string | undefined
  /**
   * Connections to PostgreSQL for the calls of this process, at most, 1-1000. Default 10. A `pg.Pool` of the host's keeps its own limit.
   * The relay, the leases and the readiness open up to 4 of their own beside them.
   */
  poolSize?: number | undefined
  /** Ratings that may wait for their statement before further ones are refused with `OVERLOADED`, 1-1,000,000. Default 10000. */
  queueLimit?: number | undefined
  /**
   * Milliseconds for which a page of posts may be kept in memory, so that their texts may be as old where another process
   * or a statement by hand changed them; 0 keeps none. Figures and own scores are never older for it. At most 3,600,000. Default 1000.
   */
  textMaxAgeMs?: number | undefined
  /**
   * Days of the recent figure, 1-3650, that readers get beside the one of all time as `stats.recent`; it is counted from
   * the ratings when a page is shown. The same in every process. Default: none.
   */
  recentDays?: number | undefined
  /**
   * The display settings that this process believes in; a start on a deployment with others is refused with
   * `INVALID_INPUT`. Default: whatever the deployment has.
   */
  display?: DisplayOptions | undefined
  /** Replaces user ids in messages by a keyed hash (HMAC-SHA-256, hex). Default: they are sent as they are. */
  hashUserIds?: { key: string } | undefined
  /**
   * Gets every event of an incident as a signed POST from a process that relays, at least once, with retries for a day. Default: none is
   * sent. Example: `webhook: { url: 'https://alerts.example/post-rate', secret: process.env.WEBHOOK_SECRET }`
   */
  webhook?: WebhookOptions | undefined
  /** Functions of the host that are told of ratings, of the spike guard and of incidents. Default: nobody is told. */
  hooks?: Hooks | undefined
  /** Where to say what an operator should know. Default: nothing is said. */
  logger?: Logger | undefined
  /** Gets a span of each rating, of its publication to Kafka and of its arrival in Redis. Without it none is made. */
  tracer?: Tracer | undefined
  /** Parts of the host's own in the place of the library's, by port. Without it all are the library's. */
  overrides?: Partial<Ports> | undefined
}

/**
 * The names that a deployment has outside of PostgreSQL where none are given. Deployments in different schemas of one
 * database share none of them.
 */
export function defaultNames(schema = 'post_rate'): { topic: string; group: string; redisPrefix: string } {
  const own = schema === 'post_rate' ? '' : `-${schema}`
  return { topic: `rating-changes${own}`, group: `post-rate${own}`, redisPrefix: `post-rate${own}:` }
}
