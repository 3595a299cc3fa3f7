import { createProblemHandler } from '@post-rate/express'
import express, { type Express, type Request } from 'express'
import type { Pool } from 'pg'
import type { PostRate } from 'post-rate'
import { idsOf, numberOf, removeArticle } from './articles-table.ts'

/** The host's own API: its articles under their UUIDs, with what post-rate knows of them. */
export function createApp(pool: Pool, postRate: PostRate): Express {
  const app = express()
  app.use(express.json())

  app.param('id', async (_req, res, next, id: string) => {
    // What is no UUID is no article, either.
    const number = /^[0-9a-f-]{36}$/.test(id) ? await numberOf(pool, id) : null
    if (number === null) res.sendStatus(404)
    else {
      res.locals.number = number
      next()
    }
  })

  app.get('/articles', async (req, res) => {
    const after = typeof req.query.after === 'string' ? req.query.after : null
    const { items, next } = await postRate.posts.list({ sort: 'top', limit: 20, after, userId: userOf(req) })
    const ids = await idsOf(
      pool,
      items.map(({ id }) => id),
    )
    res.json({ items: items.map((article) => ({ ...article, id: ids.get(article.id) })), next })
  })

  app.put('/articles/:id/rating', async (req, res) => {
    const userId = userOf(req)
    if (userId === null) return res.sendStatus(401)
    const { score, previousScore, changed } = await postRate.ratings.rate({
      postId: res.locals.number,
      userId,
      // Whatever it is: the library checks it.
      score: req.body?.score,
    })
    return res.json({ id: req.params.id, score, previousScore, changed })
  })

  app.delete('/articles/:id', async (req, res) => {
    const { number } = res.locals
    const userId = userOf(req)
    if (userId === null || !(await removeArticle(pool, number, userId))) return res.sendStatus(403)
    // Its ratings and statistics go too.
    await postRate.posts.removed(number)
    return res.sendStatus(204)
  })

  // The library's errors as the router would answer them: what a user may not see is 404.
  app.use(createProblemHandler())
  return app
}

/** Who is asking, as a proxy in front says: put the login that you have here. */
function userOf(req: Request): string | null {
  return req.get('x-user') ?? null
}
