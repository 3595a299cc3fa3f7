import express, { type Request, type Response, type Router } from 'express'
import { isUserId } from 'post-rate'
import { createOriginCheck } from '../cross-site.ts'
import { dispatch } from '../dispatch.ts'
import { createFinder } from '../find-endpoint.ts'
import { ask, described, HookFailure } from '../hooks.ts'
import { Refusal, sendProblem } from '../problem.ts'
import { prefixOf } from '../public-path.ts'
import { readBody } from '../read-body.ts'
import { sendText } from '../send.ts'
import { serveBrowserFiles } from '../serve-browser-files.ts'
import { validate } from '../validate.ts'
import { listAudit } from './endpoints/audit.ts'
import { excludeUsers, listExcludedUsers, restoreUsers } from './endpoints/excluded-users.ts'
import { excludePeriod, listExclusions, restorePeriod } from './endpoints/exclusions.ts'
import { excludeIncident, getIncident, listIncidents, releaseIncident } from './endpoints/incidents.ts'
import { showPage } from './endpoints/page.ts'
import { findPost } from './endpoints/posts.ts'
import type { ModerationEndpoint } from './moderation-endpoint.ts'
import { checkModerationOptions, type ModerationRouterOptions, type ModeratorOf } from './options.ts'

const endpoints: readonly ModerationEndpoint<never>[] = [
  showPage,
  ...[listIncidents, getIncident, releaseIncident, excludeIncident],
  ...[listExclusions, excludePeriod, restorePeriod],
  ...[listExcludedUsers, excludeUsers, restoreUsers],
  ...[findPost, listAudit],
]

/** Nothing of it may stay in a browser of a moderator who has logged out. */
const cacheControl = 'private, no-store'

/**
 * The moderation console: a page at its root, and what it shows and does as JSON. Everything needs a moderator.
 * Example: `app.use('/moderation', createModerationRouter({ postRate, moderatorOf: (req) => req.session.admin ?? null }))`
 * @throws TypeError naming the option that cannot be used
 */
export function createModerationRouter(options: ModerationRouterOptions): Router {
  checkModerationOptions(options)
  const { postRate, publicPath } = options
  const mayComeFrom = createOriginCheck(options.allowedOrigins ?? [])
  const find = createFinder(endpoints)
  const files = serveBrowserFiles(/^\/(moderation\.js$|moderation\/|stars\/make\.js$)/)
  const router = express.Router()
  router.use((req, res, next) => {
    const place = find(req.path)
    if (place === null) return files(req, res, next)
    dispatch({
      ...{ place, req, res, next },
      answer: (endpoint) => answer(endpoint, place.params),
      sendProblem: (refusal) => sendProblem(res, refusal, null, cacheControl),
    })

    /** Every rule in order: 403 of nobody, 415, 413, 400, 403 of another site. What is left is the library's: 404, 503. */
    async function answer(endpoint: ModerationEndpoint<never>, params: Record<string, string>): Promise<void> {
      const by = await currentModerator(options.moderatorOf, req)
      const body = endpoint.body === null ? undefined : await readBody(req, endpoint.bodyLimit)
      const input = validate(endpoint, { params, url: req.url, body })
      if (endpoint.method !== 'GET' && !mayComeFrom(req)) throw new Refusal('FORBIDDEN')
      const [prefix, root] = [prefixOf(req, publicPath), rootOfPage(req, publicPath)]
      send(res, await endpoint.answer({ input: input as never, by, prefix, root, postRate }))
    }
  })
  return router
}

function send(res: Response, result: Awaited<ReturnType<ModerationEndpoint['answer']>>): void {
  res.setHeader('Cache-Control', cacheControl)
  if ('html' in result) {
    for (const [name, value] of Object.entries(result.headers)) res.setHeader(name, value)
    sendText(res, 200, 'text/html', result.html)
  } else sendText(res, 200, 'application/json', JSON.stringify(result.body))
}

/** @throws Refusal FORBIDDEN; HookFailure when the host gives no valid name */
async function currentModerator(moderatorOf: ModeratorOf, req: Request): Promise<string> {
  const name: unknown = await ask(() => moderatorOf(req))
  if (name === null || name === undefined) throw new Refusal('FORBIDDEN')
  if (isUserId(name)) return name
  throw new HookFailure(
    new TypeError(
      `moderatorOf gave ${described(name)}: give a name of 1-255 characters without control characters, null or undefined`,
    ),
  )
}

/** Start of the page's links. The page is at the mounted path with or without a slash at the end; behind a proxy, relative links stay true. */
function rootOfPage(req: Request, publicPath: string | undefined): string {
  if (publicPath !== undefined) return prefixOf(req, publicPath)
  const path = req.originalUrl.split('?', 1)[0] ?? ''
  return path.endsWith('/') ? '.' : `./${path.slice(path.lastIndexOf('/') + 1)}`
}
