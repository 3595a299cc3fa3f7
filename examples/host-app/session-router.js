import express from 'express'
import { isAuthor, verifyLogin } from './accounts.js'

/**
 * Who is logged in, login and logout. Login takes JSON alone, which no other site's form can send.
 * @param {ReturnType<typeof import('./sessions.js').createSessions>} sessions
 */
export function createSessionRouter(sessions) {
  const router = express.Router()
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  router.get('/', (req, res) => {
    const user = sessions.userOf(req)
    res.json({ user, author: isAuthor(user) })
  })
  router.post('/', express.json({ limit: '1kb' }), async (req, res) => {
    if (!req.is('application/json')) return res.sendStatus(415)
    const { name, password } = req.body ?? {}
    if (!(await verifyLogin(name, password))) return res.status(401).json({ message: 'Wrong name or password.' })
    sessions.start(req, res, name)
    return res.sendStatus(204)
  })
  router.delete('/', (_req, res) => {
    sessions.end(res)
    res.sendStatus(204)
  })
  router.use(refuseBadJson)
  return router
}

/**
 * What the JSON parser refuses; anything else is Express's.
 * @param {{ status: number }} error
 * @param {import('express').Request} _req
 * @param {import('express').Response} res
 * @param {import('express').NextFunction} next
 */
function refuseBadJson(error, _req, res, next) {
  return error.status >= 400 && error.status < 500 ? res.sendStatus(error.status) : next(error)
}
