import { createHmac } from 'node:crypto'
import { hostname } from 'node:os'
// Not from `inversify`, which hands this package on without declaring its peer `reflect-metadata`: under Yarn's Plug'n'Play only a
// package that depends on both gets it.
import { Container } from '@inversifyjs/container'
import { KafkaEventBus } from './adapters/kafka/kafka-event-bus.ts'
import { KafkaProbe } from './adapters/kafka/kafka-probe.ts'
import type { KafkaTimings } from './adapters/kafka/kafka-timings.ts'
import { DirectEventBus } from './adapters/memory/direct-event-bus.ts'
import { NoStatsStore } from './adapters/memory/no-stats-store.ts'
import { migrations } from './adapters/postgres/migrations/index.ts'
import { PostgresAuditLog } from './adapters/postgres/postgres-audit-log.ts'
import { PostgresAuditStore } from './adapters/postgres/postgres-audit-store.ts'
import { PostgresClock } from './adapters/postgres/postgres-clock.ts'
import { PostgresDatabase } from './adapters/postgres/postgres-database.ts'
import { PostgresGuardStore } from './adapters/postgres/postgres-guard-store.ts'
import { PostgresHistoryReader } from './adapters/postgres/postgres-history-reader.ts'
import { PostgresIncidentEvents } from './adapters/postgres/postgres-incident-events.ts'
import { PostgresIncidentStore } from './adapters/postgres/postgres-incident-store.ts'
import { PostgresLeaseStore } from './adapters/postgres/postgres-lease-store.ts'
import { PostgresModerationStore } from './adapters/postgres/postgres-moderation-store.ts'
import { PostgresOutbox } from './adapters/postgres/postgres-outbox.ts'
import { PostgresPostStore } from './adapters/postgres/postgres-post-store.ts'
import { PostgresProbe } from './adapters/postgres/postgres-probe.ts'
import { PostgresQuarantineStore } from './adapters/postgres/postgres-quarantine-store.ts'
import { PostgresRatingStore } from './adapters/postgres/postgres-rating-store.ts'
import { PostgresRebuildStore } from './adapters/postgres/postgres-rebuild-store.ts'
import { PostgresRecordReader } from './adapters/postgres/postgres-record-reader.ts'
import { PostgresSchema } from './adapters/postgres/postgres-schema.ts'
import { PostgresSettingsStore } from './adapters/postgres/postgres-settings-store.ts'
import { PostgresStateStore } from './adapters/postgres/postgres-state-store.ts'
import { PostgresUserExclusionStore } from './adapters/postgres/postgres-user-exclusion-store.ts'
import { connected, createRedisClients, type RedisClients } from './adapters/redis/redis-client.ts'
import { redisUnavailable } from './adapters/redis/redis-error.ts'
import { RedisProbe } from './adapters/redis/redis-probe.ts'
import { RedisStatsStore } from './adapters/redis/redis-stats-store.ts'
import { HttpWebhook } from './adapters/webhook/http-webhook.ts'
import { describeIncident } from './domain/incident.ts'
import { defaultNames, type PostRateOptions, type SharedRedis } from './options.ts'
import { silentLogger } from './ports/logger.ts'
import type { Ports } from './ports/ports.ts'
import { AnnounceGuard } from './services/announce-guard.ts'
import { AuditDecisions } from './services/audit-decisions.ts'
import { BackgroundAudit } from './services/background-audit.ts'
import { ChartIncident } from './services/chart-incident.ts'
import { CounterSet } from './services/counters.ts'
import { DecideIncidents } from './services/decide-incidents.ts'
import { DeliverIncidents } from './services/deliver-incidents.ts'
import { Deployment } from './services/deployment.ts'
import { EraseUser } from './services/erase-user.ts'
import { ExcludeUsers } from './services/exclude-users.ts'
import { GuardPosts } from './services/guard-posts.ts'
import { HealCopies } from './services/heal-copies.ts'
import { ImportRatings } from './services/import-ratings.ts'
import { InspectStats } from './services/inspect-stats.ts'
import { LatestRatings } from './services/latest-ratings.ts'
import { ListPosts } from './services/list-posts.ts'
import { ModerateRatings } from './services/moderate-ratings.ts'
import { ProjectStats } from './services/project-stats.ts'
import { RatePost } from './services/rate-post.ts'
import { type FindIncidents, mostListed, ReadHistory } from './services/read-history.ts'
import { ReadStats } from './services/read-stats.ts'
import { RebuildAll } from './services/rebuild-all.ts'
import { RebuildStats } from './services/rebuild-stats.ts'
import { RecentFigures } from './services/recent-figures.ts'
import { ReconcileStats } from './services/reconcile-stats.ts'
import { RelayOutbox } from './services/relay-outbox.ts'
import { type Probes, ReportStatus } from './services/report-status.ts'
import { SettleQuarantines } from './services/settle-quarantines.ts'
import type {
  AuditTimings,
  IncidentTimings,
  QuarantineTimings,
  ReconcilerTimings,
  RelayTimings,
} from './services/timings.ts'
import { VerifyStats } from './services/verify-stats.ts'
import { type PostRateContainer, token } from './tokens.ts'

/** The services, made from the ports. */
export interface Services {
  auditDecisions: AuditDecisions
  deployment: Deployment
  counters: CounterSet
  ratePost: RatePost
  readStats: ReadStats
  recentFigures: RecentFigures
  listPosts: ListPosts
  inspectStats: InspectStats
  latestRatings: LatestRatings
  /** Incidents as histories show them. */
  findIncidents: FindIncidents
  readHistory: ReadHistory
  relayOutbox: RelayOutbox
  backgroundAudit: BackgroundAudit
  projectStats: ProjectStats
  healCopies: HealCopies
  reconcileStats: ReconcileStats
  rebuildStats: RebuildStats
  rebuildAll: RebuildAll
  verifyStats: VerifyStats
  importRatings: ImportRatings
  moderateRatings: ModerateRatings
  excludeUsers: ExcludeUsers
  eraseUser: EraseUser
  guardPosts: GuardPosts
  decideIncidents: DecideIncidents
  chartIncident: ChartIncident
  deliverIncidents: DeliverIncidents
  settleQuarantines: SettleQuarantines
  reportStatus: ReportStatus
}

/** What opens connections, and so is closed. */
interface Connections {
  database: PostgresDatabase
  /** For the roles and the readiness: connections that requests cannot use up. */
  reservedDatabase: PostgresDatabase
  databaseClock: PostgresClock
  redis: RedisClients | null
  sharedRedis: SharedRedis | null
  kafkaProbe: KafkaProbe | null
}

/** Durations that differ from the defaults, by part. */
export interface Timings {
  kafka?: Partial<KafkaTimings>
  relay?: Partial<RelayTimings>
  reconciler?: Partial<ReconcilerTimings>
  audit?: Partial<AuditTimings>
  incidents?: Partial<IncidentTimings>
  quarantine?: Partial<QuarantineTimings>
  /** How long a process may work with settings that were changed elsewhere. A change waits twice as long. */
  settingsMaxAgeSeconds?: number
  /** How long a reader waits for a statement of PostgreSQL. */
  readTimeoutMs?: number
}

type Parts = Ports & Services & Connections

/** Gets a part by its name, typed. */
export function partOf<K extends keyof Parts>(container: PostRateContainer, name: K): Parts[K] {
  return container.get<Parts[K]>(token(name))
}

/**
 * The composition root: what is plugged in where, in one file however long, so that nobody has to look elsewhere. Nothing is
 * made, let alone connected, before it is asked for.
 */
export function createContainer(options: PostRateOptions, timings: Timings = {}): Container {
  const container = new Container({ defaultScope: 'Singleton' })
  const bind = <K extends keyof Parts, const D extends readonly (keyof Parts)[]>(
    name: K,
    needs: D,
    make: (...parts: { [n in keyof D]: Parts[D[n]] }) => Parts[K],
  ) => {
    container
      .bind<Parts[K]>(token(name))
      .toResolvedValue((...parts: unknown[]) => make(...(parts as { [n in keyof D]: Parts[D[n]] })), needs.map(token))
  }

  bind('logger', [], () => options.logger ?? silentLogger)
  bind('counters', [], () => new CounterSet())
  bindPostgres(bind, options, timings)
  bindRedis(bind, options)
  bindKafka(bind, options, timings)
  bindServices(bind, options, timings)

  for (const [name, part] of Object.entries(options.overrides ?? {}))
    if (part !== undefined) container.rebind(token(name)).toConstantValue(part)
  return container
}

type Bind = <K extends keyof Parts, const D extends readonly (keyof Parts)[]>(
  name: K,
  needs: D,
  make: (...parts: { [n in keyof D]: Parts[D[n]] }) => Parts[K],
) => void

function bindPostgres(bind: Bind, options: PostRateOptions, timings: Timings): void {
  bind('database', ['logger'], (logger) => new PostgresDatabase(options, logger, timings.readTimeoutMs))
  bind('reservedDatabase', ['database'], (database) => database.reserved)
  bind('databaseClock', [], () => new PostgresClock())
  bind('clock', ['databaseClock'], (clock) => clock)
  bind('schema', ['database'], (database) => new PostgresSchema(database, migrations))
  bind('settingsStore', ['reservedDatabase', 'databaseClock'], (...parts) => new PostgresSettingsStore(...parts))
  bind('postStore', ['database', 'databaseClock'], (...parts) => new PostgresPostStore(...parts))
  bind('ratingStore', ['database', 'deployment'], (database, deployment) => {
    return new PostgresRatingStore(database, async () => (await deployment.get()).posts)
  })
  bind('recordReader', ['database', 'databaseClock'], (...parts) => new PostgresRecordReader(...parts))
  bind('historyReader', ['database'], (database) => new PostgresHistoryReader(database))
  bind('outbox', ['reservedDatabase', 'deployment'], (database, deployment) => {
    return new PostgresOutbox(database, async () => (await deployment.get()).posts)
  })
  bind('leaseStore', ['reservedDatabase'], (database) => new PostgresLeaseStore(database))
  bind('stateStore', ['reservedDatabase'], (database) => new PostgresStateStore(database))
  bind('rebuildStore', ['database'], (database) => new PostgresRebuildStore(database))
  bind('moderationStore', ['database'], (database) => new PostgresModerationStore(database))
  bind('userExclusionStore', ['database'], (database) => new PostgresUserExclusionStore(database))
  bind('quarantineStore', ['database'], (database) => new PostgresQuarantineStore(database))
  bind('auditLog', ['database'], (database) => new PostgresAuditLog(database))
  bind('guardStore', ['reservedDatabase'], (database) => new PostgresGuardStore(database))
  bind('incidentStore', ['reservedDatabase'], (database) => new PostgresIncidentStore(database))
  bind('incidentEvents', ['reservedDatabase'], (database) => new PostgresIncidentEvents(database))
  bind('auditStore', ['database', 'deployment'], (database, deployment) => {
    return new PostgresAuditStore(database, async () => (await deployment.get()).posts)
  })
}

function bindRedis(bind: Bind, options: PostRateOptions): void {
  const { redis, redisPrefix: prefix = defaultNames(options.schema).redisPrefix } = options
  bind('redis', ['logger'], (logger) => (redis === undefined ? null : createRedisClients(redis, logger)))
  bind('statsStore', ['redis'], (clients) => {
    return clients === null ? new NoStatsStore() : new RedisStatsStore(clients, { prefix })
  })
  bind('sharedRedis', ['redis'], (clients) => {
    if (clients === null) return null
    const { reader: client, target } = clients
    const unavailable = (error: unknown) => Promise.reject(redisUnavailable(target, error))
    return { client, prefix, connected: () => connected(client).catch(unavailable) }
  })
}

function bindKafka(bind: Bind, options: PostRateOptions, timings: Timings): void {
  const { kafka } = options
  const names = defaultNames(options.schema)
  bind('kafkaProbe', ['logger'], (logger) =>
    kafka === undefined ? null : new KafkaProbe(kafka, logger, timings.kafka),
  )
  bind('eventBus', ['deployment', 'logger'], (deployment, logger) => {
    if (kafka === undefined) return new DirectEventBus()
    return new KafkaEventBus(kafka, {
      topic: options.topic ?? names.topic,
      partitions: options.topicPartitions ?? 6,
      group: options.group ?? names.group,
      source: async () => (await deployment.get()).source,
      logger,
      tracer: options.tracer,
      ...(timings.kafka && { timings: timings.kafka }),
    })
  })
}

function bindServices(bind: Bind, options: PostRateOptions, timings: Timings): void {
  const { webhook, hooks } = options
  bind('webhook', [], () => (webhook === undefined ? null : new HttpWebhook(webhook)))
  bind('deployment', ['settingsStore'], (settingsStore) => new Deployment(settingsStore, timings.settingsMaxAgeSeconds))
  bind('readStats', ['statsStore', 'recordReader', 'deployment', 'clock', 'logger'], (...parts) => {
    return new ReadStats(...parts)
  })
  bind('recentFigures', ['recordReader'], (record) => new RecentFigures(record, options.recentDays ?? null))
  bind('listPosts', ['postStore', 'readStats', 'recentFigures', 'deployment', 'clock'], (...parts) => {
    return new ListPosts(...parts, options.textMaxAgeMs ?? 1000)
  })
  bind('inspectStats', ['readStats', 'clock'], (...parts) => new InspectStats(...parts))
  bind('latestRatings', ['recordReader'], (record) => new LatestRatings(record))
  bind('findIncidents', ['incidentStore'], (store) => async (postId) => {
    const found = await store.list({ postId, state: null, limit: mostListed, after: null })
    return found.map((incident) => describeIncident(incident))
  })
  bind(
    'readHistory',
    ['postStore', 'readStats', 'historyReader', 'moderationStore', 'findIncidents', 'clock'],
    (...parts) => new ReadHistory(...parts),
  )
  bind(
    'relayOutbox',
    ['outbox', 'eventBus', 'leaseStore', 'deployment', 'counters', 'logger'],
    (outbox, bus, leases, deployment, counters, logger) => {
      const announcing = new AnnounceGuard(bus, counters, logger, options.hooks?.unusualActivity)
      const named = nameUsers(options.hashUserIds)
      return new RelayOutbox(outbox, announcing, leases, deployment, counters, logger, named, timings.relay)
    },
  )
  bind(
    'backgroundAudit',
    ['auditStore', 'schema', 'deployment', 'counters', 'logger', 'relayOutbox'],
    (audit, schema, deployment, counters, logger, relay) => {
      return new BackgroundAudit(audit, schema, deployment, counters, logger, () => relay.leads(), timings.audit)
    },
  )
  bind('ratePost', ['ratingStore', 'postStore', 'counters', 'relayOutbox'], (ratings, posts, counters, relay) => {
    return new RatePost(ratings, posts, counters, () => relay.wake(), options.queueLimit ?? 10_000)
  })
  bind(
    'projectStats',
    ['statsStore', 'recordReader', 'deployment', 'counters'],
    (...parts) => new ProjectStats(...parts),
  )
  bind(
    'healCopies',
    ['stateStore', 'statsStore', 'recordReader', 'deployment', 'counters', 'logger'],
    (...parts) => new HealCopies(...parts),
  )
  bind(
    'reconcileStats',
    ['stateStore', 'statsStore', 'healCopies', 'leaseStore', 'deployment', 'clock', 'logger'],
    (...parts) => new ReconcileStats(...parts, timings.reconciler),
  )
  bind('rebuildStats', ['auditStore', 'stateStore', 'statsStore', 'recordReader', 'healCopies'], (...parts) => {
    return new RebuildStats(...parts)
  })
  bind('rebuildAll', ['rebuildStats', 'rebuildStore'], (rebuild, runs) => {
    return new RebuildAll(rebuild, runs, `process ${process.pid} on ${hostname()}`)
  })
  bind(
    'verifyStats',
    ['auditStore', 'stateStore', 'statsStore', 'recordReader', 'outbox', 'healCopies'],
    (...parts) => {
      return new VerifyStats(...parts)
    },
  )
  bind('importRatings', ['ratingStore', 'clock', 'relayOutbox'], (ratings, clock, relay) => {
    return new ImportRatings(ratings, clock, () => relay.wake())
  })
  bind(
    'moderateRatings',
    ['moderationStore', 'clock', 'deployment', 'auditDecisions', 'relayOutbox'],
    (store, clock, deployment, audit, relay) => {
      return new ModerateRatings(store, clock, deployment, audit, () => relay.wake())
    },
  )
  bind('excludeUsers', ['userExclusionStore', 'auditDecisions', 'relayOutbox'], (store, audit, relay) => {
    return new ExcludeUsers(store, audit, () => relay.wake())
  })
  bind('auditDecisions', ['auditLog'], (log) => new AuditDecisions(log))
  bind('guardPosts', ['guardStore', 'auditDecisions', 'relayOutbox'], (store, audit, relay) => {
    return new GuardPosts(store, audit, () => relay.wake())
  })
  bind('eraseUser', ['ratePost', 'userExclusionStore', 'auditDecisions'], (...parts) => new EraseUser(...parts))
  bind(
    'decideIncidents',
    [
      ...(['incidentStore', 'quarantineStore', 'recordReader', 'guardPosts', 'moderateRatings'] as const),
      ...(['auditDecisions', 'deployment', 'clock'] as const),
    ],
    (...parts) => new DecideIncidents(...parts),
  )
  bind('chartIncident', ['incidentStore', 'recordReader', 'clock'], (...parts) => new ChartIncident(...parts))
  bind('settleQuarantines', ['quarantineStore', 'logger', 'relayOutbox'], (store, logger, relay) => {
    const wake = () => relay.wake()
    return new SettleQuarantines(store, logger, () => relay.leads(), wake, timings.quarantine)
  })
  bind(
    'deliverIncidents',
    ['incidentStore', 'incidentEvents', 'webhook', 'logger', 'relayOutbox'],
    (store, events, receiver, logger, relay) => {
      const receivers = { hook: hooks?.incident, webhook: receiver }
      return new DeliverIncidents(store, events, receivers, logger, () => relay.leads(), timings.incidents)
    },
  )
  bind(
    'reportStatus',
    [
      'reservedDatabase',
      'databaseClock',
      'redis',
      'kafkaProbe',
      'outbox',
      'leaseStore',
      'eventBus',
      'recordReader',
      'guardStore',
      'auditStore',
      'incidentStore',
      'counters',
    ],
    (database, clock, redis, kafka, outbox, leases, bus, record, guard, audit, incidents, counters) => {
      const probes: Probes = {
        postgres: new PostgresProbe(database, clock),
        redis: redis && new RedisProbe(redis),
        kafka,
      }
      return new ReportStatus(probes, outbox, leases, bus, record, guard, audit, incidents, clock, counters)
    },
  )
}

/** Users by a keyed hash that nobody without the key can undo; null: as they are. */
function nameUsers(hash: PostRateOptions['hashUserIds']): ((userId: string) => string) | null {
  if (hash === undefined) return null
  return (userId) => createHmac('sha256', hash.key).update(userId).digest('hex')
}
