import { readFileSync } from 'node:fs'
import * as api from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import test from 'ava'
import { createPostRate, type Tracer } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { fullProfile } from '../helpers/full-profile.ts'
import { needs } from '../helpers/requires.ts'

const exporter = new InMemorySpanExporter()
api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))

test.beforeEach(() => exporter.reset())

/** The README's bridge to OpenTelemetry, as it stands there. */
function tracerOfReadme(): Tracer {
  const readme = readFileSync(new URL('../../packages/post-rate/README.md', import.meta.url), 'utf8')
  const [, snippet = ''] = /```ts\n(import [^\n]+ from '@opentelemetry\/api'[\s\S]*?)```/.exec(readme) ?? []
  const body = snippet
    .replace(/^import (\{.*\}) from '@opentelemetry\/api'$/m, 'const $1 = api')
    .replace(/^import type .*$/m, '')
    .replace('tracer: Tracer', 'tracer')
  return new Function('api', `${body}\nreturn tracer`)(api)
}

const withServers = needs('postgres', 'redis', 'kafka').serial
const spansOf = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === `post_rate.${name}`)

withServers('one rating, followed through Kafka to Redis', async (t) => {
  t.timeout(60_000)
  const { options } = await fullProfile(t)
  const tracer = tracerOfReadme()
  const [node, consumer] = [createPostRate({ ...options, tracer }), createPostRate({ ...options, tracer })]
  cleanUp(t, () => Promise.all([node.close(), consumer.close()]))
  await node.migrate()
  await node.start({ relay: true })
  await consumer.start({ consumer: true })
  const { id: postId } = await node.posts.create({ title: 'Bread', content: 'Flour', createdBy: 'ada' })
  const { ratedAt } = await node.ratings.rate({ postId, userId: 'grace', score: 4 })
  await eventually(async () => spansOf('apply').length > 0, { timeout: 30_000 })

  const [[rated], [published], [applied]] = [spansOf('rate'), spansOf('publish'), spansOf('apply')]
  t.deepEqual(rated?.attributes, { 'post_rate.post_id': postId, 'post_rate.rated_at': ratedAt })
  t.like(published?.attributes, { 'post_rate.post_id': postId, 'post_rate.rated_at': ratedAt })
  t.is(applied?.spanContext().traceId, published?.spanContext().traceId)
  t.is(applied?.parentSpanContext?.spanId, published?.spanContext().spanId)
  t.deepEqual(applied?.attributes, {
    'post_rate.post_id': postId,
    'post_rate.version': published?.attributes['post_rate.version'],
  })
  t.notRegex(JSON.stringify(exporter.getFinishedSpans().map(({ attributes }) => attributes)), /grace/)
  // The reconciler may have brought it there a moment before the message came.
  t.is(consumer.counters.applied + consumer.counters.reconciled, 1)
})

withServers('a rating that is refused has a span with the error; the caller gets the same one', async (t) => {
  const { options } = await fullProfile(t)
  const { database } = options
  const postRate = createPostRate({ database, tracer: tracerOfReadme() })
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  await t.throwsAsync(postRate.ratings.rate({ postId: 1, userId: 'grace', score: 4 }), { code: 'POST_NOT_FOUND' })
  t.is(spansOf('rate')[0]?.status.code, api.SpanStatusCode.ERROR)
})
