import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import type { ShownStats } from 'post-rate'

export interface CachingOptions {
  varyHeader?: string | readonly string[] | undefined
  maxAgeSeconds?: number | undefined
}

/** Decides who may keep a reading answer, and for how long. */
export interface Caching {
  /** Names the headers that an answer depends on; what the host has named before stays. */
  vary(res: Response): void
  /** Sets `Cache-Control` and `ETag`. True when the client has this very answer already: send 304. */
  apply(req: Request, res: Response, answer: CacheableAnswer): boolean
}

/** How long nothing in the figures of an answer's posts can change. */
export interface Promised {
  /** Their nearest `nextUpdateAt`, milliseconds since the epoch; null where none has one. */
  nextUpdateAt: number | null
  /** True where a change may show at any moment. */
  unpromised: boolean
}

export interface CacheableAnswer {
  text: string
  promise: Promised
  userId: string | null
  /** Milliseconds since the epoch. */
  now: number
}

const defaultMaxAge = 30
/** Bounds the age of an answer with a post that may change at any moment. Seconds. */
const maxAgeWithoutPromise = 5

export function createCaching({ varyHeader = [], maxAgeSeconds = defaultMaxAge }: CachingOptions): Caching {
  const named = typeof varyHeader === 'string' ? [varyHeader] : varyHeader
  const headers = ['Cookie', 'Authorization', ...named]
  const varied = headers.join(', ')
  const isAnonymous = (req: Request) => headers.every((name) => req.headers[name.toLowerCase()] === undefined)
  return {
    vary(res) {
      if (res.getHeader('Vary') === undefined) res.setHeader('Vary', varied)
      else res.vary(varied)
    },
    apply(req, res, answer) {
      // A user recognised by something else, an address say, must not meet a shared cache either.
      if (answer.userId !== null || !isAnonymous(req)) {
        res.setHeader('Cache-Control', 'private, no-cache')
        return false
      }
      const etag = etagOf(answer)
      res.setHeader('Cache-Control', `public, max-age=${maxAgeOf(answer.promise, answer.now, maxAgeSeconds)}`)
      res.setHeader('ETag', etag)
      keepCookiesPrivate(res)
      return hasETag(req.headers['if-none-match'], etag)
    },
  }
}

/**
 * Makes an answer private when it sets a cookie, which a shared cache would hand to every reader. Session middleware of a host sets
 * cookies as late as in `writeHead`, which sets its headers through these two methods.
 */
export function keepCookiesPrivate(res: Response): void {
  const { setHeader, appendHeader } = res
  const makePrivate = () => setHeader.call(res, 'Cache-Control', 'private, no-cache')
  const isCookie = (name: string) => name.toLowerCase() === 'set-cookie'
  if (res.hasHeader('Set-Cookie')) makePrivate()
  res.setHeader = (name, value) => {
    setHeader.call(res, name, value)
    if (isCookie(name)) makePrivate()
    return res
  }
  res.appendHeader = (name, value) => {
    appendHeader.call(res, name, value)
    if (isCookie(name)) makePrivate()
    return res
  }
}

/** Of an answer without posts. */
export const nothingPromised: Promised = { nextUpdateAt: null, unpromised: true }

export function promiseOf({ nextUpdateAt }: Pick<ShownStats, 'nextUpdateAt'>): Promised {
  return nextUpdateAt === null ? nothingPromised : { nextUpdateAt: Date.parse(nextUpdateAt), unpromised: false }
}

/** Whole seconds during which nothing that was promised can change. */
function maxAgeOf({ nextUpdateAt, unpromised }: Promised, now: number, longest: number): number {
  const left = nextUpdateAt === null ? longest : (nextUpdateAt - now) / 1000
  return Math.max(0, Math.floor(Math.min(left, longest, unpromised ? maxAgeWithoutPromise : longest)))
}

/** What was sent last of the answers that many readers share: their check sums are made once, too. */
const etags = new WeakMap<Promised, { text: string; etag: string }>()

function etagOf({ text, promise }: CacheableAnswer): string {
  const known = etags.get(promise)
  if (known?.text === text) return known.etag
  const etag = `W/"${createHash('sha1').update(text).digest('base64url')}"`
  etags.set(promise, { text, etag })
  return etag
}

/** Weak comparison (RFC 9110, 8.8.3.2). */
function hasETag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => bare(tag) === bare(etag))
}
