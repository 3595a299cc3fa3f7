import { postAnswer } from '../answers.ts'
import { promiseOf } from '../caching.ts'
import { defineEndpoint } from '../endpoint.ts'
import { postPath } from '../schemas.ts'

/** `GET /posts/{id}`: one post. */
export const getPost = defineEndpoint({
  method: 'GET',
  path: '/posts/{id}',
  action: 'read-post',
  params: postPath,
  postIdOf: ({ id }) => id,
  docs: {
    operationId: 'getPost',
    summary: 'One post',
    description: 'The post with its displayed stats and, for a logged-in reader, the score that reader gave.',
    status: 200,
    result: 'The post.',
    schema: postAnswer,
  },
  async answer({ input: { id }, userId, postRate }) {
    const post = await postRate.posts.get(id, { userId })
    return { status: 200, body: post, promise: promiseOf(post.stats) }
  },
})
