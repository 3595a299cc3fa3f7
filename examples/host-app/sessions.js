import { createHmac, timingSafeEqual } from 'node:crypto'

const cookieName = 'blog_session'
const lifetimeMs = 7 * 24 * 3_600_000

/**
 * Sessions in a signed cookie: the server keeps nothing, and nobody makes one without the secret.
 * @param {string | Buffer} secret
 */
export function createSessions(secret) {
  /** @param {string} text */
  const sign = (text) => createHmac('sha256', secret).update(text).digest('base64url')

  return {
    /**
     * @param {import('express').Request} req
     * @param {import('express').Response} res
     * @param {string} userId
     */
    start(req, res, userId) {
      const content = Buffer.from(JSON.stringify({ userId, until: Date.now() + lifetimeMs })).toString('base64url')
      res.cookie(cookieName, `${content}.${sign(content)}`, {
        httpOnly: true,
        // Another site's requests come without the cookie, except when a reader follows a link.
        sameSite: 'lax',
        secure: req.secure,
        maxAge: lifetimeMs,
      })
    },

    /** @param {import('express').Response} res */
    end(res) {
      res.clearCookie(cookieName)
    },

    /**
     * @param {import('express').Request} req
     * @returns {string | null}
     */
    userOf(req) {
      const [content = '', signature = ''] = cookieOf(req).split('.')
      if (!equal(signature, sign(content))) return null
      const { userId, until } = JSON.parse(Buffer.from(content, 'base64url').toString())
      return until > Date.now() ? userId : null
    },
  }
}

/** @param {import('express').Request} req */
function cookieOf(req) {
  const cookies = (req.headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
  return cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? ''
}

/**
 * In a time that tells nothing about where they differ.
 * @param {string} a
 * @param {string} b
 */
function equal(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
