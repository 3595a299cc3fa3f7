import type { Redis } from 'ioredis'
import type { Logger } from '../../ports/logger.ts'

type Callback = (error: Error | null | undefined, reply?: unknown) => void

const needless = /no password is set|without any password configured for the default user/
const tooOld = /wrong number of arguments for 'auth' command/

/**
 * ioredis 6.0 prints with `console.warn` what a server says to a login that it does not need, and where INFO is not allowed. A library
 * prints nothing, so both are answered before ioredis looks at them.
 */
export function quiet(client: Redis, logger: Logger): void {
  const { auth, info } = client
  const login = async (...args: unknown[]) => {
    try {
      return await (auth as (...args: unknown[]) => Promise<'OK'>).apply(client, args)
    } catch (error) {
      const { message } = error as Error
      if (tooOld.test(message))
        throw new Error('Redis 5 and older know no users: leave the user out of the URL', { cause: error })
      if (!needless.test(message)) throw error
      logger.warn('Redis was given a password and asks for none: check that it is the Redis that was meant')
      return 'OK'
    }
  }
  const readyCheck = (...args: unknown[]) => {
    const answer = args.at(-1)
    if (typeof answer !== 'function') return (info as (...args: unknown[]) => Promise<string>).apply(client, args)
    return (info as (callback: Callback) => Promise<string>).call(client, (error, reply) => {
      // A user without INFO is let in by ioredis as well.
      if (error?.message.includes('NOPERM')) (answer as Callback)(null, '')
      else (answer as Callback)(error, reply)
    })
  }
  Object.assign(client, { auth: login, info: readyCheck })
}
