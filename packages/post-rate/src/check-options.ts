import { isSchemaName } from './adapters/postgres/postgres-database.ts'
import { isPool, isSequelize } from './adapters/postgres/postgres-pool.ts'
import { checkRedisUrl } from './adapters/redis/redis-client.ts'
import type { Roles } from './api.ts'
import { checkDisplaySettings, defaultDisplaySettings, readDisplayOptions } from './domain/settings.ts'
import { invalidInput } from './errors.ts'
import type { PostRateOptions } from './options.ts'
import type { MigrateOptions } from './ports/schema.ts'
import { tokens } from './tokens.ts'

/** What is wrong with a value, as a host is told it behind the key's name; null where nothing is. */
type Check = (value: unknown) => string | null

/** Options are looked at before anything is opened, so that a mistake is told at the start and not by the first reader. */
const checks: { readonly [key in keyof Required<PostRateOptions>]: Check } = {
  database: databaseProblem,
  redis: redisProblem,
  kafka: kafkaProblem,
  schema: must(isSchemaName, 'be lower-case letters, digits and _, at most 51, no digit first'),
  topic: matching(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/, "be 1 to 249 letters, digits, '.', '_' and '-'"),
  topicPartitions: whole(1, 10_000),
  group: matching(/^\P{Cc}{1,255}$/u, 'have 1 to 255 characters, without control characters'),
  redisPrefix: matching(/^[^{}\p{Cc}]{1,100}$/u, 'have 1 to 100 characters, without braces and control characters'),
  poolSize: whole(1, 1000),
  queueLimit: whole(1, 1_000_000),
  textMaxAgeMs: whole(0, 3_600_000),
  recentDays: whole(1, 3650),
  display: displayProblem,
  hashUserIds: must(isHash, 'be { key } with a secret text'),
  webhook: webhookProblem,
  hooks: functions(['rated', 'unusualActivity', 'incident'], { all: false }),
  logger: functions(['debug', 'info', 'warn', 'error'], { all: true }),
  tracer: functions(['start'], { all: true }),
  overrides: overridesProblem,
}

/** @throws PostRateError INVALID_INPUT naming the key and what to give in its place */
export function checkOptions(options: PostRateOptions): void {
  // A misspelt key is told before what it leaves missing.
  if (isObject(options)) checkAll(options, checks)
  if (!isObject(options) || options.database === undefined)
    throw invalidInput(
      'database',
      "is missing: give a URL, pg options, a Sequelize instance or a pg.Pool, as in createPostRate({ database: 'postgres://localhost/app' })",
    )
}

const roleChecks: { readonly [role in keyof Required<Roles>]: Check } = {
  relay: must(isBoolean, 'be true or false'),
  consumer: must(isBoolean, 'be true or false'),
}

/** A role that is misspelt would be run by nobody. @throws PostRateError INVALID_INPUT */
export function checkRoles(roles: Roles): void {
  if (!isObject(roles)) throw invalidInput('roles', 'must be an object such as { relay: true }')
  checkAll(roles, roleChecks)
}

const migrateChecks: { readonly [key in keyof Required<MigrateOptions>]: Check } = {
  posts: must((value) => value === 'own' || value === 'external', 'be own or external'),
  settings: displayProblem,
}

/** What a first migration makes is made for good. @throws PostRateError INVALID_INPUT */
export function checkMigrateOptions(options: MigrateOptions): void {
  if (!isObject(options)) throw invalidInput('options', "must be an object such as { posts: 'external' }")
  checkAll(options, migrateChecks)
}

function checkAll(options: Record<string, unknown>, known: Record<string, Check>): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue
    const check = Object.hasOwn(known, key) ? known[key] : undefined
    if (check === undefined) throw invalidInput(key, `is no option; there are ${Object.keys(known).join(', ')}`)
    const problem = check(value)
    if (problem !== null) throw invalidInput(key, problem)
  }
}

function databaseProblem(value: unknown): string | null {
  // The text itself stays out of the message: it may hold a password.
  if (typeof value === 'string')
    return /^(postgres(ql)?|socket):|^\//.test(value) ? null : 'must be a URL such as postgres://localhost/app'
  if (isPool(value)) return null
  if (isSequelize(value))
    return value.getDialect() === 'postgres' ? null : `must be PostgreSQL, not Sequelize's ${value.getDialect()}`
  return isObject(value) ? null : 'must be a URL, pg options, a Sequelize instance or a pg.Pool'
}

function redisProblem(value: unknown): string | null {
  if (typeof value !== 'string' && !isObject(value))
    return 'must be a URL such as redis://localhost:6379, ioredis options or an ioredis client; leave it out to do without'
  if (typeof value !== 'string' && typeof value.pipeline === 'function') return null
  if (typeof value !== 'string' && typeof value.sendCommand === 'function')
    return 'must be a URL, ioredis options or an ioredis client: a host with another client gives the URL'
  checkRedisUrl(value)
  return null
}

function kafkaProblem(value: unknown): string | null {
  if (!isObject(value)) return "must be kafkajs options such as { brokers: ['localhost:9092'] }, or a kafkajs client"
  const { brokers } = value
  if (typeof value.producer === 'function' || typeof brokers === 'function') return null
  const isList = Array.isArray(brokers) && brokers.length > 0
  return isList && brokers.every((broker) => typeof broker === 'string' && /^[^\s/]+:\d{1,5}$/.test(broker))
    ? null
    : "must have brokers as HOST:PORT, for example { brokers: ['localhost:9092'] }"
}

function displayProblem(value: unknown): string | null {
  if (!isObject(value)) return "must be an object such as { display: 'guard', windowSeconds: 300 }"
  const known = [...Object.keys(defaultDisplaySettings), 'spikeGuard']
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) return `has no ${unknown}; there are ${known.join(', ')}`
  checkDisplaySettings({ ...defaultDisplaySettings, ...readDisplayOptions(value) })
  return null
}

function webhookProblem(value: unknown): string | null {
  if (!isObject(value)) return 'must be { url, secret }'
  const { url, secret, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return `has no ${unknown}; there are url, secret`
  // Neither is repeated: an address may hold a token.
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return 'must have a url that begins with https:// or http://'
  const { username, password } = new URL(url)
  if (username !== '' || password !== '')
    return 'must have a url without user and password: the signature proves who sends'
  return typeof secret === 'string' && secret.length >= 16 ? null : 'must have a secret of at least 16 characters'
}

function overridesProblem(value: unknown): string | null {
  if (!isObject(value)) return 'must be an object of parts by the name of their port'
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(tokens, name))
  return unknown === undefined ? null : `has no ${unknown}; there are ${Object.keys(tokens).join(', ')}`
}

function functions(names: readonly string[], { all }: { all: boolean }): Check {
  return (value) => {
    if (!isObject(value)) return `must be an object with ${names.join(', ')}`
    // A logger may have more than is asked of it, and inherit it; of hooks a name that nobody calls is a mistake.
    const unknown = all ? undefined : Object.keys(value).find((name) => !names.includes(name))
    if (unknown !== undefined) return `has no ${unknown}; there are ${names.join(', ')}`
    const wrong = names.find((name) => (all || value[name] !== undefined) && typeof value[name] !== 'function')
    return wrong === undefined ? null : `must have a function ${wrong}`
  }
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isHash(value: unknown): boolean {
  return isObject(value) && typeof value.key === 'string' && value.key !== ''
}

function whole(least: number, most: number): Check {
  const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  return must(fits, `be a whole number from ${least} to ${most}`)
}

function matching(pattern: RegExp, what: string): Check {
  return must((value) => typeof value === 'string' && value.isWellFormed() && pattern.test(value), what)
}

function must(fits: (value: unknown) => boolean, what: string): Check {
  return (value) => (fits(value) ? null : `must ${what}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
