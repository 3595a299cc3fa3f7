import type { ExecutionContext } from 'ava'
import type { Post } from 'post-rate'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { startExample } from './start-example.ts'

const draft = { title: 'Bread', content: 'Flour, water, time.' }

withPostgres('Express 4 and require: the router rates, refuses and explains itself', async (t) => {
  const { call, end } = await start(t, 'express-4/main.js')
  t.is((await call('POST', '/api/posts', 'ben', draft)).status, 403)
  t.is((await call('POST', '/api/posts', 'ada', draft)).status, 201)
  t.is((await call('PUT', '/api/posts/1/rating', null, { score: 4 })).status, 401)
  t.is((await call('PUT', '/api/posts/1/rating', 'ben', { score: 4 })).status, 200)

  const own = await call('GET', '/api/posts/1', 'ben')
  t.is(((await own.json()) as Post).myScore, 4)
  t.is(own.headers.get('cache-control'), 'private, no-cache')
  const anonymous = await call('GET', '/api/posts/1', null)
  t.regex(anonymous.headers.get('cache-control') ?? '', /^public, max-age=/)
  t.regex(anonymous.headers.get('vary') ?? '', /X-User/)

  const malformed = await call('PUT', '/api/posts/1/rating', 'ben', '{')
  t.is(malformed.status, 400)
  t.regex(malformed.headers.get('content-type') ?? '', /^application\/problem\+json/)
  t.is((await call('GET', '/api/nothing', null)).status, 404)
  t.regex(await (await call('GET', '/', null)).text(), /api\/docs/)
  await end()
})

withPostgres('Fastify over the library: listJson as it is, and the codes as statuses', async (t) => {
  const { call, end } = await start(t, 'fastify/main.js')
  t.is((await call('POST', '/posts', null, draft)).status, 401)
  t.is((await call('POST', '/posts', 'ada', draft)).status, 201)
  t.is((await call('POST', '/posts', 'ada', { ...draft, title: 'x'.repeat(301) })).status, 400)
  t.is((await call('PUT', '/posts/1/rating', null, { score: 4 })).status, 401)
  for (const score of [6, '4', 4.5, null]) t.is((await call('PUT', '/posts/1/rating', 'ben', { score })).status, 400)
  t.is((await call('PUT', '/posts/x/rating', 'ben', { score: 4 })).status, 400)
  const unknown = await call('PUT', '/posts/9/rating', 'ben', { score: 4 })
  t.is(unknown.status, 404)
  t.is(((await unknown.json()) as { code: string }).code, 'POST_NOT_FOUND')
  const rated = await call('PUT', '/posts/1/rating', 'ben', { score: 4 })
  t.like(await rated.json(), { postId: 1, userId: 'ben', score: 4, previousScore: null, changed: true })

  const mine = await call('GET', '/posts', 'ben')
  t.is(mine.headers.get('cache-control'), 'private, no-cache')
  t.like(((await mine.json()) as { items: Post[] }).items[0], { title: 'Bread', myScore: 4 })
  const anonymous = await eventually(async () => {
    const answer = await call('GET', '/posts?sort=top', null)
    const { items, next } = (await answer.json()) as { items: Post[]; next: null }
    return items[0]?.stats.count === 1 ? { headers: answer.headers, post: items[0], next } : null
  })
  t.like(anonymous.post, { myScore: null, stats: { average: 4 } })
  t.is(anonymous.next, null)
  t.regex(anonymous.headers.get('cache-control') ?? '', /^public, max-age=\d+$/)
  t.is((await call('GET', '/posts?after=forged', null)).status, 400)
  await end()
})

/** A host on a port of its own; `end` stops it as an operator would. */
async function start(t: ExecutionContext<unknown>, file: string) {
  const example = startExample(t, file, { DATABASE_URL: await testDatabase(t, { migrated: false }), PORT: '0' })
  const [url] = await example.printed(/http:\/\/127\.0\.0\.1:\d+/)
  return {
    call: (method: string, path: string, user: string | null, body?: unknown) =>
      fetch(url + path, {
        method,
        headers: {
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(user !== null && { 'X-User': user }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    end: async () => {
      example.signal('SIGTERM')
      t.is(await example.ended, 0)
      t.is(example.stderr(), '')
    },
  }
}
