import type { PostRate } from './api.ts'
import type { PostRateOptions } from './options.ts'
import { createTimedPostRate } from './post-rate.ts'

/**
 * Makes the library's API. It does no I/O: connections are opened by the first method that needs one.
 * @throws PostRateError INVALID_INPUT where an option cannot be used
 */
export function createPostRate(options: PostRateOptions): PostRate {
  return createTimedPostRate(options, {})
}
