import express, { type Request, type Response, type Router } from 'express'
import { type Caching, createCaching, nothingPromised } from './caching.ts'
import { checkRouterOptions } from './check-router-options.ts'
import { createOriginCheck, type OriginCheck } from './cross-site.ts'
import { dispatch } from './dispatch.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { createPost } from './endpoints/create-post.ts'
import { describingEndpoints } from './endpoints/describe-api.ts'
import { getHistory } from './endpoints/get-history.ts'
import { getPost } from './endpoints/get-post.ts'
import { listPosts } from './endpoints/list-posts.ts'
import { postRating, putRating } from './endpoints/rate-post.ts'
import { withdrawRating } from './endpoints/withdraw-rating.ts'
import { createFinder, type Place } from './find-endpoint.ts'
import { type Asker, checkAllowed, currentUser } from './hooks.ts'
import type { Action, RouterOptions, WriteAction } from './options.ts'
import { Refusal, sendProblem } from './problem.ts'
import { prefixOf, rootOf } from './public-path.ts'
import { createRateLimits, type RateLimits } from './rate-limit.ts'
import { readBody } from './read-body.ts'
import { requestMetrics } from './request-metrics.ts'
import { sendNothing, sendText } from './send.ts'
import { serveBrowserFiles } from './serve-browser-files.ts'
import { validate } from './validate.ts'

const endpoints: readonly Endpoint<never>[] = [
  listPosts,
  createPost,
  getPost,
  getHistory,
  putRating,
  withdrawRating,
  postRating,
]

/**
 * The HTTP API as a router that a host mounts where it likes. Paths that it does not know, and errors that are not the
 * library's, are the host's.
 * @throws TypeError, or RangeError of a quota, naming the option that cannot be used
 */
export function createRouter(options: RouterOptions): Router {
  checkRouterOptions(options)
  const find = createFinder([...endpoints, ...describingEndpoints(endpoints)])
  const parts: Parts = {
    options,
    caching: createCaching(options),
    limits: createRateLimits(options.rateLimit ?? {}, () => options.postRate.redis ?? null),
    mayComeFrom: options.allowedOrigins && createOriginCheck(options.allowedOrigins),
  }
  const measure = options.registry && requestMetrics(options.registry)
  const router = express.Router()
  const files = serveBrowserFiles(/^\/(stars|history)(\.js$|\/)/)
  router.use((req, res, next) => {
    const place = find(req.path)
    if (place === null) return files(req, res, next)
    measure?.(req, res, place.path)
    dispatch({
      ...{ place, req, res, next },
      answer: (endpoint) => answer(parts, endpoint, place.params, req, res),
      sendProblem: (refusal) => sendProblem(res, refusal, prefixOf(req, options.publicPath)),
    })
  })
  return router
}

/** What a router is made of beside its endpoints. */
interface Parts {
  options: RouterOptions
  caching: Caching
  limits: RateLimits
  /** Undefined where the host did not ask for it. */
  mayComeFrom: OriginCheck | undefined
}

async function answer(
  parts: Parts,
  endpoint: Endpoint<never>,
  params: Place['params'],
  req: Request,
  res: Response,
): Promise<void> {
  const { options, caching } = parts
  const { method } = endpoint
  if (method === 'GET') caching.vary(res)
  const { userId, established, input } = await judge(endpoint, parts, params, req, res)
  const [prefix, root] = [prefixOf(req, options.publicPath), rootOf(req, options.publicPath)]
  const { postRate } = options
  send(await endpoint.answer({ input: input as never, userId, established, prefix, root, postRate }))

  function send({ status, body, json, html, headers = {}, promise = nothingPromised }: Answer) {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    const text = html ?? json ?? JSON.stringify(body)
    if (method !== 'GET') res.setHeader('Cache-Control', 'private, no-cache')
    else if (caching.apply(req, res, { text, promise, userId, now: options.postRate.now() }))
      return sendNothing(res, 304)
    if (status === 204) return sendNothing(res, status)
    sendText(res, status, html === undefined ? 'application/json' : 'text/html', text)
  }
}

/**
 * Every rule in order: 429 of the address, 401, 429 of the user, 415, 413, 400, 403. What is left is the library's: 404, 503.
 */
async function judge(endpoint: Endpoint<never>, parts: Parts, params: Place['params'], req: Request, res: Response) {
  const { action } = endpoint
  const { options, limits, mayComeFrom } = parts
  await limits.checkAddress(req, res)
  const nobody: Asker = { userId: null, established: null }
  const { userId, established } = action === null ? nobody : await currentUser(options.getUser, req)
  if (endpoint.needsUser && userId === null)
    throw new Refusal('UNAUTHENTICATED', {
      headers: options.challenge === undefined ? {} : { 'WWW-Authenticate': options.challenge },
    })
  if (isWrite(action) && userId !== null) await limits.checkUser(userId, res)
  const body = endpoint.body === null ? undefined : await readBody(req, endpoint.bodyLimit)
  const input = validate(endpoint, { params, url: req.url, body })
  if (isWrite(action) && userId !== null) {
    if (mayComeFrom && !mayComeFrom(req)) throw new Refusal('FORBIDDEN')
    const postId = endpoint.postIdOf(input as never)
    const authorize = options.authorize ?? (() => action !== 'create-post')
    await checkAllowed(authorize, { action, ...(postId !== undefined && { postId }), userId }, req)
  }
  return { userId, established, input }
}

function isWrite(action: Action | null): action is WriteAction {
  return action === 'create-post' || action === 'rate-post' || action === 'withdraw-rating'
}
