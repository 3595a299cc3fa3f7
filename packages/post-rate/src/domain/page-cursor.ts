import { isPostId } from './ids.ts'

export type PostSort = 'newest' | 'top'

/** Where a page ends: the sort key of its last post. */
export type PageKey = { sort: 'newest'; postId: number } | { sort: 'top'; rank: string; count: number; postId: number }

/**
 * An opaque, URL-safe cursor with a check sum, so that one that was cut or changed is noticed. It is no secret and carries
 * no right: only the key of the last post seen.
 */
export function encodeCursor(key: PageKey): string {
  const parts = key.sort === 'newest' ? ['n', key.postId] : ['t', key.rank, key.count, key.postId]
  const text = parts.join('|')
  return Buffer.from(`${text}|${checkSum(text)}`).toString('base64url')
}

/** Null for a cursor that is forged, cut or of another sort. */
export function decodeCursor(cursor: string, sort: PostSort): PageKey | null {
  if (cursor.length > 120) return null
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const match =
    sort === 'newest'
      ? /^n\|([1-9]\d{0,15})\|/.exec(text)
      : /^t\|([0-5]\.\d{12})\|(0|[1-9]\d{0,15})\|([1-9]\d{0,15})\|/.exec(text)
  if (match === null) return null
  const postId = Number(match.at(-1))
  if (!isPostId(postId)) return null
  const key: PageKey =
    sort === 'newest' ? { sort, postId } : { sort, rank: match[1] as string, count: Number(match[2]), postId }
  // Only the spelling that was given out is accepted, check sum included.
  return encodeCursor(key) === cursor ? key : null
}

/** FNV-1a, 32 bits, of the text as it stands in a cursor. */
function checkSum(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return (hash >>> 0).toString(36)
}
