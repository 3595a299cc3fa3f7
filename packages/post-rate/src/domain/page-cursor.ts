import { isPostId } from './ids.ts'

export type PostSort = 'newest' | 'top'

/** Where a page ends: the sort key of its last post. */
export type PageKey = { sort: 'newest'; postId: number } | { sort: 'top'; rank: string; count: number; postId: number }

/** An opaque, URL-safe cursor. It is no secret and carries no right: only the key of the last post seen. */
export function encodeCursor(key: PageKey): string {
  const parts = key.sort === 'newest' ? ['n', key.postId] : ['t', key.rank, key.count, key.postId]
  return Buffer.from(parts.join('|')).toString('base64url')
}

/** Null for a cursor that is forged, cut or of another sort. */
export function decodeCursor(cursor: string, sort: PostSort): PageKey | null {
  if (cursor.length > 100) return null
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const match =
    sort === 'newest'
      ? /^n\|([1-9]\d{0,15})$/.exec(text)
      : /^t\|([0-5]\.\d{12})\|(0|[1-9]\d{0,15})\|([1-9]\d{0,15})$/.exec(text)
  if (match === null) return null
  const postId = Number(match.at(-1))
  if (!isPostId(postId)) return null
  const key: PageKey =
    sort === 'newest' ? { sort, postId } : { sort, rank: match[1] as string, count: Number(match[2]), postId }
  // Base64 has several spellings of one text; only the one that was given out is accepted.
  return encodeCursor(key) === cursor ? key : null
}
