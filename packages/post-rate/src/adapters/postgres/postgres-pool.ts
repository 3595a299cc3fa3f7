import pg from 'pg'
import type { PoolLike, PostRateOptions, SequelizeLike } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'

export const defaultQueryTimeoutMs = 30_000

/** Connections that the roles and the readiness have beside the pool: a fold, a publication, the leases, a look at the server. */
const reservedConnections = 4

/** The host's pool, or one of our own, which the caller ends. Connects at first use. */
export function openPool(
  { database, poolSize }: Pick<PostRateOptions, 'database' | 'poolSize'>,
  logger: Logger,
): pg.Pool {
  return watched(
    isPool(database) ? (database as unknown as pg.Pool) : ownPool(poolConfig(database), poolSize ?? 10),
    logger,
  )
}

/**
 * A small pool of our own on the same database, so that the relay, the leases and the readiness go on while requests, or the host,
 * use up the other one. Null where the host's pool is none of pg's: then its options need not lead anywhere.
 */
export function openReservedPool({ database }: Pick<PostRateOptions, 'database'>, logger: Logger): pg.Pool | null {
  if (!isPool(database)) return watched(ownPool(poolConfig(database), reservedConnections), logger)
  const { options, waitingCount } = database as unknown as Partial<pg.Pool>
  if (options === undefined || waitingCount === undefined) return null
  // pg hides the password from being copied.
  const { password } = options
  return watched(
    ownPool({ ...options, min: 0, ...(password === undefined ? {} : { password }) }, reservedConnections),
    logger,
  )
}

function ownPool(config: pg.PoolConfig, max: number): pg.Pool {
  return new pg.Pool({
    application_name: 'post-rate',
    connectionTimeoutMillis: 5_000,
    query_timeout: defaultQueryTimeoutMs,
    keepAlive: true,
    ...config,
    max,
    allowExitOnIdle: true,
  })
}

function watched(pool: pg.Pool, logger: Logger): pg.Pool {
  // Without a listener the loss of an idle connection ends the process.
  pool.on('error', (error: Error & { code?: unknown }) => {
    // A server that ends idle sessions does so all day long.
    const log = error.code === '57P05' ? logger.debug : logger.warn
    log.call(logger, 'lost an idle PostgreSQL connection', { error: error.message })
  })
  pool.once('connect', (client) => {
    if (isUnchecked(client)) logger.warn("PostgreSQL's certificate is not checked: anybody could stand in for it")
  })
  return pool
}

function isUnchecked(client: pg.PoolClient): boolean {
  const { ssl } = client as { ssl?: { rejectUnauthorized?: unknown } | boolean }
  return typeof ssl === 'object' && ssl.rejectUnauthorized === false
}

/** The pool options of a URL, of options, or of a Sequelize instance, which manages its own connections. */
export function poolConfig(database: string | pg.PoolConfig | SequelizeLike): pg.PoolConfig {
  if (typeof database === 'string') return { connectionString: withVerification(database) }
  if (!isSequelize(database)) {
    const { connectionString: url } = database
    return typeof url === 'string' ? { ...database, connectionString: withVerification(url) } : database
  }
  const { config, options } = database as unknown as {
    config: { host?: string; port?: string; username?: string; password?: string; database?: string }
    options: { dialectOptions?: { ssl?: pg.PoolConfig['ssl'] } }
  }
  return {
    ...(config.host ? { host: config.host } : {}),
    ...(config.port ? { port: Number(config.port) } : {}),
    ...(config.username ? { user: config.username } : {}),
    ...(config.password ? { password: config.password } : {}),
    ...(config.database ? { database: config.database } : {}),
    ...(options.dialectOptions?.ssl ? { ssl: options.dialectOptions.ssl } : {}),
  }
}

/**
 * `verify-ca` checks what libpq checks: that the authority of `sslrootcert` signed the certificate, whatever host it names.
 * Without an authority of its own, everybody with a certificate of a public one would pass, so the host is checked, too.
 *
 * pg takes `require` and `prefer` for `verify-full`, warns of it in a process where nobody reads that, and means to weaken
 * them in its next major version. Here they stay what they are. `no-verify` and `uselibpqcompat` are another choice.
 */
function withVerification(url: string): string {
  if (/[?&]uselibpqcompat=true/.test(url)) return url
  if (/[?&]sslmode=verify-ca(?=&|$)/.test(url) && /[?&]sslrootcert=[^&]/.test(url)) return `${url}&uselibpqcompat=true`
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

export function isPool(database: unknown): database is PoolLike {
  return typeof database === 'object' && database !== null && 'totalCount' in database && 'connect' in database
}

export function isSequelize(database: unknown): database is SequelizeLike {
  return typeof database === 'object' && database !== null && 'getDialect' in database
}
