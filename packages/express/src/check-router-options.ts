import { aFunction, type Checks, checkOptions, isObject, wholeNumber } from './check-options.ts'
import type { RouterOptions } from './options.ts'
import { publicPathCheck } from './public-path.ts'

/** A token of RFC 9110, 5.6.2. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const checks: Checks<RouterOptions> = {
  postRate: [
    'what createPostRate of post-rate gave',
    (value) => isObject(value) && 'posts' in value && 'ratings' in value,
  ],
  getUser: ['a function that gives the id of who is asking, or null', aFunction],
  authorize: ['a function that gives true or false; leave it out to let everybody rate and nobody create', aFunction],
  rateLimit: ['an object with perUser, perAddress or both; leave it out for no limit', isObject],
  allowedOrigins: ['a list of origins such as https://app.example.com, [] for none', isTextList],
  varyHeader: ['a header name or a list of them', (value) => [value].flat().every(isHeaderName)],
  maxAgeSeconds: wholeNumber(0, 31_536_000),
  publicPath: publicPathCheck,
  registry: ['a registry of prom-client', (value) => isObject(value) && 'getSingleMetric' in value],
  challenge: ['a value for WWW-Authenticate, for example Bearer', isHeaderValue],
}

/** @throws TypeError naming the key */
export function checkRouterOptions(options: RouterOptions): void {
  checkOptions(options, checks, ['postRate', 'getUser'])
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isHeaderName(value: unknown): boolean {
  return typeof value === 'string' && headerName.test(value)
}

function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)
}
