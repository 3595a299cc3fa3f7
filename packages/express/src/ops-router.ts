import express, { type Request, type Response, type Router } from 'express'
import type { PostRate, Status } from 'post-rate'
import { Registry } from 'prom-client'
import { type Checks, checkOptions, objectWith, wholeNumber } from './check-options.ts'
import { registerMetrics } from './metrics.ts'
import { readiness } from './readiness.ts'
import { sendNothing, sendText, setCommonHeaders } from './send.ts'

/** What `createOpsRouter` takes. A key that it does not know, or a value that cannot be used, is refused at once. */
export interface OpsRouterOptions {
  /** What `createPostRate` gave. Needed. */
  postRate: Pick<PostRate, 'status' | 'counters'>
  /** Where the metrics are registered; the host may have others in it. Default: a registry of the router's own. */
  registry?: Registry | undefined
  /** Milliseconds after which a status that does not come counts as not ready, 1-600,000. Default 5000. */
  timeoutMs?: number | undefined
}

/** How long a status is shared after it has come. */
const sharedMs = 1_000

const checks: Checks<OpsRouterOptions> = {
  postRate: ['what createPostRate of post-rate gave', objectWith('status')],
  registry: ['a Registry of prom-client', objectWith('registerMetric', 'metrics')],
  timeoutMs: wholeNumber(1, 600_000),
}

/**
 * `/livez`, `/readyz` and `/metrics`, for a port or a prefix that only operators reach: details of the dependencies
 * are in the answers.
 * @throws TypeError naming the option that cannot be used
 */
export function createOpsRouter(options: OpsRouterOptions): Router {
  checkOptions(options, checks, ['postRate'])
  const { postRate, registry = new Registry(), timeoutMs = 5000 } = options
  const status = shared(() => withTimeout(postRate.status(), timeoutMs))
  registerMetrics(registry, postRate, status)
  const pages: Record<string, (res: Response) => Promise<void>> = {
    '/livez': async (res) => sendText(res, 200, 'application/json', JSON.stringify({ status: 'ok' })),
    '/readyz': async (res) => {
      const { ready, ...report } = readiness(await status().catch(() => null))
      sendText(res, ready ? 200 : 503, 'application/json', JSON.stringify({ ready, ...report }))
    },
    '/metrics': async (res) => {
      const text = await registry.metrics()
      res.statusCode = 200
      res.setHeader('Content-Type', registry.contentType)
      res.end(text)
    },
  }
  const router = express.Router()
  router.use((req, res, next) => {
    const page = Object.hasOwn(pages, req.path) ? pages[req.path] : undefined
    if (!page) return next()
    answer(page, req, res).catch(next)
  })
  return router
}

async function answer(page: (res: Response) => Promise<void>, req: Request, res: Response): Promise<void> {
  setCommonHeaders(res)
  res.setHeader('Cache-Control', 'no-store')
  if (req.method === 'GET' || req.method === 'HEAD') return page(res)
  res.setHeader('Allow', 'GET, HEAD, OPTIONS')
  sendNothing(res, req.method === 'OPTIONS' ? 204 : 405)
}

/**
 * One answer for all who ask within a second, failed or not: a status takes several statements, and anybody may ask for it where the
 * endpoints are public.
 */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { answer: Promise<T>; until: number } | undefined
  return () => {
    if (last !== undefined && performance.now() < last.until) return last.answer
    const current = { answer: ask(), until: Number.POSITIVE_INFINITY }
    const expire = () => {
      current.until = performance.now() + sharedMs
    }
    current.answer.then(expire, expire)
    last = current
    return current.answer
  }
}

function withTimeout(status: Promise<Status>, timeoutMs: number): Promise<Status> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The status did not come in time')), timeoutMs)
  })
  return Promise.race([status, late]).finally(() => clearTimeout(timer))
}
