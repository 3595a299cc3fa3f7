import type { Request } from 'express'
import type { PostRate } from 'post-rate'
import type { Registry } from 'prom-client'
import type { RateLimitOptions } from './rate-limit.ts'

/** What a caller wants to do; given to `authorize`. */
export type Action = 'list-posts' | 'read-post' | WriteAction
export type WriteAction = 'create-post' | 'rate-post' | 'withdraw-rating'

/** A question to the host: may this user write this? `postId` is set where the action is about one post. */
export interface AuthorizeQuestion {
  action: WriteAction
  postId?: number | undefined
  /** Writing without a user is refused before the host is asked. */
  userId: string
}

/** A user id of 1-255 characters. A whole number is taken as its digits. */
export type UserId = string | number | bigint

/**
 * Tells who is asking: a user id, or `null` or `undefined` for nobody. `{ id, established }` also tells whether the account is
 * established, which is stored with its ratings; without `established` the standing is unknown. What it throws goes to the host's
 * error handler.
 */
export type GetUser = (
  req: Request,
) => MaybePromise<
  UserId | { id: UserId | null | undefined; established?: boolean | null | undefined } | null | undefined
>

/**
 * `false` is answered with 403. Asked before every write, after the request has been validated. Who may read is decided
 * by what the host mounts before the router, and post by post by the post store's `visible`.
 */
export type Authorize = (question: AuthorizeQuestion, req: Request) => MaybePromise<boolean>

export type MaybePromise<T> = T | Promise<T>

/** What `createRouter` takes. A key that it does not know, or a value that cannot be used, is refused at once. */
export interface RouterOptions {
  /** What `createPostRate` gave. Needed. */
  postRate: Pick<PostRate, 'posts' | 'ratings' | 'now'> & Partial<Pick<PostRate, 'redis'>>
  /** Tells who is asking. Needed. */
  getUser: GetUser
  /** Asked before every write. Default: creating posts is forbidden and everything else is allowed. */
  authorize?: Authorize | undefined
  /** Requests per so many seconds. Default: nothing is limited. Who has used up a quota is answered with 429 before a body is read. */
  rateLimit?: RateLimitOptions | undefined
  /**
   * Set it, `[]` included, where users log in by cookie: a write that a browser marks as another site's is then answered
   * with 403 unless its origin is listed, as `https://app.example.com`. Default: nothing is checked, because who logs in by
   * a header of its own cannot be ridden on, and may well come from another origin.
   */
  allowedOrigins?: readonly string[] | undefined
  /**
   * Request headers that also tell who is asking, for example the one that a trusted proxy sets. They are added to
   * `Vary`, and a request with one of them is never answered for shared caches. Default: none but `Cookie` and
   * `Authorization`.
   */
  varyHeader?: string | readonly string[] | undefined
  /** Seconds for which shared caches may keep an anonymous reading answer at most, 0-31,536,000. Default 30. */
  maxAgeSeconds?: number | undefined
  /**
   * Path under which clients reach the router, for example `/shop/api`. Set it behind a proxy that strips a prefix. Default: the
   * prefix under which the host mounted the router.
   */
  publicPath?: string | undefined
  /**
   * Where `post_rate_http_seconds` is registered: how long requests took, by method, path and status. Give
   * `createOpsRouter` the same one. Without it nothing is measured.
   */
  registry?: Registry | undefined
  /** Value of `WWW-Authenticate` on 401, for example `Bearer`. Default: the header is not sent. */
  challenge?: string | undefined
}
