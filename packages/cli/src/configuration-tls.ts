import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { keys, type Settings } from './configuration-keys.ts'
import { ConfigurationError } from './errors.ts'

type Server = 'redis' | 'kafka'

/** What encrypts a connection, in the form that the drivers of Redis and Kafka take. */
export interface Tls {
  ca?: string
  cert?: string
  key?: string
  rejectUnauthorized?: false
}

export interface TlsSettings {
  /** Null: not encrypted. */
  redisTls: Tls | null
  kafkaTls: Tls | null
}

/**
 * Reads the certificates that are named, and decides what is encrypted: whoever names an authority, a certificate or its
 * key does not want to be read by everybody, so anything that contradicts it is refused.
 * @throws ConfigurationError naming the key and what to do
 */
export async function readTls(settings: Settings, cwd: string): Promise<TlsSettings> {
  const forRedis = firstSet('redis', settings)
  const forKafka = firstSet('kafka', settings)
  const redisEncrypts = settings.redis?.startsWith('rediss:') ?? false
  if (settings.redis !== undefined && forRedis !== null && !redisEncrypts)
    throw new ConfigurationError(
      `${nameOf(forRedis)} is set, but REDIS_URL does not begin with rediss://, so that nothing would be encrypted: change one of them.`,
    )
  if (forKafka !== null && settings.kafkaSsl === false)
    throw new ConfigurationError(
      `${nameOf(forKafka)} is set, but POST_RATE_KAFKA_SSL is false, so that nothing would be encrypted: unset one of them.`,
    )
  const kafkaEncrypts = settings.kafkaSsl ?? forKafka !== null
  return {
    redisTls: redisEncrypts ? await tlsOf('redis', settings, cwd) : null,
    kafkaTls: kafkaEncrypts ? await tlsOf('kafka', settings, cwd) : null,
  }
}

async function tlsOf(server: Server, settings: Settings, cwd: string): Promise<Tls> {
  const [caName, certName, keyName] = [`${server}Ca`, `${server}Cert`, `${server}Key`] as const
  const { [caName]: ca, [certName]: cert, [keyName]: key } = settings
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigurationError(`${nameOf(certName)} and ${nameOf(keyName)} belong together: set both, or none.`)
  const tls: Tls = settings[`${server}Insecure`] === true ? { rejectUnauthorized: false } : {}
  if (ca !== undefined) tls.ca = await readPem(caName, ca, 'CERTIFICATE', cwd)
  if (cert !== undefined) tls.cert = await readPem(certName, cert, 'CERTIFICATE', cwd)
  if (key !== undefined) tls.key = await readPem(keyName, key, 'PRIVATE KEY', cwd)
  return tls
}

async function readPem(name: keyof Settings, file: string, kind: string, cwd: string): Promise<string> {
  const path = resolve(cwd, file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigurationError(`${nameOf(name)}: ${path} cannot be read (${code}); correct the path.`, {
      cause: error,
    })
  }
  // Node would take anything here, and trust nobody then.
  if (!new RegExp(`-----BEGIN [A-Z ]*${kind}-----`).test(text))
    throw new ConfigurationError(`${nameOf(name)}: there is no ${kind.toLowerCase()} in PEM form in ${path}.`)
  return text
}

/** The first setting that makes sense only where there is encryption. */
function firstSet(server: Server, settings: Settings): string | null {
  const names = [`${server}Ca`, `${server}Cert`, `${server}Key`, `${server}Insecure`] as const
  return names.find((name) => settings[name] !== undefined && settings[name] !== false) ?? null
}

/** `kafkaCa (POST_RATE_KAFKA_CA)` */
function nameOf(name: string): string {
  const key = keys.find((one) => one.name === name)
  return key === undefined ? name : `${name} (${key.variable})`
}
