import { fileURLToPath } from 'node:url'
import express, { type RequestHandler, type Response } from 'express'
import { keepCookiesPrivate } from './caching.ts'
import { setCommonHeaders } from './send.ts'

/**
 * `GET /stars.js`, the element for pages, and what it imports from `/stars/`. Files of the package, the same for
 * everybody; an upgrade reaches pages within five minutes.
 */
export function serveStars(): RequestHandler {
  const files = express.static(fileURLToPath(new URL('../browser', import.meta.url)), {
    index: false,
    redirect: false,
    maxAge: '5m',
    setHeaders: (res: Response) => {
      setCommonHeaders(res)
      keepCookiesPrivate(res)
    },
  })
  return (req, res, next) => (/^\/stars(\.js$|\/)/.test(req.path) ? files(req, res, next) : next())
}
