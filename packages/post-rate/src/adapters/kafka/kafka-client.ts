import { Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs'
import { isPostRateError, PostRateError } from '../../errors.ts'
import type { KafkaLike, KafkaOption } from '../../options.ts'
import type { Logger } from '../../ports/logger.ts'

/** A kafkajs client, which opens no connection by itself, and where it leads. */
export interface KafkaClient {
  kafka: Kafka
  /** Brokers for messages, without credentials. */
  address: string
}

/** Few and short: whoever waits has a deadline, and starts again with a new connection. */
export const retry = { initialRetryTime: 200, maxRetryTime: 2000, factor: 0.2, multiplier: 2, retries: 3 }

/** Makes the client, or takes the host's. No I/O; nothing of it is printed, all of it goes to `logger`. */
export function createKafkaClient(option: KafkaOption, logger: Logger): KafkaClient {
  if (isClient(option)) return { kafka: option as Kafka, address: 'the configured brokers' }
  const config = option as KafkaConfig
  const address = Array.isArray(config.brokers) ? config.brokers.join(', ') : 'the configured brokers'
  const kafka = new Kafka({
    clientId: 'post-rate',
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeLog(logger, entry),
    ...config,
  })
  return { kafka, address }
}

/** `UNAVAILABLE`, with the brokers and what to do about it. */
export function kafkaUnavailable(address: string, error: unknown): PostRateError {
  if (isPostRateError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new PostRateError(
    'UNAVAILABLE',
    `Cannot reach Kafka at ${address}: ${reason}. Start it with \`docker compose up --wait kafka\`, or leave out the brokers.`,
    { cause: error },
  )
}

/** True when a protocol error of this type is the error or lies behind it. */
export function isProtocolError(error: unknown, ...types: string[]): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (types.includes((e as { type?: string }).type ?? '')) return true
  }
  return false
}

/** How long a partition may be without a leader: just made, or just moved to another broker. */
const electionMs = 5_000

/** Repeats what failed because a partition has no leader at the moment. */
export async function whileElecting<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + electionMs; ; ) {
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

/** One level lower than kafkajs means it: what it calls an error it mostly repeats by itself a moment later. */
function writeLog(logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = log
  const write = level === logLevel.ERROR ? logger.warn : level === logLevel.WARN ? logger.info : logger.debug
  write.call(logger, `kafkajs: ${message}`, { namespace, ...details })
}
