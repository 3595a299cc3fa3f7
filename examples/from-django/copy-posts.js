import { longestContent, longestTitle } from 'post-rate'
import { readRows } from './read-rows.js'

/**
 * Copies posts under the ids that they have, so that links go on working. Those that are there already stay as they are.
 * @param {import('pg').Pool} django
 * @param {import('pg').Pool} target
 * @param {(what: string) => void} leaveOut told of each post that cannot be copied, and why
 */
export async function copyPosts(django, target, leaveOut) {
  const report = { read: 0, made: 0 }
  let highest = 0
  for await (const { id, title, content, author_id, created_at } of readRows(django, 'posts_post')) {
    report.read++
    highest = Math.max(highest, id)
    const problem = problemOf(id, title, content)
    if (problem !== null) leaveOut(`post ${id}: ${problem}`)
    else {
      const { rowCount } = await target.query(
        `insert into post_rate.posts (id, title, content, created_by, created_at) values ($1, $2, $3, $4, $5)
         on conflict (id) do nothing`,
        // A blog without authors has posts all the same.
        [id, title, content, String(author_id ?? 'django'), created_at],
      )
      report.made += rowCount ?? 0
    }
  }
  // No id of Django's is given to another post, also where its own was left out.
  await target.query(
    `select setval(seq, greatest($1, (select last_value from post_rate.posts_id_seq)))
     from pg_get_serial_sequence('post_rate.posts', 'id') seq where $1 > 0`,
    [highest],
  )
  return report
}

/**
 * @param {number} id
 * @param {string} title
 * @param {string} content
 */
function problemOf(id, title, content) {
  if (id < 1) return 'id: must be a positive integer'
  if (!isText(title, longestTitle)) return `title: must have 1 to ${longestTitle} characters`
  if (!isText(content, longestContent)) return `content: must have 1 to ${longestContent} characters`
  return null
}

/**
 * @param {string | null} text
 * @param {number} longest
 */
function isText(text, longest) {
  return text !== null && text !== '' && [...text].length <= longest
}
