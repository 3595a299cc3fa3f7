import type { Request } from 'express'
import type { PostRate } from 'post-rate'
import { aFunction, type Checks, checkOptions, isObject } from '../check-options.ts'
import type { MaybePromise } from '../options.ts'
import { publicPathCheck } from '../public-path.ts'

/**
 * Gives the name under which a moderator's decisions are noted, 1-255 characters; `null` or `undefined` for anybody else, who gets 403.
 * What it throws goes to the host's error handler.
 */
export type ModeratorOf = (req: Request) => MaybePromise<string | null | undefined>

/** Options of `createModerationRouter`. A key that it does not know, or a value that cannot be used, is refused at once. */
export interface ModerationRouterOptions {
  /** What `createPostRate` gave. Needed. */
  postRate: Pick<PostRate, 'audit' | 'incidents' | 'moderation' | 'posts' | 'stats'>
  /** Tells which moderator is asking. Needed. */
  moderatorOf: ModeratorOf
  /**
   * Origins such as `https://admin.example.com` whose pages may send decisions. A decision that a browser marks as another site's is
   * answered with 403. Default: none but the page's own origin.
   */
  allowedOrigins?: readonly string[] | undefined
  /** Path under which browsers reach the router, for example `/shop/moderation`. Set it behind a proxy that strips a prefix. */
  publicPath?: string | undefined
}

const checks: Checks<ModerationRouterOptions> = {
  postRate: [
    'what createPostRate of post-rate gave',
    (value) => isObject(value) && 'incidents' in value && 'moderation' in value,
  ],
  moderatorOf: ['a function that gives the name of the moderator who is asking, or null', aFunction],
  allowedOrigins: [
    'a list of origins such as https://admin.example.com, [] for none',
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  ],
  publicPath: publicPathCheck,
}

/** @throws TypeError naming the key */
export function checkModerationOptions(options: ModerationRouterOptions): void {
  checkOptions(options, checks, ['postRate', 'moderatorOf'])
}
