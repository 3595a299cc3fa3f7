import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { invalidInput } from '../../errors.ts'
import type { RedisLike, RedisOption } from '../../options.ts'
import { type Logger, silentLogger } from '../../ports/logger.ts'
import { quiet } from './quiet-redis.ts'
import { RedisConnector } from './redis-connector.ts'
import type { RedisAddress } from './redis-error.ts'

export type RedisClient = Redis | Cluster
type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** The connections of one process to Redis. */
export interface RedisClients {
  /** Answers fast or fails fast: readers have PostgreSQL to fall back on. */
  reader: RedisClient
  /** May take longer; a failed write is repeated by its caller. */
  writer: RedisClient
  /** Host and port for messages, without credentials, and whether it is asked to encrypt. */
  target: RedisAddress
  /** Ends what was opened here, and nothing of the host's. Idempotent. */
  close(): Promise<void>
}

const readerLimits: ClientOptions = { commandTimeout: 1000, socketTimeout: 2000, autoResendUnfulfilledCommands: false }
const writerLimits: ClientOptions = { commandTimeout: 5000, socketTimeout: 10_000 }

const common: ClientOptions = {
  // Nothing here needs RESP3, and old servers and proxies refuse its HELLO.
  protocol: 2,
  connectTimeout: 2000,
  maxRetriesPerRequest: 1,
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), 1000) + Math.random() * 100,
  // After a failover the old master stays connected as a replica: only a new connection finds the new one.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
}

/** No queue of commands that wait for a connection: it could only grow. `connected` waits for the first one instead. */
const forced = { lazyConnect: true, enableOfflineQueue: false } as const

/**
 * Makes the clients; opens no connection yet. A URL is `redis://` or `rediss://`; for a Redis Cluster it names several
 * nodes, separated by commas, or ends in `?cluster=true`. Options beside a `url` add to what it says.
 * @throws PostRateError INVALID_INPUT where the option is none of the known forms
 */
export function createRedisClients(option: RedisOption, logger: Logger = silentLogger): RedisClients {
  if (isClient(option)) {
    const client = option as RedisClient
    return { reader: client, writer: client, target: targetOf(client), close: async () => {} }
  }
  const { url, ...options } =
    typeof option === 'string' ? { url: option } : (option as ClientOptions & { url?: string })
  const open = (limits: ClientOptions): RedisClient => {
    // Behind sentinels ioredis finds the server itself.
    const connector = options.sentinels ? {} : { Connector: RedisConnector }
    const all = { ...common, ...limits, ...connector, ...options }
    return url === undefined ? new Redis({ ...all, ...forced }) : fromUrl(url, all)
  }
  const clients = [open(readerLimits), open(writerLimits)] as const
  const target = targetOf(clients[0])
  if (tlsOf(clients[0])?.rejectUnauthorized === false)
    logger.warn("Redis' certificate is not checked: anybody could stand in for it", { address: target.address })
  for (const client of clients) {
    if (isCluster(client)) client.on('+node', (node: Redis) => quiet(node, logger))
    else quiet(client, logger)
    reportErrors(client, target.address, logger)
  }
  return {
    reader: clients[0],
    writer: clients[1],
    target,
    close: async () => {
      for (const client of clients) if (client.status !== 'end') client.disconnect()
    },
  }
}

const connecting = new WeakMap<RedisClient, Promise<void>>()
/** Why a client is without a connection: who comes later would only hear that it is. */
const failures = new WeakMap<RedisClient, Error>()
const toldOutages = new WeakSet<RedisClient>()

/** Waits for a connection that is being made; a lost one is not waited for, so that callers learn of it at once. */
export async function connected(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return
  if (client.status === 'wait') client.connect().catch(() => {})
  if (client.status !== 'connecting' && client.status !== 'connect') throw withoutConnection(client)
  const shared =
    connecting.get(client) ??
    nextConnection(client)
      .catch((error: Error) => explained(client, error))
      .finally(() => connecting.delete(client))
  connecting.set(client, shared)
  await shared
}

/** A Cluster says only that no node answered, and forgets why: one node is asked again, once per outage. */
async function explained(client: RedisClient, error: Error): Promise<never> {
  const [node] = isCluster(client) ? nodesOf(client) : []
  if (isCluster(client) && node !== undefined && !toldOutages.has(client)) {
    toldOutages.add(client)
    const options = { ...client.options.redisOptions, ...node, lazyConnect: true, retryStrategy: () => null }
    const probe = new Redis(options as ClientOptions)
    quiet(probe, silentLogger)
    const cause = await new Promise<Error | undefined>((resolve) => {
      probe.once('error', resolve)
      probe.connect().then(() => resolve(undefined), resolve)
    })
    probe.on('error', () => {}).disconnect()
    failures.set(client, cause ?? error)
    error.cause ??= cause
  }
  throw error
}

function withoutConnection(client: RedisClient): Error {
  const cause = failures.get(client)
  const because = cause === undefined ? '' : ` after: ${cause.message}`
  return new Error(`connection is ${client.status}${because}`, cause === undefined ? undefined : { cause })
}

function nextConnection(client: RedisClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      client.off('ready', onReady).off('close', onClose).off('error', settle)
      error === undefined ? resolve() : reject(error)
    }
    const onReady = () => settle()
    const onClose = () => settle(new Error('connection is closed'))
    client.on('ready', onReady).on('close', onClose).on('error', settle)
  })
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster
}

function isClient(option: RedisOption): option is RedisLike {
  return typeof option === 'object' && typeof (option as Partial<RedisLike>).pipeline === 'function'
}

/** The URL of an option that has one. @throws PostRateError INVALID_INPUT where it cannot be used */
export function checkRedisUrl(option: string | { url?: unknown; tls?: unknown }): void {
  const { url, tls } = typeof option === 'string' ? { url: option } : option
  if (url !== undefined) readUrls(String(url), tls)
}

function readUrls(text: string, tls: unknown): { urls: [URL, ...URL[]]; encrypted: boolean } {
  const urls = text.split(',').map(parseUrl) as [URL, ...URL[]]
  const encrypted = urls[0].protocol === 'rediss:'
  // Whoever gives an authority to trust does not want to be read by everybody.
  if (!encrypted && tls !== undefined)
    throw invalidInput('redis', 'has options for TLS, so its URL must begin with rediss://')
  if (urls.some((url) => url.protocol !== urls[0].protocol))
    throw invalidInput('redis', 'must not mix redis:// and rediss://')
  for (const url of urls) databaseOf(url)
  return { urls, encrypted }
}

function fromUrl(text: string, options: ClientOptions): RedisClient {
  const { urls, encrypted } = readUrls(text, options.tls)
  const [first] = urls
  const cluster = urls.length > 1 || first.searchParams.get('cluster') === 'true'
  const login = {
    ...(first.username === '' ? {} : { username: decodeURIComponent(first.username) }),
    ...(first.password === '' ? {} : { password: decodeURIComponent(first.password) }),
    ...(encrypted ? { tls: { ...options.tls } } : {}),
  }
  const nodes = urls.map((url) => ({ host: hostOf(url), port: Number(url.port || 6379) }))
  if (!cluster) return new Redis({ ...options, ...nodes[0], db: databaseOf(first), ...login, ...forced })
  const { retryStrategy: clusterRetryStrategy, ...redisOptions } = { ...options, ...login }
  return new Cluster(nodes, {
    ...forced,
    redisOptions,
    clusterRetryStrategy: (times) => clusterRetryStrategy?.(times),
    // Behind TLS the certificate names the host: keep names as they are.
    ...(encrypted ? { dnsLookup: (address, done) => done(null, address) } : {}),
  })
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  // The text itself stays out of the message: it may hold a password.
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw invalidInput('redis', 'must be a URL such as redis://localhost:6379')
  return url
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

function databaseOf(url: URL): number {
  const path = url.pathname.replace(/^\//, '')
  if (!/^[0-9]{0,4}$/.test(path)) throw invalidInput('redis', 'the path of the URL must be a database number')
  return Number(path)
}

function targetOf(client: RedisClient): RedisAddress {
  return { address: addressOf(client), encrypted: tlsOf(client) !== undefined }
}

function tlsOf(client: RedisClient): RedisOptions['tls'] {
  return (isCluster(client) ? client.options.redisOptions : client.options)?.tls
}

function addressOf(client: RedisClient): string {
  if (isCluster(client)) {
    const named = nodesOf(client).map(({ host, port }) => `${host}:${port}`)
    return named.length === 0 ? 'the cluster' : named.join(', ')
  }
  const { path, host, port, sentinels } = client.options
  if (sentinels) return `the master named by ${sentinels.map((node) => `${node.host}:${node.port}`).join(', ')}`
  return path ?? `${host}:${port}`
}

/** Those that it was given to start with. */
function nodesOf(cluster: Cluster): { host: string; port: number }[] {
  const startupNodes = (cluster as unknown as { startupNodes?: unknown[] }).startupNodes ?? []
  return startupNodes.flatMap((node) => {
    const { host, port } = (node ?? {}) as { host?: string; port?: number }
    return host !== undefined && port !== undefined ? [{ host, port }] : []
  })
}

/** An emitter's `error` without a listener would end the process. Said once per outage. */
function reportErrors(client: RedisClient, address: string, logger: Logger): void {
  let reported = false
  client.on('error', (error: Error) => {
    if (!toldOutages.has(client)) failures.set(client, error)
    logger[reported ? 'debug' : 'warn']('Redis connection failed', { address, error: error.message })
    reported = true
  })
  client.on('ready', () => {
    failures.delete(client)
    toldOutages.delete(client)
    if (reported) logger.info('Redis connection is back', { address })
    reported = false
  })
}
