import { isPostRateError, PostRateError } from '../../errors.ts'
import { type ConnectionWords, connectionProblem, reasonOf, startHint } from '../connection-problem.ts'

const words: ConnectionWords = {
  encrypt: 'a URL that begins with `rediss://`',
  plain: 'write `redis://`',
  ca: '`tls.ca` (`POST_RATE_REDIS_CA` for the command line)',
  certificate: '`tls.cert` and `tls.key` (`POST_RATE_REDIS_CERT`, `POST_RATE_REDIS_KEY`)',
  login: 'the Redis URL (`REDIS_URL`)',
}

/** Where the client leads, for messages: without credentials. */
export interface RedisAddress {
  address: string
  /** Whether it is asked to encrypt; null where that is unknown. */
  encrypted: boolean | null
}

/** `UNAVAILABLE`, with the server's address and what to do about it. */
export function redisUnavailable({ address, encrypted }: RedisAddress, error: unknown): PostRateError {
  if (isPostRateError(error)) return error
  const cause = withoutSecrets(error)
  const problem = connectionProblem(cause, words)
  if (problem !== null)
    return new PostRateError('UNAVAILABLE', `Cannot use Redis at ${address}: ${problem} (${reasonOf(cause)}).`, {
      cause,
    })
  const message =
    cause instanceof Error && cause.name === 'ReplyError'
      ? `Redis at ${address} refused: ${reasonOf(cause)}. Check its login, its memory limit and whether it is a master.`
      : `Cannot reach Redis at ${address}: ${reasonOf(cause)}. ${startHint(cause, 'redis')}, or leave out the Redis URL.${perhaps(cause, encrypted)}`
  return new PostRateError('UNAVAILABLE', message, { cause })
}

/** What the beginning of a reply means and what to do about it. */
export function redisProblem(reply: string): string {
  return connectionProblem({ message: reply }, words) ?? reply
}

/**
 * A server that wants TLS, or a certificate, hangs up on who comes without; one that does not know TLS waits for a line's
 * end.
 */
function perhaps(error: unknown, encrypted: boolean | null): string {
  const reason = reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error)
  if (encrypted === false && /ECONNRESET|EPIPE|closed/.test(reason)) return ` If it demands TLS, use ${words.encrypt}.`
  if (encrypted === true && /ETIMEDOUT|ECONNRESET|closed/.test(reason))
    return ` If it does not speak TLS, which this process demands, switch TLS on there or ${words.plain}. If it demands a certificate of its clients, name it in ${words.certificate}.`
  return ''
}

/**
 * ioredis notes a failed command's arguments in its error; those of a login are the password. A Cluster's error says only
 * that no node answered, and keeps the reason beside it.
 */
function withoutSecrets(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { command, lastNodeError } = error as { command?: unknown; lastNodeError?: Error }
  const behind = error.cause ?? lastNodeError
  const cause = behind === undefined ? undefined : withoutSecrets(behind)
  if (command === undefined && cause === error.cause) return error
  const message = lastNodeError === undefined ? error.message : `${error.message} ${lastNodeError.message}`
  const copy = new Error(message, cause === undefined ? undefined : { cause })
  const { code } = error as { code?: unknown }
  return Object.assign(copy, { name: error.name }, code === undefined ? {} : { code })
}
