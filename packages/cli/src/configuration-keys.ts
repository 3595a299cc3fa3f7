import { type DisplayOptions, type DisplaySettings, displayPolicyNames, isPostRateError, parsePrior } from 'post-rate'
import { whole } from './whole.ts'

/** Everything that can be configured; what is null or missing has the library's default. */
export interface Settings {
  database?: string
  redis?: string
  /** Files in PEM form, here and for Kafka. */
  redisCa?: string
  redisCert?: string
  redisKey?: string
  redisInsecure?: boolean
  kafkaBrokers?: string[]
  kafkaSsl?: boolean
  kafkaCa?: string
  kafkaCert?: string
  kafkaKey?: string
  kafkaInsecure?: boolean
  kafkaUsername?: string
  kafkaPassword?: string
  kafkaMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  display?: DisplaySettings['display']
  windowSeconds?: number
  prior?: DisplaySettings['prior']
  spikeGuard?: DisplayOptions['spikeGuard']
  minCount?: number
  schema?: string
  topic?: string
  topicPartitions?: number
  group?: string
  redisPrefix?: string
  poolSize?: number
  queueLimit?: number
  recentDays?: number
  hashUserIdsKey?: string
  webhookUrl?: string
  webhookSecret?: string
  jwtSecret?: string
  rateLimit?: number
  rateLimitPerAddress?: number
  trustProxy?: string
}

/** One setting under its three names: in the environment, in the configuration file, and as a flag where it has one. */
export interface Key<Name extends keyof Settings = keyof Settings> {
  name: Name
  variable: string
  /** Without the dashes. */
  flag?: string
  /** Where it names a server or carries a password, so that a file with it should be closed to others. */
  secret?: boolean
  /** From text; throws an Error that says what the value must be. */
  parse: (text: string) => NonNullable<Settings[Name]>
}

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** In the order of the documentation. */
export const keys: readonly Key[] = [
  key('database', 'DATABASE_URL', url('postgres', 'postgresql'), { flag: 'database', secret: true }),
  key('redis', 'REDIS_URL', urls('redis', 'rediss'), { flag: 'redis', secret: true }),
  key('redisCa', 'POST_RATE_REDIS_CA', text),
  key('redisCert', 'POST_RATE_REDIS_CERT', text),
  key('redisKey', 'POST_RATE_REDIS_KEY', text),
  key('redisInsecure', 'POST_RATE_REDIS_INSECURE', yesOrNo),
  key('kafkaBrokers', 'KAFKA_BROKERS', brokers, { flag: 'kafka' }),
  key('kafkaSsl', 'POST_RATE_KAFKA_SSL', yesOrNo),
  key('kafkaCa', 'POST_RATE_KAFKA_CA', text),
  key('kafkaCert', 'POST_RATE_KAFKA_CERT', text),
  key('kafkaKey', 'POST_RATE_KAFKA_KEY', text),
  key('kafkaInsecure', 'POST_RATE_KAFKA_INSECURE', yesOrNo),
  key('kafkaUsername', 'POST_RATE_KAFKA_USERNAME', text),
  key('kafkaPassword', 'POST_RATE_KAFKA_PASSWORD', text, { secret: true }),
  key('kafkaMechanism', 'POST_RATE_KAFKA_MECHANISM', oneOf(mechanisms)),
  key('display', 'POST_RATE_DISPLAY', parseDisplay),
  key('windowSeconds', 'POST_RATE_WINDOW_SECONDS', whole(1, 86_400)),
  key('prior', 'POST_RATE_PRIOR', parsePriorText),
  key('spikeGuard', 'POST_RATE_SPIKE_GUARD', parseSpikeGuard),
  key('minCount', 'POST_RATE_MIN_COUNT', whole(0, 1_000_000)),
  key('schema', 'POST_RATE_SCHEMA', matching(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'letters, digits and _'), {
    flag: 'schema',
  }),
  key('topic', 'POST_RATE_TOPIC', matching(/^[A-Za-z0-9._-]{1,249}$/, "letters, digits, '.', '_' and '-'"), {
    flag: 'topic',
  }),
  key('topicPartitions', 'POST_RATE_TOPIC_PARTITIONS', whole(1, 10_000)),
  key('group', 'POST_RATE_GROUP', text, { flag: 'group' }),
  key('redisPrefix', 'POST_RATE_REDIS_PREFIX', matching(/^[^{}\p{Cc}]{1,200}$/u, '1-200 characters without braces'), {
    flag: 'redis-prefix',
  }),
  key('poolSize', 'POST_RATE_POOL_SIZE', whole(1, 1000)),
  key('queueLimit', 'POST_RATE_QUEUE_LIMIT', whole(1, 1_000_000)),
  key('recentDays', 'POST_RATE_RECENT_DAYS', whole(1, 3650)),
  key('hashUserIdsKey', 'POST_RATE_HASH_USER_IDS_KEY', text, { secret: true }),
  key('webhookUrl', 'POST_RATE_WEBHOOK_URL', url('https', 'http'), { secret: true }),
  key('webhookSecret', 'POST_RATE_WEBHOOK_SECRET', secretText, { secret: true }),
  key('jwtSecret', 'POST_RATE_JWT_SECRET', text, { secret: true }),
  key('rateLimit', 'POST_RATE_RATE_LIMIT', whole(1, 1_000_000), { flag: 'rate-limit' }),
  key('rateLimitPerAddress', 'POST_RATE_RATE_LIMIT_PER_ADDRESS', whole(1, 1_000_000), {
    flag: 'rate-limit-per-address',
  }),
  key('trustProxy', 'POST_RATE_TRUST_PROXY', text, { flag: 'trust-proxy' }),
]

/** The name of a display policy; also for `settings set`. */
export function parseDisplay(value: string): DisplaySettings['display'] {
  return oneOf(displayPolicyNames)(value)
}

/** `off`, or the stars by which the margin of a guarded average widens in a day; also for `settings set`. */
export function parseSpikeGuard(value: string): NonNullable<DisplayOptions['spikeGuard']> {
  if (value === 'off') return value
  const starPerDay = /^\d{1,4}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN
  if (!(starPerDay >= 0.001 && starPerDay <= 1_000))
    throw new Error('must be off, or the stars by which the margin widens in a day, from 0.001 to 1000')
  return { starPerDay }
}

export function parseWindow(value: string): number {
  return whole(1, 86_400)(value)
}

export function parsePriorText(value: string): DisplaySettings['prior'] {
  try {
    return parsePrior(value)
  } catch (error) {
    throw isPostRateError(error) ? new Error(error.problems[0]?.message ?? error.message) : error
  }
}

function key<Name extends keyof Settings>(
  name: Name,
  variable: string,
  parse: Key<Name>['parse'],
  more: Pick<Key, 'flag' | 'secret'> = {},
): Key {
  return { name, variable, parse, ...more }
}

function text(value: string): string {
  if (value.includes('\0')) throw new Error('must not contain NUL')
  return value
}

/** At least 16 characters, as the library wants it. */
function secretText(value: string): string {
  if (value.length < 16) throw new Error('must have at least 16 characters')
  return text(value)
}

function matching(pattern: RegExp, description: string): (value: string) => string {
  return (value) => {
    if (!pattern.test(value)) throw new Error(`must be ${description}`)
    return value
  }
}

function oneOf<T extends string>(values: readonly T[]): (value: string) => T {
  return (value) => {
    const found = values.find((one) => one === value)
    if (found === undefined) throw new Error(`must be ${values.join(' or ')}`)
    return found
  }
}

function yesOrNo(value: string): boolean {
  return oneOf(['true', 'false'])(value) === 'true'
}

// The value is not repeated in the message: it may carry a password.
function url(...protocols: string[]): (value: string) => string {
  return (value) => {
    const protocol = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : ''
    if (!protocols.includes(protocol)) throw new Error(`must be a URL that begins with ${protocols[0]}://`)
    return value
  }
}

/** Several for a cluster, separated by commas. */
function urls(...protocols: string[]): (value: string) => string {
  return (value) => {
    for (const one of value.split(',')) url(...protocols)(one)
    return value
  }
}

function brokers(value: string): string[] {
  const list = value.split(',').map((broker) => broker.trim())
  if (!list.every((broker) => /^(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/.test(broker)))
    throw new Error('must be HOST:PORT, several of them separated by commas')
  return list
}
