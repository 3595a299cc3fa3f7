import type { Response } from 'express'
import { type InputProblem, isPostRateError, type PostRateErrorCode } from 'post-rate'
import { sendText } from './send.ts'

/** Codes of the HTTP layer's own, beside the library's. */
export type ProblemCode =
  | PostRateErrorCode
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'

interface ProblemKind {
  status: number
  title: string
  detail: string
  /** Seconds for `Retry-After`. */
  retryAfter?: number
}

/** What is said of each code. The texts are fixed: an error's own message may name hosts or carry SQL. */
export const problemKinds: Record<ProblemCode, ProblemKind> = {
  UNAUTHENTICATED: { status: 401, title: 'Not logged in', detail: 'This needs a logged-in user.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Not JSON',
    detail: 'Send the body as application/json in UTF-8, without a content encoding.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Body too large', detail: 'The body is larger than this request may be.' },
  INVALID_INPUT: { status: 400, title: 'Invalid input', detail: 'The request is not valid.' },
  FORBIDDEN: { status: 403, title: 'Not allowed', detail: 'This user may not do that.' },
  POST_NOT_FOUND: { status: 404, title: 'No such post', detail: 'There is no post with this id.' },
  NOT_FOUND: { status: 404, title: 'Not found', detail: 'There is nothing with this id.' },
  REJECTED: { status: 422, title: 'Rejected', detail: 'A rule of this application does not allow it.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This address does not know the method; Allow lists those that it knows.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for the seconds in Retry-After.',
    retryAfter: 1,
  },
  OVERLOADED: {
    status: 503,
    title: 'Overloaded',
    detail: 'Too many requests are waiting just now. Repeat this one after the seconds in Retry-After.',
    retryAfter: 1,
  },
  UNAVAILABLE: {
    status: 503,
    title: 'Unavailable',
    detail:
      'A server behind this one cannot be reached just now. A rating may or may not have been stored; repeating it is safe.',
    retryAfter: 5,
  },
  NOT_PERMITTED: {
    status: 503,
    title: 'Unavailable',
    detail: 'The database refuses this server a right; the operator has to grant it.',
    retryAfter: 60,
  },
  SCHEMA_TOO_NEW: {
    status: 503,
    title: 'Unavailable',
    detail: 'The database is newer than this server; the operator has to update the server.',
    retryAfter: 60,
  },
  SCHEMA_TOO_OLD: {
    status: 503,
    title: 'Unavailable',
    detail: 'The database is older than this server; the operator has to migrate it.',
    retryAfter: 60,
  },
}

/** Thrown to end a request with a problem. */
export class Refusal extends Error {
  readonly code: ProblemCode
  /** What is wrong, field by field. */
  readonly errors: readonly InputProblem[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    options: { errors?: readonly InputProblem[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(problemKinds[code].detail)
    this.name = 'Refusal'
    this.code = code
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
  }
}

/** A refusal with one field named. */
export function invalid(field: string, message: string): Refusal {
  return new Refusal('INVALID_INPUT', { errors: [{ field, message }] })
}

/** The refusal that an error stands for; null for an error that is the host's to handle. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error
  if (!isPostRateError(error) || !Object.hasOwn(problemKinds, error.code)) return null
  return new Refusal(error.code, { errors: error.problems })
}

/**
 * Answers with a problem document (RFC 9457). Nothing about it may be kept by a shared cache. `prefix`: path of the API; null for one
 * that has no reference page.
 */
export function sendProblem(
  res: Response,
  refusal: Refusal,
  prefix: string | null,
  cacheControl = 'private, no-cache',
): void {
  const { code, errors, headers } = refusal
  const { status, title, detail, retryAfter } = problemKinds[code]
  const said = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  const problem = {
    type: prefix === null ? 'about:blank' : `${prefix}/docs#${problemAnchor(code)}`,
    title,
    status,
    detail: said === '' ? detail : said,
    code,
    ...(status === 400 && { errors }),
  }
  if (retryAfter !== undefined) res.setHeader('Retry-After', String(retryAfter))
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.setHeader('Cache-Control', cacheControl)
  sendText(res, status, 'application/problem+json', JSON.stringify(problem))
}

/** Where the reference page explains a code; also the last part of a problem's `type`. */
export function problemAnchor(code: string): string {
  return `problem-${code.toLowerCase().replaceAll('_', '-')}`
}
