import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { PostStats } from '../../domain/post-stats.ts'
import type { RatingChange } from '../../domain/rating-change.ts'
import type { Tracer, TraceSpan } from '../../ports/tracer.ts'

const header = 'traceparent'

export interface TextMessage {
  key: string
  value: string
  headers?: IHeaders
}

/** A span for each change that is published; its message carries it to the consumer. */
export async function tracePublishing(
  tracer: Tracer,
  changes: readonly RatingChange[],
  messages: readonly TextMessage[],
  send: (messages: TextMessage[]) => Promise<void>,
): Promise<void> {
  const spans = changes.map(({ postId, version, ratedAt }) =>
    tracer.start('post_rate.publish', {
      ...identify(postId, version),
      ...(ratedAt && { 'post_rate.rated_at': ratedAt }),
    }),
  )
  const traced = messages.map((message, n) => ({ ...message, headers: { [header]: spans[n]?.traceparent ?? '' } }))
  await ending(spans, () => send(traced))
}

/** A span for each state that is applied, under that of the last message of its post in the batch. */
export async function traceApplying(
  tracer: Tracer,
  messages: readonly Pick<KafkaMessage, 'key' | 'headers'>[],
  states: readonly PostStats[],
  apply: () => Promise<void>,
): Promise<void> {
  const parents = new Map(messages.map(({ key, headers }) => [String(key), headers?.[header]?.toString()]))
  const spans = states.map(({ postId, version }) =>
    tracer.start('post_rate.apply', identify(postId, version), parents.get(String(postId))),
  )
  await ending(spans, apply)
}

function identify(postId: number, version: number) {
  return { 'post_rate.post_id': postId, 'post_rate.version': version }
}

async function ending(spans: readonly TraceSpan[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
    for (const span of spans) span.end()
  } catch (error) {
    for (const span of spans) span.end({ error })
    throw error
  }
}
