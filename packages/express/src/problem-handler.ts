import type { ErrorRequestHandler } from 'express'
import { invalid, type ProblemCode, Refusal, refusalOf, sendProblem } from './problem.ts'
import { setCommonHeaders } from './send.ts'

/** What the errors of Express' own body parser mean, by their `type`. */
const parserErrors: Readonly<Record<string, ProblemCode>> = {
  'entity.too.large': 'PAYLOAD_TOO_LARGE',
  'charset.unsupported': 'UNSUPPORTED_MEDIA_TYPE',
  'encoding.unsupported': 'UNSUPPORTED_MEDIA_TYPE',
}

/**
 * An error handler for hosts that parse JSON before the router: what their parser refuses is answered as the router
 * would have answered it. Errors of another kind are passed on. Mount it behind the router, under the same prefix.
 */
export function createProblemHandler(): ErrorRequestHandler {
  return (error, req, res, next) => {
    const refusal = parserRefusal(error) ?? refusalOf(error)
    if (refusal === null || res.headersSent) return next(error)
    setCommonHeaders(res)
    sendProblem(req, res, refusal)
  }
}

function parserRefusal(error: unknown): Refusal | null {
  const type = typeof error === 'object' && error !== null && 'type' in error ? String(error.type) : ''
  if (type === 'entity.parse.failed') return invalid('body', 'must be JSON in UTF-8')
  const code = Object.hasOwn(parserErrors, type) ? parserErrors[type] : undefined
  return code === undefined ? null : new Refusal(code)
}
