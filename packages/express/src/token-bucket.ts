import type { Request } from 'express'
import type { Action, RateLimit } from './options.ts'

export interface TokenBucketOptions {
  /** Requests per minute that one caller may go on with. */
  perMinute: number
  /** Requests that a rested caller may send at once. Default `perMinute`. */
  burst?: number
  /** What is limited. Default: everything that writes. */
  actions?: readonly Action[]
  /** Milliseconds; for tests. */
  now?: () => number
}

const writes: readonly Action[] = ['create-post', 'rate-post', 'withdraw-rating']
/** Callers remembered at most; the ones that asked least recently are forgotten first. */
const mostCallers = 100_000

/**
 * A rate limit for one process, per user, and per address for readers without one (`req.ip`, which follows the host's
 * `trust proxy`). For several processes give `rateLimit` a function that asks a shared store.
 */
export function createTokenBucket(options: TokenBucketOptions): RateLimit {
  const { perMinute, burst = perMinute, actions = writes, now = Date.now } = options
  if (!(perMinute > 0) || !(burst >= 1)) throw new RangeError('perMinute must be above 0 and burst at least 1')
  const perMillisecond = perMinute / 60_000
  const buckets = new Map<string, { tokens: number; at: number }>()
  return ({ action, userId }, req: Request) => {
    if (!actions.includes(action)) return null
    const caller = userId === null ? `address ${req.ip}` : `user ${userId}`
    const time = now()
    const bucket = buckets.get(caller) ?? { tokens: burst, at: time }
    const tokens = Math.min(burst, bucket.tokens + Math.max(0, time - bucket.at) * perMillisecond)
    buckets.delete(caller)
    buckets.set(caller, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: time })
    if (buckets.size > mostCallers) buckets.delete(buckets.keys().next().value as string)
    return tokens >= 1 ? null : (1 - tokens) / perMillisecond / 1000
  }
}
