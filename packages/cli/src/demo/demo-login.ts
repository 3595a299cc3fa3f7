import type { GetUser } from '@post-rate/express'

/**
 * Who is asking, by their own word: the header `X-Demo-User`, or the cookie `user` that the demo page sets. For `dev`
 * only. What cannot be a user id is nobody.
 */
export const demoUserOf: GetUser = (req) => {
  const header = req.headers['x-demo-user']
  const name =
    typeof header === 'string' ? Buffer.from(header, 'latin1').toString('utf8') : fromCookie(req.headers.cookie)
  return name !== undefined && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(name) ? name : null
}

function fromCookie(cookie = ''): string | undefined {
  const value = /(?:^|;\s*)user=([^;]*)/.exec(cookie)?.[1]
  try {
    return value === undefined ? undefined : decodeURIComponent(value)
  } catch {
    return undefined
  }
}
