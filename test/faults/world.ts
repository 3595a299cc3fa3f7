import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { eventually } from '../helpers/eventually.ts'
import { Random } from '../helpers/random.ts'
import type { MovingClock } from '../helpers/services/moving-clock.ts'
import { freePort, freePorts } from '../helpers/services/ports.ts'
import { newServerDirectory } from '../helpers/services/server-directories.ts'
import { Ledger } from './ledger.ts'
import { Load } from './load.ts'
import { TcpProxy } from './proxy.ts'
import { Role } from './role.ts'
import { type FaultyServer, faultyKafka, faultyPostgres, faultyRedis, type Volume } from './servers.ts'

export const topic = 'rating-changes'
export const group = 'post-rate'
export const prefix = 'post-rate:'
/** Short, so that a case of some seconds sees many windows begin and end. */
export const windowSeconds = 4

export interface WorldOptions {
  seed: number
  apis?: number
  relays?: number
  consumers?: number
  posts?: number
  users?: number
  writesPerSecond?: number
  readsPerSecond?: number
  log?: (line: string) => void
}

/**
 * One deployment of the full profile: servers of its own behind proxies, the roles as processes, clients that load them
 * and write down what they were told.
 */
export class World {
  readonly random: Random
  readonly ledger = new Ledger()
  readonly directory: string
  readonly log: (line: string) => void
  readonly proxies: { postgres: TcpProxy; redis: TcpProxy; relayKafka: TcpProxy; consumerKafka: TcpProxy }
  readonly volume: Volume
  /** Of PostgreSQL; null where this machine cannot compile one. */
  readonly clock: MovingClock | null
  /** Strings that must never be seen outside the processes. */
  readonly secrets: readonly string[]
  readonly kafka: FaultyServer
  readonly posts: number[] = []
  readonly users: readonly string[]
  readonly apis: Role[] = []
  readonly relays: Role[] = []
  readonly consumers: Role[] = []
  readonly apiUrls: string[] = []
  /** May be replaced by a case: a standby that was promoted. */
  postgres: FaultyServer
  redis: FaultyServer
  load!: Load
  readonly #env: Record<string, string>
  readonly #closers: (() => Promise<unknown> | unknown)[]
  #admin: Admin | null = null
  #sampling: NodeJS.Timeout | undefined
  #redisClients = new Map<string, Redis>()
  #pools = new Map<string, pg.Pool>()

  private constructor(parts: {
    options: WorldOptions
    directory: string
    postgres: FaultyServer
    volume: Volume
    clock: MovingClock | null
    redis: FaultyServer
    kafka: FaultyServer
    proxies: World['proxies']
    secrets: string[]
    env: Record<string, string>
    closers: (() => Promise<unknown> | unknown)[]
  }) {
    this.random = new Random(parts.options.seed)
    this.directory = parts.directory
    this.log = parts.options.log ?? (() => {})
    this.proxies = parts.proxies
    this.volume = parts.volume
    this.clock = parts.clock
    this.secrets = parts.secrets
    this.postgres = parts.postgres
    this.redis = parts.redis
    this.kafka = parts.kafka
    this.#env = parts.env
    this.#closers = parts.closers
    this.users = Array.from({ length: parts.options.users ?? 150 }, (_, n) => `user-${n}`)
  }

  static async start(options: WorldOptions): Promise<World> {
    const closers: (() => Promise<unknown> | unknown)[] = []
    try {
      return await World.#start(options, closers)
    } catch (error) {
      for (const close of closers.reverse()) await close()
      throw error
    }
  }

  static async #start(options: WorldOptions, closers: (() => Promise<unknown> | unknown)[]): Promise<World> {
    const redisSecret = `redis-${randomBytes(9).toString('hex')}`
    const jwtSecret = `jwt-${randomBytes(18).toString('hex')}`
    const listenerPorts = (await freePorts(2)) as [number, number]
    const [{ server: postgres, volume, clock }, redis, kafka] = await Promise.all([
      faultyPostgres(),
      faultyRedis(['--requirepass', redisSecret, '--masterauth', redisSecret, '--enable-debug-command', 'yes']),
      faultyKafka(listenerPorts),
    ])
    closers.push(
      () => postgres.dispose(),
      () => volume.release(),
    )
    closers.reverse()
    closers.push(
      () => redis.dispose(),
      () => kafka.server.dispose(),
    )
    const proxies = {
      postgres: await TcpProxy.start(postgres.port),
      redis: await TcpProxy.start(redis.port),
      relayKafka: kafka.relays,
      consumerKafka: kafka.consumers,
    }
    closers.push(() => Promise.all(Object.values(proxies).map((proxy) => proxy.close())))
    const directory = join(await newServerDirectory('world'), 'logs')
    mkdirSync(directory)
    const env = {
      DATABASE_URL: withPort(postgres.url, proxies.postgres.port),
      REDIS_URL: withPort(redis.url, proxies.redis.port),
      POST_RATE_TOPIC: topic,
      POST_RATE_TOPIC_PARTITIONS: '3',
      POST_RATE_GROUP: group,
      POST_RATE_REDIS_PREFIX: prefix,
      POST_RATE_WINDOW_SECONDS: String(windowSeconds),
      POST_RATE_JWT_SECRET: jwtSecret,
    }
    const secrets = [redisSecret, jwtSecret, new URL(postgres.url).password]
    const world = new World({
      ...{ options, directory, postgres, volume, clock, redis, kafka: kafka.server, proxies, secrets, env, closers },
    })
    await world.#prepare(options)
    return world
  }

  get roles(): Role[] {
    return [...this.apis, ...this.relays, ...this.consumers]
  }

  /** One statement on PostgreSQL itself, past the proxy. */
  async sql<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const { url } = this.postgres
    const pool = this.#pools.get(url) ?? this.#openPool(url)
    return (await pool.query<R>(text, values)).rows
  }

  /** A session of its own on PostgreSQL itself; whoever asked for it ends it. */
  async connect(database?: string): Promise<pg.Client> {
    const url = new URL(this.postgres.url)
    if (database !== undefined) url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.toString(), connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  /** Redis itself, past the proxy. */
  get redisClient(): Redis {
    const { url } = this.redis
    const client = this.#redisClients.get(url) ?? this.#openRedis(url)
    return client
  }

  async admin(): Promise<Admin> {
    if (this.#admin === null) {
      const kafka = new Kafka({ brokers: [this.kafka.url], clientId: 'faults', logLevel: logLevel.NOTHING })
      const admin = kafka.admin()
      await admin.connect()
      this.#admin = admin
    }
    return this.#admin
  }

  /** Adds a process of a role, not started yet. */
  addRole(kind: 'relay' | 'consumer' | 'other', name: string, args: readonly string[], script = false): Role {
    const brokers = kind === 'consumer' ? this.proxies.consumerKafka : this.proxies.relayKafka
    const env = { ...this.#env, KAFKA_BROKERS: `127.0.0.1:${brokers.port}` }
    const role = new Role({ name, args, script, env, logDirectory: this.directory })
    if (kind === 'relay') this.relays.push(role)
    else if (kind === 'consumer') this.consumers.push(role)
    return role
  }

  /** Runs one `post-rate` command to its end. */
  async command(name: string, args: readonly string[], timeout = 90_000): Promise<{ code: unknown; output: string }> {
    const role = this.addRole('other', name, args)
    role.start()
    await eventually(() => !role.running, { timeout, message: `${name} did not end` })
    await role.stop()
    await sleep(50)
    return { code: role.endings.at(-1)?.code, output: role.output }
  }

  /** Posts that the load rates from now on. */
  async addPosts(count: number): Promise<number[]> {
    const rows = await this.sql<{ id: string }>(
      `insert into post_rate.posts (title, content, created_by) select 'Post ' || n, 'Text', 'faults'
       from generate_series(1, $1::int) n returning id`,
      [count],
    )
    const ids = rows.map(({ id }) => Number(id))
    this.posts.push(...ids)
    return ids
  }

  /** Whatever a case left stopped, cut or limited runs and flows again. */
  async restore(): Promise<void> {
    for (const proxy of Object.values(this.proxies)) proxy.heal()
    for (const server of [this.postgres, this.redis, this.kafka]) {
      server.signal('SIGCONT')
      await server.start()
    }
    for (const role of this.roles) {
      role.signal('SIGCONT')
      if (!role.running) role.start()
    }
    this.load.resumeWrites()
  }

  /** Waits until every API process says that it is ready. */
  async ready(timeout = 60_000): Promise<void> {
    for (const url of this.apiUrls)
      await eventually(async () => (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(6_000) })).ok, {
        timeout,
        message: `${url} is not ready`,
      })
  }

  async close(): Promise<void> {
    clearInterval(this.#sampling)
    await this.load?.stop()
    this.load?.close()
    await Promise.all(this.roles.map((role) => role.stop('SIGKILL')))
    await this.#admin?.disconnect().catch(() => {})
    for (const client of this.#redisClients.values()) client.disconnect()
    await Promise.all([...this.#pools.values()].map((pool) => pool.end().catch(() => {})))
    for (const close of this.#closers.reverse()) await close()
  }

  /** Called when the world ends, the newest first. */
  onClose(work: () => Promise<unknown> | unknown): void {
    this.#closers.push(work)
  }

  async #prepare(options: WorldOptions): Promise<void> {
    const { code, output } = await this.command('migrate', ['migrate'])
    if (code !== 0) throw new Error(`migrate ended with ${code}: ${output}`)
    await this.addPosts(options.posts ?? 60)
    for (let n = 1; n <= (options.relays ?? 2); n++) this.addRole('relay', `relay-${n}`, ['relay'])
    for (let n = 1; n <= (options.consumers ?? 2); n++) this.addRole('consumer', `consumer-${n}`, ['consumer'])
    for (let n = 1; n <= (options.apis ?? 2); n++) {
      const port = await freePort()
      const args = ['serve', '--no-relay', '--auth', 'header:X-User', '--port', String(port)]
      this.apis.push(this.addRole('other', `api-${n}`, args))
      this.apiUrls.push(`http://127.0.0.1:${port}`)
    }
    for (const role of this.roles) role.start()
    await Promise.all(this.apis.map((api) => api.says(/^http:/m)))
    await Promise.all(this.relays.map((relay) => relay.says(/The relay runs/)))
    await Promise.all(this.consumers.map((consumer) => consumer.says(/The consumer runs/)))
    this.#sampling = setInterval(() => {
      for (const role of this.roles) role.sample()
    }, 2_000)
    const { writesPerSecond, readsPerSecond } = options
    this.load = new Load({
      ...{ apis: this.apiUrls, ledger: this.ledger, random: this.random, posts: this.posts, users: this.users },
      ...(writesPerSecond === undefined ? {} : { writesPerSecond }),
      ...(readsPerSecond === undefined ? {} : { readsPerSecond }),
    })
  }

  #openPool(connectionString: string): pg.Pool {
    const pool = new pg.Pool({ connectionString, max: 6, connectionTimeoutMillis: 3_000, query_timeout: 20_000 })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    this.#pools.set(connectionString, pool)
    return pool
  }

  #openRedis(url: string): Redis {
    const client = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 5_000 })
    client.on('error', () => {})
    this.#redisClients.set(url, client)
    return client
  }
}

function withPort(url: string, port: number): string {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.toString()
}
