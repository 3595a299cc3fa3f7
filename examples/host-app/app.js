import { fileURLToPath } from 'node:url'
import { createRouter } from '@post-rate/express'
import express from 'express'
import { isAuthor } from './accounts.js'
import { createSessionRouter } from './session-router.js'
import { createSessions } from './sessions.js'

/**
 * The host: its own login, its own pages, and the rating API mounted under `/api`.
 * @param {{ postRate: import('post-rate').PostRate, secret: string | Buffer }} parts
 */
export function createApp({ postRate, secret }) {
  const sessions = createSessions(secret)
  const app = express()
  app.disable('x-powered-by')
  app.use((_req, res, next) => {
    res.set(
      'Content-Security-Policy',
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    )
    res.set('X-Content-Type-Options', 'nosniff')
    next()
  })
  app.use('/session', createSessionRouter(sessions))
  app.use(
    '/api',
    createRouter({
      postRate,
      getUser: (req) => sessions.userOf(req),
      // Who is asking is told by a cookie: only pages of the blog's own may write with it.
      allowedOrigins: [],
      rateLimit: { perUser: { requests: 60, seconds: 60 } },
      authorize: ({ action, userId }) => action !== 'create-post' || isAuthor(userId),
    }),
  )
  app.use(express.static(fileURLToPath(new URL('public', import.meta.url))))
  return app
}
