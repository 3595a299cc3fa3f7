import type { RatingReceipt } from 'post-rate'
import { receiptAnswer } from '../answers.ts'
import { type Answer, type Call, defineEndpoint, type EndpointDocs } from '../endpoint.ts'
import { postPath, ratingBody, scoreBody } from '../schemas.ts'

const docs: EndpointDocs = {
  operationId: 'ratePost',
  summary: 'Rate a post',
  description: 'One rating per user and post; the latest wins. Repeating it with the same score changes nothing.',
  status: 200,
  result: 'What became of the rating.',
  schema: receiptAnswer,
}

/** `PUT /posts/{id}/rating`: idempotent. */
export const putRating = defineEndpoint({
  method: 'PUT',
  path: '/posts/{id}/rating',
  action: 'rate-post',
  needsUser: true,
  params: postPath,
  body: scoreBody,
  postIdOf: ({ id }) => id,
  docs,
  answer: ({ input: { id, score }, ...call }) => rate(call, id, score),
})

/** `POST /ratings`: the same for clients that post. */
export const postRating = defineEndpoint({
  method: 'POST',
  path: '/ratings',
  action: 'rate-post',
  needsUser: true,
  body: ratingBody,
  postIdOf: ({ postId }) => postId,
  docs: { ...docs, operationId: 'createRating', summary: 'Rate a post, by posting' },
  answer: ({ input: { postId, score }, ...call }) => rate(call, postId, score),
})

async function rate(
  { userId, established, postRate }: Omit<Call<never>, 'input'>,
  postId: number,
  score: number,
): Promise<Answer> {
  const standing = established === null ? {} : { established }
  const receipt = await postRate.ratings.rate({ postId, userId: userId as string, score, ...standing })
  return { status: 200, body: withoutUser(receipt) }
}

function withoutUser({ postId, score, previousScore, changed, ratedAt }: RatingReceipt) {
  return { postId, score, previousScore, changed, ratedAt }
}
