import { defineEndpoint } from '../endpoint.ts'
import { postPath } from '../schemas.ts'

/** `DELETE /posts/{id}/rating`: takes the user's rating back. */
export const withdrawRating = defineEndpoint({
  method: 'DELETE',
  path: '/posts/{id}/rating',
  action: 'withdraw-rating',
  needsUser: true,
  params: postPath,
  postIdOf: ({ id }) => id,
  docs: {
    operationId: 'withdrawRating',
    summary: 'Withdraw a rating',
    description: 'Also succeeds when there was none.',
    status: 204,
    result: 'There is no rating of this user now.',
    schema: null,
  },
  async answer({ input: { id }, userId, postRate }) {
    await postRate.ratings.withdraw({ postId: id, userId: userId as string })
    return { status: 204 }
  },
})
