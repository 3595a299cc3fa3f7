import type { Request, Response } from 'express'
import type { SharedRedis } from 'post-rate'
import { RateLimiterRes } from 'rate-limiter-flexible'
import { isObject } from './check-options.ts'
import { createLimiter, type Limiter, type Quota } from './limiter.ts'
import { Refusal } from './problem.ts'
import { addressKey, userKey } from './rate-limit-keys.ts'

export interface RateLimitOptions {
  /** For the writes of each user. Default: not limited. */
  perUser?: Quota
  /**
   * For all requests from each address (`req.ip`, which follows the host's `trust proxy`; of IPv6 its /56), judged before
   * the host is asked who it is. Default: not limited.
   */
  perAddress?: Quota
  /**
   * Where the processes count together. Default: the library's Redis, if it has one. Without, with `null`, and while Redis
   * is away, each process counts for itself.
   */
  redis?: SharedRedis | null
}

/** Seconds. */
const longestWindow = 86_400

/** The two limits of a router, each passed by whoever has quota left. Both @throw Refusal RATE_LIMITED */
export interface RateLimits {
  checkAddress(req: Request, res: Response): Promise<void>
  checkUser(userId: string, res: Response): Promise<void>
}

const known = ['perUser', 'perAddress', 'redis']

/** @throws TypeError for a key that is none, RangeError for a quota that is none */
export function createRateLimits(options: RateLimitOptions, redisOfLibrary: () => SharedRedis | null): RateLimits {
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown !== undefined) throw new TypeError(`rateLimit.${unknown} is no option; there are ${known.join(', ')}`)
  const redis = () => (options.redis === undefined ? redisOfLibrary() : options.redis)
  const perUser = options.perUser && createLimiter('user', checkQuota('perUser', options.perUser), redis)
  const perAddress = options.perAddress && createLimiter('address', checkQuota('perAddress', options.perAddress), redis)
  return {
    checkAddress: async (req, res) => {
      if (perAddress) await check(perAddress, addressKey(req.ip), res)
    },
    checkUser: async (userId, res) => {
      if (perUser) await check(perUser, userKey(userId), res)
    },
  }
}

async function check(limiter: Limiter, key: string, res: Response): Promise<void> {
  const { name, requests, seconds } = limiter
  const { outcome, passes } = await consume(limiter, key)
  const reset = Math.max(1, Math.ceil(outcome.msBeforeNext / 1000))
  // As in the draft "RateLimit header fields for HTTP" of the IETF's httpapi group.
  addToList(res, 'RateLimit-Policy', `"${name}";q=${requests};w=${seconds}`)
  addToList(res, 'RateLimit', `"${name}";r=${outcome.remainingPoints};t=${reset}`)
  if (!passes) throw new Refusal('RATE_LIMITED', { headers: { 'Retry-After': String(reset) } })
}

async function consume(limiter: Limiter, key: string): Promise<{ outcome: RateLimiterRes; passes: boolean }> {
  try {
    return { outcome: await limiter.consume(key), passes: true }
  } catch (outcome) {
    // The library rejects with the same figures when the quota is used up.
    if (outcome instanceof RateLimiterRes) return { outcome, passes: false }
    throw outcome
  }
}

/** A host may have limits of its own: theirs stay in the list. */
function addToList(res: Response, header: string, item: string): void {
  const before = res.getHeader(header)
  res.setHeader(header, before === undefined ? item : `${before}, ${item}`)
}

function checkQuota(option: string, quota: Quota): Quota {
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1
  if (isObject(quota) && isCount(quota.requests) && isCount(quota.seconds) && quota.seconds <= longestWindow)
    return quota
  throw new RangeError(
    `rateLimit.${option} must have requests from 1 and seconds from 1 to ${longestWindow}, whole numbers`,
  )
}
