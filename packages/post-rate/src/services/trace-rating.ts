import type { RatingReceipt } from '../domain/rating.ts'
import type { Tracer } from '../ports/tracer.ts'

type Rate = (rating: {
  postId: number
  userId: string
  score: number
  established?: boolean | undefined
}) => Promise<RatingReceipt>

/** The same with a span around it. Post and time are in the span of its publication, too; the user is in none. */
export function traceRating(rate: Rate, tracer: Tracer): Rate {
  return async (rating) => {
    const span = tracer.start('post_rate.rate', {})
    try {
      const receipt = await rate(rating)
      span.end({ attributes: { 'post_rate.post_id': receipt.postId, 'post_rate.rated_at': receipt.ratedAt } })
      return receipt
    } catch (error) {
      span.end({ error })
      throw error
    }
  }
}
