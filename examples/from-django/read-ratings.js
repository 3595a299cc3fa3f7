import { readRows } from './read-rows.js'

/**
 * Django's ratings as the importer takes them; `line` is the row's id, by which it reports what it rejects. Of several
 * for one user and post the importer keeps the newest.
 * @param {import('pg').Pool} django
 * @returns {AsyncGenerator<import('post-rate').ImportLine>}
 */
export async function* readRatings(django) {
  for await (const { id, post_id, user_id, score, created_at, updated_at } of readRows(django, 'posts_rating'))
    yield {
      line: id,
      post: post_id,
      // post-rate knows users by text: `getUser` has to give `String(user.id)`, too.
      user: user_id === null ? null : String(user_id),
      score,
      ratedAt: updated_at ?? created_at,
    }
}
