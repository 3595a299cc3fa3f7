import { isPostRateError, PostRateError } from '../../errors.ts'

/** `UNAVAILABLE`, with the server's address and what to do about it. */
export function redisUnavailable(address: string, error: unknown): PostRateError {
  if (isPostRateError(error)) return error
  const cause = withoutSecrets(error)
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : String(cause)
  const message =
    cause instanceof Error && cause.name === 'ReplyError'
      ? `Redis at ${address} refused: ${reason}. Check its login, its memory limit and whether it is a master.`
      : `Cannot reach Redis at ${address}: ${reason}. Start it with \`docker compose up --wait redis\`, or leave out the Redis URL.`
  return new PostRateError('UNAVAILABLE', message, { cause })
}

/** ioredis notes a failed command's arguments in its error; those of a login are the password. */
function withoutSecrets(error: unknown): unknown {
  const command = (error as { command?: { name?: string } } | null)?.command
  if (!(error instanceof Error) || command === undefined) return error
  const copy = new Error(error.message)
  copy.name = error.name
  return copy
}
