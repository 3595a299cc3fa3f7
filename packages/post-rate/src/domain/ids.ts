import { invalidInput } from '../errors.ts'

/** Posts have positive integers below 2^53, the range that JSON, JavaScript and Redis' Lua share exactly. */
export function isPostId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

/** The highest id of a post that an import creates. A million ids remain for the posts that are created after it. */
export const lastGivenId = Number.MAX_SAFE_INTEGER - 1_000_000

/** @throws PostRateError INVALID_INPUT naming `field` */
export function checkPostId(value: unknown, field = 'postId'): number {
  if (isPostId(value)) return value
  throw invalidInput(field, 'must be a positive integer below 2^53')
}

/** Parses an id as it stands in a path or a file: digits without sign or leading zero. `null` when it is none. */
export function parsePostId(text: string): number | null {
  if (!/^[1-9][0-9]{0,15}$/.test(text)) return null
  const value = Number(text)
  return isPostId(value) ? value : null
}

const longestUserId = 255
// Control characters (Cc) and lone surrogates (Cs): neither survives a terminal, a log line or PostgreSQL's UTF-8.
const forbiddenInUserId = /[\p{Cc}\p{Cs}]/u

/**
 * A user id is the host's own: 1-255 Unicode characters (code points), none of them a control character.
 * @throws PostRateError INVALID_INPUT naming `field`
 */
export function checkUserId(value: unknown, field = 'userId'): string {
  if (typeof value !== 'string') throw invalidInput(field, 'must be a string')
  if (!isShortEnough(value)) throw invalidInput(field, `must have 1 to ${longestUserId} characters`)
  if (forbiddenInUserId.test(value)) throw invalidInput(field, 'must not contain control characters')
  return value
}

/** Whether a value is what {@link checkUserId} accepts. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && isShortEnough(value) && !forbiddenInUserId.test(value)
}

function isShortEnough(userId: string): boolean {
  // At most two UTF-16 units a code point: longer texts are not even counted.
  return userId !== '' && userId.length <= 2 * longestUserId && lengthInCodePoints(userId) <= longestUserId
}

/** Length as readers count it: an emoji outside the BMP is one. */
export function lengthInCodePoints(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
