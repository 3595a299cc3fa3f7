import type { DisplayOptions, PostRateOptions } from 'post-rate'
import { type ConfigurationFile, readConfigurationFile } from './configuration-file.ts'
import { keys, type Settings } from './configuration-keys.ts'
import { readTls, type TlsSettings } from './configuration-tls.ts'
import { ConfigurationError } from './errors.ts'
import type { Io } from './io.ts'

/** Flags as commander gives them: by their camel-cased name. */
export type Flags = Readonly<Record<string, unknown>>

export interface Configuration extends Settings, TlsSettings {
  /** Things that are not wrong but should be known; told on stderr. */
  warnings: readonly string[]
}

/**
 * Flags > environment > `post-rate.config.{js,json}` > defaults.
 * @throws ConfigurationError naming the key and what to do
 */
export async function readConfiguration(flags: Flags, io: Pick<Io, 'env' | 'cwd'>): Promise<Configuration> {
  refuseUnknownVariables(io.env)
  const file = await readConfigurationFile(io.cwd)
  const settings: Record<string, unknown> = {}
  for (const key of keys) {
    const flag = key.flag === undefined ? undefined : flags[camelCase(key.flag)]
    const variable = io.env[key.variable]
    if (typeof flag === 'string') settings[key.name] = parse(`--${key.flag}`, flag, key.parse)
    // Commander has parsed it already.
    else if (typeof flag === 'number') settings[key.name] = flag
    // An empty variable is one that is not set, as in `REDIS_URL= post-rate serve`.
    else if (variable !== undefined && variable !== '')
      settings[key.name] = parse(key.variable, variable, key.parse, 'unset it')
    else if (file?.values[key.name] !== undefined)
      settings[key.name] = parse(`${key.name} in ${file.path}`, file.values[key.name] as string, key.parse)
  }
  const tls = await readTls(settings, io.cwd)
  const warnings = [...warningsOf(flags), ...fileWarnings(file), ...cleartextWarnings(settings, tls)]
  const configuration: Configuration = { ...settings, ...tls, warnings }
  if (configuration.kafkaUsername !== undefined && configuration.kafkaPassword === undefined)
    throw new ConfigurationError('POST_RATE_KAFKA_PASSWORD is missing: POST_RATE_KAFKA_USERNAME wants one.')
  if (configuration.kafkaUsername === undefined)
    for (const key of keys)
      if ((key.name === 'kafkaPassword' || key.name === 'kafkaMechanism') && configuration[key.name] !== undefined)
        throw new ConfigurationError(`POST_RATE_KAFKA_USERNAME is missing: ${key.variable} wants one.`)
  if ((configuration.webhookUrl === undefined) !== (configuration.webhookSecret === undefined)) {
    const [missing, given] = configuration.webhookUrl === undefined ? ['URL', 'SECRET'] : ['SECRET', 'URL']
    throw new ConfigurationError(
      `POST_RATE_WEBHOOK_${missing} is missing: it is required when POST_RATE_WEBHOOK_${given} is set.`,
    )
  }
  return configuration
}

/** The deployment's display settings as far as they are configured. */
export function displayOf(configuration: Settings): DisplayOptions {
  const { display, windowSeconds, prior, spikeGuard, minCount } = configuration
  return defined({ display, windowSeconds, prior, spikeGuard, minCount })
}

/** The library's options beside the database. */
export function optionsOf(configuration: Configuration): Omit<PostRateOptions, 'database'> {
  const { redisTls, schema, topic, topicPartitions, group, redisPrefix, poolSize, queueLimit, recentDays } =
    configuration
  const { hashUserIdsKey, webhookUrl: url, webhookSecret: secret } = configuration
  const kafka = kafkaOf(configuration)
  const redis =
    configuration.redis === undefined || redisTls === null
      ? configuration.redis
      : { url: configuration.redis, tls: redisTls }
  const believed = displayOf(configuration)
  return defined({
    redis,
    kafka,
    schema,
    topic,
    topicPartitions,
    group,
    redisPrefix,
    poolSize,
    queueLimit,
    recentDays,
    display: Object.keys(believed).length > 0 ? believed : undefined,
    webhook: url === undefined || secret === undefined ? undefined : { url, secret },
    hashUserIds: hashUserIdsKey === undefined ? undefined : { key: hashUserIdsKey },
  })
}

function kafkaOf(configuration: Configuration): PostRateOptions['kafka'] {
  const { kafkaBrokers, kafkaTls, kafkaUsername, kafkaPassword, kafkaMechanism = 'plain' } = configuration
  if (kafkaBrokers === undefined) return undefined
  const sasl =
    kafkaUsername === undefined
      ? {}
      : { sasl: { mechanism: kafkaMechanism, username: kafkaUsername, password: kafkaPassword ?? '' } as never }
  return { brokers: kafkaBrokers, ...(kafkaTls === null ? {} : { ssl: kafkaTls }), ...sasl }
}

/** A mistyped variable must not pass as "not configured". */
function refuseUnknownVariables(env: Io['env']): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('POST_RATE_') || keys.some(({ variable }) => variable === name)) continue
    const known = keys.map(({ variable }) => variable).filter((variable) => variable.startsWith('POST_RATE_'))
    throw new ConfigurationError(`${name} is not a setting of post-rate: unset it. Known are ${known.join(', ')}.`)
  }
}

function parse(name: string, value: string, read: (text: string) => unknown, orElse = 'leave it out'): unknown {
  try {
    return read(value)
  } catch (error) {
    throw new ConfigurationError(`${name} ${(error as Error).message}; or ${orElse}.`)
  }
}

function warningsOf(flags: Flags): string[] {
  return keys
    .filter(({ flag, secret }) => secret && flag !== undefined && hasPassword(flags[camelCase(flag)]))
    .map(
      ({ flag, variable }) =>
        `--${flag} shows its password to every user of this machine; prefer ${variable} or the configuration file.`,
    )
}

/** SCRAM proves that it knows the password; PLAIN tells it to whoever listens. */
function cleartextWarnings({ kafkaUsername, kafkaMechanism = 'plain' }: Settings, { kafkaTls }: TlsSettings): string[] {
  if (kafkaUsername === undefined || kafkaMechanism !== 'plain' || kafkaTls !== null) return []
  return [
    'POST_RATE_KAFKA_PASSWORD goes over the network as it is: set POST_RATE_KAFKA_SSL=true, or choose a SCRAM mechanism.',
  ]
}

function fileWarnings(file: ConfigurationFile | null): string[] {
  if (file === null || !file.readableByOthers) return []
  const secrets = keys.filter(({ name, secret }) => secret && file.values[name] !== undefined)
  const exposed = secrets.filter(({ name }) => !URL.canParse(file.values[name] ?? '') || hasPassword(file.values[name]))
  return exposed.map(
    ({ name }) => `${file.path} can be read by other users and has a secret in it (${name}): \`chmod 600\` it.`,
  )
}

function hasPassword(value: unknown): boolean {
  // A cluster's nodes are separated by commas.
  const texts = typeof value === 'string' ? [value, ...value.split(',')] : []
  return texts
    .filter((text) => URL.canParse(text))
    .map((text) => new URL(text))
    .some(({ password, searchParams }) => password !== '' || searchParams.has('password'))
}

/** `postgres://ada:secret@db:5432/blog` as people may see it: without the password. */
export function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return '(a database)'
  const { protocol, username, host, pathname } = new URL(text)
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`
}

export function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Drops what is undefined: the library tells "left out" from "undefined". */
function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
