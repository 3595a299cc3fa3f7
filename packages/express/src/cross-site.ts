import type { Request } from 'express'

/** Whether a page that may write sent the request, or no page at all. */
export type OriginCheck = (req: Request) => boolean

/**
 * Goes by what browsers say and no page can forge: `Sec-Fetch-Site`, and `Origin` from browsers that do not send it. A
 * request with neither comes from no browser, so it carries no cookie that its sender does not have.
 * @throws TypeError for what is no origin
 */
export function createOriginCheck(allowed: readonly string[]): OriginCheck {
  for (const origin of allowed) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(`allowedOrigins must have origins such as https://app.example.com, not ${origin}`)
  }
  return (req) => {
    const { origin, host, 'sec-fetch-site': site } = req.headers
    if (origin !== undefined && allowed.includes(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    // The scheme is not compared: behind a proxy that ends TLS it is another one here.
    return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
  }
}
