/** The closed set of failures that callers may branch on; every one is stable public API. */
export type PostRateErrorCode =
  | 'INVALID_INPUT'
  | 'POST_NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  /** The database refuses for lack of rights. The message names the object and the grant. */
  | 'NOT_PERMITTED'
  /** A rule of the host's own in the database, a constraint or a trigger, refused the row. */
  | 'REJECTED'
  | 'OVERLOADED'
  | 'UNAVAILABLE'
  | 'SCHEMA_TOO_NEW'
  | 'SCHEMA_TOO_OLD'

/** One thing wrong with the input: `field` as the caller named it. */
export interface InputProblem {
  field: string
  message: string
}

const brand = Symbol.for('post-rate.error')

/** Every error the library throws on purpose. The driver's own error, if any, is in `cause`. */
export class PostRateError extends Error {
  readonly code: PostRateErrorCode
  /** Set for `INVALID_INPUT`. */
  readonly problems: readonly InputProblem[]
  /** For `REJECTED`: the constraint of the host's that refused the row; null where a trigger did, and for other codes. */
  readonly constraint: string | null
  readonly [brand] = true

  constructor(
    code: PostRateErrorCode,
    message: string,
    options: { cause?: unknown; problems?: readonly InputProblem[]; constraint?: string } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'PostRateError'
    this.code = code
    this.problems = options.problems ?? []
    this.constraint = options.constraint ?? null
  }
}

/** True also for an error made by another copy of this package in the same process. */
export function isPostRateError(error: unknown): error is PostRateError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: boolean })[brand] === true
}

/** `INVALID_INPUT` about a single field. */
export function invalidInput(field: string, message: string): PostRateError {
  return new PostRateError('INVALID_INPUT', `${field}: ${message}`, { problems: [{ field, message }] })
}

/** `POST_NOT_FOUND` for a post id. */
export function postNotFound(postId: number): PostRateError {
  return new PostRateError('POST_NOT_FOUND', `There is no post ${postId}.`)
}
