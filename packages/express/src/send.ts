import type { Response } from 'express'

/** Set on every answer of this package's. */
export function setCommonHeaders(res: Response): void {
  res.setHeader('X-Content-Type-Options', 'nosniff')
}

/**
 * Ends an answer through Node's own API, so that neither the Express version nor the host's `etag` setting changes what
 * is sent. Node leaves the body out for HEAD.
 */
export function sendText(res: Response, status: number, type: string, text: string): void {
  res.statusCode = status
  res.setHeader('Content-Type', `${type}; charset=utf-8`)
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(text)
}

/** Ends an answer that has no body. */
export function sendNothing(res: Response, status: number): void {
  res.statusCode = status
  res.end()
}
