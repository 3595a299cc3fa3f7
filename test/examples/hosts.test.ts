import type { ExecutionContext } from 'ava'
import type { Post } from 'post-rate'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
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

withPostgres('TypeScript and UUIDs: articles by the rules of the host, which removes one', async (t) => {
  const { call, end, database } = await start(t, 'replaced-port/main.ts')
  const list = async (user: string | null, path = '/articles') => {
    const { items } = (await (await call('GET', path, user)).json()) as { items: (Omit<Post, 'id'> & { id: string })[] }
    return items
  }
  const seen = async (user: string | null) =>
    (await list(user)).map(({ title, stats, myScore }) => `${title} ${stats.average} ${myScore}`)
  t.deepEqual((await seen('ben')).toSorted(), ['Bread null null', 'Soup null null'])
  const ids = new Map((await list('ada')).map(({ title, id }) => [title, id]))
  t.is(ids.size, 3)
  for (const id of ids.values()) t.regex(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)

  const rate = async (title: string, user: string | null, score: unknown) =>
    (await call('PUT', `/articles/${ids.get(title)}/rating`, user, { score })).status
  t.is(await rate('Bread', 'ben', 5), 200)
  t.is(await rate('Knives', 'ada', 2), 200)
  t.is(await rate('Knives', 'ben', 1), 404)
  t.is(await rate('Bread', null, 1), 401)
  t.is(await rate('Bread', 'ben', '5'), 400)
  t.is((await call('PUT', '/articles/1/rating', 'ben', { score: 5 })).status, 404)
  await eventually(async () => {
    const shown = await seen('ada')
    return shown.join() === 'Bread 5 null,Soup null null,Knives 2 2' ? shown : null
  })
  t.deepEqual(await seen('ben'), ['Bread 5 5', 'Soup null null'])

  t.is((await call('DELETE', `/articles/${ids.get('Bread')}`, 'ben')).status, 403)
  t.is((await call('DELETE', `/articles/${ids.get('Bread')}`, 'ada')).status, 204)
  t.is(await rate('Bread', 'ben', 4), 404)
  const left = await runSql(database, 'select user_id, score from example_articles_ratings.ratings')
  t.deepEqual(left, [{ user_id: 'ada', score: 2 }], 'The ratings went with the article')
  t.deepEqual(await seen('ben'), ['Soup null null'])
  await end()
})

/** A host on a port of its own; `end` stops it as an operator would. */
async function start(t: ExecutionContext<unknown>, file: string) {
  const database = await testDatabase(t, { migrated: false })
  const example = startExample(t, file, { DATABASE_URL: database, PORT: '0' })
  const [url] = await example.printed(/http:\/\/127\.0\.0\.1:\d+/)
  return {
    database,
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
