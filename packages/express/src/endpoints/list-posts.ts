import { pageAnswer } from '../answers.ts'
import { defineEndpoint } from '../endpoint.ts'
import { listQuery } from '../schemas.ts'

/** `GET /posts`: a page of posts with a link to the next one. */
export const listPosts = defineEndpoint({
  method: 'GET',
  path: '/posts',
  action: 'list-posts',
  query: listQuery,
  docs: {
    operationId: 'listPosts',
    summary: 'A page of posts',
    description:
      'Follow `next` until it is null. Each post carries its displayed stats and, for a logged-in reader, the score that reader gave.',
    status: 200,
    result: 'The page. `Link` names the next one, too.',
    schema: pageAnswer,
  },
  async answer({ input: { limit, after, sort }, userId, prefix, postRate }) {
    const page = await postRate.posts.list({ limit, after: after ?? null, sort, userId })
    if (page.next === null) return { status: 200, body: page, posts: page.items }
    const query = new URLSearchParams({ limit: String(limit), sort, after: page.next })
    const next = `${prefix}/posts?${query}`
    return {
      status: 200,
      body: { items: page.items, next },
      posts: page.items,
      headers: { Link: `<${next}>; rel="next"` },
    }
  },
})
