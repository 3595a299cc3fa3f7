import { historyAnswer } from '../answers.ts'
import { promiseOf } from '../caching.ts'
import { defineEndpoint } from '../endpoint.ts'
import { historyQuery, postPath } from '../schemas.ts'

/** `GET /posts/{id}/history`: a post's ratings over time. */
export const getHistory = defineEndpoint({
  method: 'GET',
  path: '/posts/{id}/history',
  action: 'read-post',
  params: postPath,
  query: historyQuery,
  postIdOf: ({ id }) => id,
  docs: {
    operationId: 'getHistory',
    summary: "A post's ratings over time",
    description:
      'Standing ratings by day or hour, UTC, each when it was given or last changed. Ratings that do not count stand apart. Of more than 400 buckets the newest are returned: for older ones repeat it with `to` as the first `start`.',
    status: 200,
    result: 'The history, as of the same moment as the displayed stats.',
    schema: historyAnswer,
  },
  async answer({ input: { id, unit, from, to }, userId, postRate }) {
    const history = await postRate.posts.history(id, { unit, from, to, userId })
    return { status: 200, body: history, promise: promiseOf(history) }
  },
})
