import type { PostPageJson } from 'post-rate'
import { pageAnswer } from '../answers.ts'
import { type Answer, defineEndpoint } from '../endpoint.ts'
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
    const page = await postRate.posts.listJson({ limit, after: after ?? null, sort, userId })
    if (userId !== null) return answerOf(page, prefix, { limit, sort })
    const known = answersForAll.get(page)
    if (known?.prefix === prefix) return known.answer
    const answer = answerOf(page, prefix, { limit, sort })
    answersForAll.set(page, { prefix, answer })
    return answer
  },
})

/** Of pages that the library gives to everybody: their answers are made once, too. */
const answersForAll = new WeakMap<PostPageJson, { prefix: string; answer: Answer }>()

function answerOf(
  { items, next: cursor, ...promise }: PostPageJson,
  prefix: string,
  { limit, sort }: { limit: number; sort: string },
) {
  if (cursor === null) return { status: 200, json: `{"items":${items},"next":null}`, promise }
  const next = `${prefix}/posts?${new URLSearchParams({ limit: String(limit), sort, after: cursor })}`
  return {
    status: 200,
    json: `{"items":${items},"next":${JSON.stringify(next)}}`,
    promise,
    headers: { Link: `<${next}>; rel="next"` },
  }
}
