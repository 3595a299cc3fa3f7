import type { SharedRedis } from 'post-rate'
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes, RLWrapperTimeouts } from 'rate-limiter-flexible'

/** So many requests within so many seconds, counted from the first one. */
export interface Quota {
  /** A whole number from 1. */
  requests: number
  /** A whole number from 1 to 86,400. */
  seconds: number
}

export interface Limiter extends Quota {
  /** Of the policy: in the headers, and in the keys. */
  name: string
  /** Counts a request; rejects with the same figures when the quota is used up. */
  consume(key: string): Promise<RateLimiterRes>
}

/** Milliseconds that Redis gets to answer; after that the process counts for itself. */
const redisPatience = 250
/** Callers that a process remembers at most; the ones that came least recently are forgotten first. */
const mostCallers = 100_000

/** A limiter that looks for Redis with the first request, not before. */
export function createLimiter(name: string, quota: Quota, redis: () => SharedRedis | null): Limiter {
  const { requests: points, seconds: duration } = quota
  const memory = new BoundedMemory({ points, duration })
  let limiter: Pick<Limiter, 'consume'> | undefined
  return {
    ...quota,
    name,
    consume: (key) => {
      limiter ??= withRedis(redis())
      return limiter.consume(key)
    },
  }

  function withRedis(shared: SharedRedis | null): Pick<Limiter, 'consume'> {
    if (shared === null) return memory
    return new RLWrapperTimeouts({
      limiter: new ConnectedRedis(shared, {
        storeClient: shared.client,
        // Never followed by a brace, so that no key is taken for a post's.
        keyPrefix: `${shared.prefix}limit:${name}`,
        points,
        duration,
      }),
      insuranceLimiter: memory,
      timeoutMs: redisPatience,
    })
  }
}

/** Waits for the first connection: a process that has just started counts together with the others at once. */
class ConnectedRedis extends RateLimiterRedis {
  readonly #shared: SharedRedis

  constructor(shared: SharedRedis, options: ConstructorParameters<typeof RateLimiterRedis>[0]) {
    super(options)
    this.#shared = shared
  }

  override async consume(...args: Parameters<RateLimiterRedis['consume']>): Promise<RateLimiterRes> {
    await this.#shared.connected()
    return super.consume(...args)
  }
}

class BoundedMemory extends RateLimiterMemory {
  readonly #callers = new Set<string>()

  override consume(...args: Parameters<RateLimiterMemory['consume']>): Promise<RateLimiterRes> {
    const key = String(args[0])
    this.#callers.delete(key)
    this.#callers.add(key)
    if (this.#callers.size > mostCallers) {
      const oldest = this.#callers.values().next().value as string
      this.#callers.delete(oldest)
      void this.delete(oldest)
    }
    return super.consume(...args)
  }
}
