import type { PostRate, Roles, SettingsNote } from './api.ts'
import { checkMigrateOptions, checkOptions, checkRoles } from './check-options.ts'
import { createContainer, partOf, type Services, type Timings } from './container.ts'
import { checkPostId } from './domain/ids.ts'
import {
  checkDisplaySettings,
  readDisplayOptions,
  readRoleSettings,
  type Settings,
  type SettingsChanges,
} from './domain/settings.ts'
import { invalidInput, isPostRateError, PostRateError } from './errors.ts'
import type { PostRateOptions } from './options.ts'
import type { Subscription } from './ports/event-bus.ts'
import type { Ports } from './ports/ports.ts'
import type { MigrateOptions } from './ports/schema.ts'
import { deciderOf } from './services/audit-decisions.ts'
import { HoldStore } from './services/hold-store.ts'
import { refuseOtherSettings } from './services/other-settings.ts'
import type { RoleStatus } from './services/report-status.ts'
import { traceRating } from './services/trace-rating.ts'
import { untilFree } from './services/until-free.ts'
import type { PostRateContainer } from './tokens.ts'

/** The library's API with other durations. The package does not export it: it lets tests wait for less than the defaults. */
export function createTimedPostRate(options: PostRateOptions, timings: Timings): PostRate {
  checkOptions(options)
  return new Engine(options, timings)
}

/** The API over the services; it starts and stops the roles of this process. Long, since every call of the API is a line here. */
class Engine implements PostRate {
  readonly container: PostRateContainer
  readonly posts: PostRate['posts']
  readonly ratings: PostRate['ratings']
  readonly stats: PostRate['stats']
  readonly users: PostRate['users']
  readonly moderation: PostRate['moderation']
  readonly guard: PostRate['guard']
  readonly incidents: PostRate['incidents']
  readonly audit: PostRate['audit']
  readonly settings: PostRate['settings']
  readonly schema: PostRate['schema']
  readonly #options: PostRateOptions
  #relay = false
  #consumer = false
  #reconciler = false
  #subscription: Subscription | null = null
  #starting: Promise<void> | null = null
  #closing: Promise<void> | null = null

  constructor(options: PostRateOptions, timings: Timings) {
    this.#options = options
    this.container = createContainer(options, timings)
    this.posts = {
      create: (draft) => this.#service('listPosts').create(draft),
      get: (id, { userId } = {}) => this.#service('listPosts').get(id, userId),
      list: (query = {}) => this.#service('listPosts').list(query),
      listJson: (query = {}) => this.#service('listPosts').listJson(query),
      history: (id, query) => this.#service('readHistory').read(id, query),
      delete: async (id) => {
        const postId = checkPostId(id, 'id')
        const deleted = await untilFree(() => this.#port('postStore').delete(postId, this.#forgetPost))
        this.#forgetPost()
        return deleted
      },
      removed: async (id) => {
        await this.#port('outbox').bury(checkPostId(id, 'id'))
        this.#forgetPost()
      },
    }
    const rate: PostRate['ratings']['rate'] =
      options.hooks?.rated === undefined ? (rating) => this.#service('ratePost').rate(rating) : this.#rateAndTell
    this.ratings = {
      rate: options.tracer === undefined ? rate : traceRating(rate, options.tracer),
      withdraw: (rating) => this.#service('ratePost').withdraw(rating),
      import: (lines, importOptions = {}) => this.#service('importRatings').import(lines, importOptions),
      export: (exportOptions) => this.#port('ratingStore').export(exportOptions),
      latest: (postId, query) => this.#service('latestRatings').read(postId, query),
    }
    this.stats = {
      get: (ids) => this.#service('inspectStats').inspect(ids),
      rebuild: async (rebuildOptions = {}) => {
        await this.#takeStore()
        return this.#service('rebuildAll').rebuild(rebuildOptions)
      },
      verify: async (verifyOptions = {}) => {
        await this.#takeStore()
        return this.#service('verifyStats').verify(verifyOptions)
      },
    }
    this.users = { erase: (userId, eraseOptions = {}) => this.#service('eraseUser').erase(userId, eraseOptions) }
    this.moderation = {
      exclude: async (request) => this.#service('moderateRatings').exclude(request),
      restore: async (request) => this.#service('moderateRatings').restore(request),
      list: async (postId) => this.#service('moderateRatings').list(postId),
      excludeUsers: async (request) => this.#service('excludeUsers').exclude(request),
      restoreUsers: async (request) => this.#service('excludeUsers').restore(request),
      excludedUsers: async (query) => this.#service('excludeUsers').list(query),
    }
    this.guard = {
      armed: (limit) => this.#service('guardPosts').armed(limit),
      release: (postId, note) => this.#service('guardPosts').release(postId, note),
    }
    this.incidents = {
      list: async (query) => this.#service('decideIncidents').list(query),
      get: async (id) => this.#service('decideIncidents').get(id),
      arrivals: async (id) => this.#service('chartIncident').arrivals(id),
      release: async (id, request) => this.#service('decideIncidents').release(id, request),
      exclude: async (id, request) => this.#service('decideIncidents').exclude(id, request),
    }
    this.audit = {
      during: (note, work, outcomeOf) => this.#service('auditDecisions').during(note, work, outcomeOf),
      list: async (query) => this.#service('auditDecisions').list(query),
    }
    this.settings = {
      get: async () => (await this.#service('deployment').get()).settings,
      set: (changes, note = {}) => this.#changeSettings(changes, note),
    }
    this.schema = {
      status: () => this.#port('schema').status(),
      check: () => this.#port('schema').check(),
      bypasses: () => this.#port('schema').bypasses(),
    }
  }

  readonly #forgetPost = (): void => {
    this.#service('listPosts').forgetPages()
    this.#service('relayOutbox').wake()
  }

  readonly #rateAndTell: PostRate['ratings']['rate'] = async (rating) => {
    const receipt = await this.#service('ratePost').rate(rating)
    if (receipt.changed)
      void (async () => this.#options.hooks?.rated?.(receipt))().catch((error: unknown) => {
        this.#port('logger').error('the hook rated failed', { error: String(error), postId: receipt.postId })
      })
    return receipt
  }

  async migrate(options: MigrateOptions = {}) {
    checkMigrateOptions(options)
    // A deployment begins with the settings that this process believes in.
    const settings = { ...readDisplayOptions(this.#options.display), ...readDisplayOptions(options.settings) }
    return this.#port('schema').migrate({ ...options, settings })
  }

  start(roles: Roles = {}): Promise<void> {
    // One after the other, so that nothing is started twice.
    const start = (this.#starting ?? Promise.resolve()).catch(() => {}).then(() => this.#start(roles))
    this.#starting = start
    return start
  }

  async #start(roles: Roles): Promise<void> {
    checkRoles(roles)
    if (this.#closing) throw new PostRateError('UNAVAILABLE', 'It has been closed.')
    await this.schema.check()
    const deployment = this.#service('deployment')
    deployment.forget()
    refuseOtherSettings(readDisplayOptions(this.#options.display), (await deployment.get()).settings)
    const direct = this.#options.kafka === undefined && this.#options.overrides?.eventBus === undefined
    if (roles.consumer && direct && !roles.relay)
      throw invalidInput(
        'consumer',
        'needs Kafka; without it the relay applies the changes itself: start the relay role',
      )
    // Without Kafka the relay hands its states to the projector of its own process.
    if (roles.consumer || (roles.relay && direct)) {
      await this.#takeStore()
      if (!this.#subscription)
        this.#subscription = await this.#port('eventBus').subscribe(this.#service('projectStats'))
      this.#service('reconcileStats').start()
      this.#reconciler = true
    }
    if (roles.relay) {
      this.#service('relayOutbox').start()
      this.#service('backgroundAudit').start()
      this.#service('deliverIncidents').start()
      this.#service('settleQuarantines').start()
      this.#relay = true
    }
    // Without the role it looks whether another process has it.
    if (!this.#relay) this.#service('relayOutbox').wake()
    this.#consumer ||= roles.consumer ?? false
  }

  /** A store that is away is taken by the reconciler, later. */
  async #takeStore(): Promise<void> {
    await new HoldStore(this.#port('statsStore'), this.#service('deployment')).take().catch((error: unknown) => {
      if (!isPostRateError(error) || error.code !== 'UNAVAILABLE') throw error
    })
  }

  async drain(): Promise<void> {
    if (this.#options.kafka === undefined || this.#options.redis === undefined)
      throw invalidInput('consumer', 'needs Kafka and Redis; without Kafka the relay applies the changes itself')
    await this.schema.check()
    await this.#takeStore()
    const subscription = await this.#port('eventBus').subscribe(this.#service('projectStats'), { once: true })
    this.#subscription = subscription
    try {
      await subscription.finished
    } finally {
      await subscription.stop()
      this.#subscription = null
    }
  }

  status(options: { patient?: boolean } = {}) {
    const roles = {
      relay: this.#relay ? asRole(this.#service('relayOutbox').problem()) : null,
      consumer: this.#consumer ? asRole(this.#consumerProblem()) : null,
    }
    return this.#service('reportStatus').report(roles, options)
  }

  now(): number {
    return this.#port('clock').now()
  }

  get redis() {
    return partOf(this.container, 'sharedRedis')
  }

  get counters() {
    const received = this.#subscription?.counts()
    const counters = this.#service('counters')
    if (received) Object.assign(counters, { unreadable: received.unreadable, foreign: received.foreign })
    return counters
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** First what takes work, then what does it, then the connections. */
  async #close(): Promise<void> {
    await this.#starting?.catch(() => {})
    await this.#service('ratePost').close()
    if (this.#relay)
      await Promise.all([
        this.#service('backgroundAudit').stop(),
        this.#service('deliverIncidents').stop(),
        this.#service('settleQuarantines').stop(),
      ])
    await this.#service('relayOutbox').stop()
    await this.#subscription?.stop()
    if (this.#reconciler) await this.#service('reconcileStats').stop()
    await this.#port('eventBus').close()
    await partOf(this.container, 'kafkaProbe')?.close()
    await partOf(this.container, 'redis')?.close()
    await partOf(this.container, 'database').close()
  }

  #consumerProblem(): string {
    if (this.#subscription !== null && !this.#subscription.healthy()) return 'the consumer is not taking messages'
    return this.#service('reconcileStats').problem()
  }

  async #changeSettings(changes: SettingsChanges, note: SettingsNote): Promise<Settings> {
    const { relayShards, audit, publishExclusions, quarantine, releaseAfterHours, ...options } = changes
    const roles = { relayShards, audit, publishExclusions, quarantine, releaseAfterHours }
    const deployment = this.#service('deployment')
    deployment.forget()
    const { settings } = await deployment.get()
    const changed = { ...readDisplayOptions(options), ...readRoleSettings(roles) }
    checkDisplaySettings({ ...settings, ...changed })
    const keys = Object.keys(changed) as (keyof typeof changed)[]
    const before = Object.fromEntries(keys.map((key) => [key, settings[key]]))
    const row = await this.#service('auditDecisions').during(
      { action: 'settings set', subject: note.subject ?? keys.join(', '), ...deciderOf(note) },
      () => this.#port('settingsStore').change(changed, deployment.settingsDelaySeconds),
      () => ({ before, after: changed }),
    )
    return deployment.remember(row).settings
  }

  #port<K extends keyof Ports>(name: K): Ports[K] {
    return partOf(this.container, name)
  }

  #service<K extends keyof Services>(name: K): Services[K] {
    return partOf(this.container, name)
  }
}

function asRole(problem: string): RoleStatus {
  return { healthy: problem === '', detail: problem }
}
