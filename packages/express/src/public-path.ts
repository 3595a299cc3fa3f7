import type { Request } from 'express'
import type { Check } from './check-options.ts'

/** The path of the API as clients see it, safe inside `<>` and quotes. */
export function prefixOf(req: Request, publicPath: string | undefined): string {
  return (publicPath?.replace(/\/$/, '') ?? req.baseUrl).replace(/[<>"]/g, encodeURIComponent)
}

/** Start of a link in the answer to a request for `/NAME` or `/NAME/`. See `Call.root`. */
export function rootOf(req: Request, publicPath: string | undefined): string {
  if (publicPath !== undefined) return prefixOf(req, publicPath)
  return req.path.endsWith('/') ? '..' : '.'
}

export const publicPathCheck: Check = ['a path such as /shop/api, with neither query nor host', isPublicPath]

/** A path that starts at the root of the host. A second slash at the start would name another host. */
function isPublicPath(value: unknown): boolean {
  return typeof value === 'string' && /^\/(?!\/)[\x21-\x7e]*$/.test(value) && !/[?#<>"\\]/.test(value)
}
