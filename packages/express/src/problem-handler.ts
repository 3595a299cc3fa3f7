import type { ErrorRequestHandler } from 'express'
import { type Checks, checkOptions } from './check-options.ts'
import { invalid, type ProblemCode, Refusal, refusalOf, sendProblem } from './problem.ts'
import { prefixOf, publicPathCheck } from './public-path.ts'
import { setCommonHeaders } from './send.ts'

/** What the errors of Express' own body parser mean, by their `type`. */
const parserErrors: Readonly<Record<string, ProblemCode>> = {
  'entity.too.large': 'PAYLOAD_TOO_LARGE',
  'charset.unsupported': 'UNSUPPORTED_MEDIA_TYPE',
  'encoding.unsupported': 'UNSUPPORTED_MEDIA_TYPE',
}

/** What `createProblemHandler` takes. */
export interface ProblemHandlerOptions {
  /** As in `createRouter`. */
  publicPath?: string | undefined
}

const checks: Checks<ProblemHandlerOptions> = { publicPath: publicPathCheck }

/**
 * An error handler for hosts that parse JSON before the router: what their parser refuses is answered as the router
 * would have answered it. Errors of another kind are passed on. Mount it behind the router, under the same prefix.
 * @throws TypeError naming the option that cannot be used
 */
export function createProblemHandler(options: ProblemHandlerOptions = {}): ErrorRequestHandler {
  checkOptions(options, checks, [])
  return (error, req, res, next) => {
    const refusal = parserRefusal(error) ?? refusalOf(error)
    if (refusal === null || res.headersSent) return next(error)
    setCommonHeaders(res)
    sendProblem(res, refusal, prefixOf(req, options.publicPath))
  }
}

function parserRefusal(error: unknown): Refusal | null {
  const type = typeof error === 'object' && error !== null && 'type' in error ? String(error.type) : ''
  if (type === 'entity.parse.failed') return invalid('body', 'must be JSON in UTF-8')
  const code = Object.hasOwn(parserErrors, type) ? parserErrors[type] : undefined
  return code === undefined ? null : new Refusal(code)
}
