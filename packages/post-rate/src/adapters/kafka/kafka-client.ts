import { Kafka, type KafkaConfig, type LogEntry, logLevel, type RetryOptions } from 'kafkajs'
import { isPostRateError, PostRateError } from '../../errors.ts'
import type { KafkaLike, KafkaOption } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'
import { type ConnectionWords, connectionProblem, reasonOf, startHint } from '../connection-problem.ts'
import { type KafkaTimings, kafkaTimings } from './kafka-timings.ts'
import { quietRequestQueue } from './quiet-request-queue.ts'

/** A kafkajs client, which opens no connection by itself, and where it leads. */
export interface KafkaClient {
  kafka: Kafka
  target: KafkaTarget
  timings: KafkaTimings
}

/** For messages: without credentials. */
export interface KafkaTarget {
  /** The brokers. */
  address: string
  /** Whether it is asked to encrypt; null where that is unknown. */
  encrypted: boolean | null
  /** Whether it logs in; null where that is unknown. */
  login: boolean | null
}

const words: ConnectionWords = {
  encrypt: '`ssl` (`POST_RATE_KAFKA_SSL`)',
  plain: 'leave `ssl` (`POST_RATE_KAFKA_SSL`) out',
  ca: '`ssl.ca` (`POST_RATE_KAFKA_CA` for the command line)',
  certificate: '`ssl.cert` and `ssl.key` (`POST_RATE_KAFKA_CERT`, `POST_RATE_KAFKA_KEY`)',
  login: '`sasl` (`POST_RATE_KAFKA_USERNAME`, `_PASSWORD`, `_MECHANISM`)',
}

/** Few repetitions with short pauses: each caller has a deadline, and starts again with a new connection. */
export function retryOf({ requestRetryMs }: KafkaTimings): RetryOptions & { retries: number } {
  return { initialRetryTime: requestRetryMs, maxRetryTime: 10 * requestRetryMs, factor: 0.2, multiplier: 2, retries: 3 }
}

/** Makes the client, or takes the host's. No I/O; nothing of it is printed, all of it goes to `logger`. */
export function createKafkaClient(
  option: KafkaOption,
  logger: Logger,
  overrides: Partial<KafkaTimings> = {},
): KafkaClient {
  const timings = { ...kafkaTimings, ...overrides }
  const somewhere = 'the configured brokers'
  if (isClient(option))
    return { kafka: option as Kafka, target: { address: somewhere, encrypted: null, login: null }, timings }
  const config = option as KafkaConfig
  const address = Array.isArray(config.brokers) ? config.brokers.join(', ') : somewhere
  if (typeof config.ssl === 'object' && config.ssl.rejectUnauthorized === false)
    logger.warn("Kafka's certificate is not checked: anybody could stand in for it", { address })
  quietRequestQueue()
  const kafka = new Kafka({
    clientId: 'post-rate',
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: retryOf(timings),
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeLog(logger, entry),
    ...config,
  })
  return { kafka, target: { address, encrypted: Boolean(config.ssl), login: config.sasl !== undefined }, timings }
}

/** `UNAVAILABLE`, with the brokers and what to do about it. */
export function kafkaUnavailable(target: KafkaTarget, error: unknown): PostRateError {
  if (isPostRateError(error)) return error
  const problem = connectionProblem(error, words)
  const reason = reasonOf(error)
  return new PostRateError(
    'UNAVAILABLE',
    problem === null
      ? `Cannot reach Kafka at ${target.address}: ${reason}. ${startHint(error, 'kafka')}, or leave out the brokers.${perhaps(target, reason)}`
      : `Cannot use Kafka at ${target.address}: ${problem} (${reason}).`,
    { cause: error },
  )
}

/** A broker that wants TLS or a login says nothing to who comes without: it hangs up. */
function perhaps({ encrypted, login }: KafkaTarget, reason: string): string {
  if (!/closed|ECONNRESET/i.test(reason)) return ''
  if (encrypted === false) return ` If it demands TLS, use ${words.encrypt}.`
  if (login === false)
    return ` If it demands a login, give ${words.login}; if it demands a certificate of its clients, name it in ${words.certificate}.`
  return ''
}

/** True when a protocol error of this type is the error or lies behind it. */
export function isProtocolError(error: unknown, ...types: string[]): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (types.includes((e as { type?: string }).type ?? '')) return true
  }
  return false
}

/** Repeats what failed because a partition has no leader at the moment. */
export async function whileElecting<T>({ electionTimeoutMs }: KafkaTimings, work: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + electionTimeoutMs; ; ) {
    try {
      return await work()
    } catch (error) {
      const electing = isProtocolError(error, 'NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE')
      if (!electing || performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function isClient(option: KafkaOption): option is KafkaLike {
  return typeof (option as Partial<KafkaLike>).producer === 'function'
}

/** What brokers say of a topic that is not there: no trouble, since it is made then. */
const noSuchTopic = /does not host this topic-partition/

/** One level lower than kafkajs means it: what it calls an error it mostly repeats by itself a moment later. */
function writeLog(logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = log
  const trouble = level === logLevel.ERROR && !noSuchTopic.test(String(details.error))
  const write = trouble ? logger.warn : level <= logLevel.WARN ? logger.info : logger.debug
  // An error object is `{}` in JSON.
  const texts = Object.entries(details).map(([name, one]) => [name, one instanceof Error ? one.message : one])
  write.call(logger, `kafkajs: ${message}`, { namespace, ...Object.fromEntries(texts) })
}
