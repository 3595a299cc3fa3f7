import { createPostRate, type Post } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres, withServices } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { startExample } from './start-example.ts'

withPostgres('the blog: login, a rating, the own score at once, logout', async (t) => {
  const example = startExample(t, 'host-app/main.js', {
    DATABASE_URL: await testDatabase(t, { migrated: false }),
    PORT: '0',
  })
  const url = await addressOf(example)
  const call = caller(url)

  t.regex(await (await call('GET', '/')).text(), /Small Kitchen Notes/)
  const first = (await (await call('GET', '/api/posts?limit=1')).json()) as { items: Post[]; next: string }
  t.is(first.items.length, 1)
  t.truthy(first.next)
  const post = `/api/posts/${first.items[0]?.id}`

  t.is((await call('PUT', `${post}/rating`, { score: 4 })).status, 401)
  t.is((await call('POST', '/session', { name: 'ben', password: 'wrong' })).status, 401)
  t.is((await call('POST', '/session', { name: 'nobody', password: 'stars' })).status, 401)
  t.is((await call('POST', '/session', '{')).status, 400)
  const form = await fetch(`${url}/session`, {
    method: 'POST',
    body: new URLSearchParams({ name: 'ben', password: 'stars' }),
  })
  t.is(form.status, 415)

  const ben = await logIn(call, 'ben')
  const foreign = await fetch(`${url}${post}/rating`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', Cookie: ben, Origin: 'https://evil.example' },
    body: '{"score":0}',
  })
  t.is(foreign.status, 403)
  t.is((await call('PUT', `${post}/rating`, { score: 4 }, ben)).status, 200)
  t.is(((await (await call('GET', post, undefined, ben)).json()) as Post).myScore, 4)
  t.is(((await (await call('GET', post)).json()) as Post).myScore, null)
  const forged = ben.replace(/\.[^.]*$/, `.${'A'.repeat(43)}`)
  t.is((await call('PUT', `${post}/rating`, { score: 0 }, forged)).status, 401)

  const draft = { title: 'Bread', content: 'Flour, water, time.' }
  t.is((await call('POST', '/api/posts', draft, ben)).status, 403)
  const written = await call('POST', '/api/posts', draft, await logIn(call, 'ada'))
  t.is(written.status, 201)
  t.is(((await written.json()) as Post).createdBy, 'ada')

  const out = await call('DELETE', '/session', undefined, ben)
  t.regex(out.headers.get('set-cookie') ?? '', /^blog_session=;.*Expires=Thu, 01 Jan 1970/)

  example.signal('SIGTERM')
  t.is(await example.ended, 0)
  t.is(example.stderr(), '')
})

withPostgres('the blog keeps what was rated when it is stopped and started again', async (t) => {
  const environment = { DATABASE_URL: await testDatabase(t), PORT: '0', SESSION_SECRET: 'kept between starts' }
  const first = startExample(t, 'host-app/main.js', environment)
  const call = caller(await addressOf(first))
  const cleo = await logIn(call, 'cleo')
  t.is((await call('PUT', '/api/posts/1/rating', { score: 0 }, cleo)).status, 200)
  first.signal('SIGINT')
  t.is(await first.ended, 0)

  const again = caller(await addressOf(startExample(t, 'host-app/main.js', environment)))
  t.is(((await (await again('GET', '/api/posts/1', undefined, cleo)).json()) as Post).myScore, 0)
  const { items } = (await (await again('GET', '/api/posts?limit=100')).json()) as { items: Post[] }
  t.is(items.length, 7, 'The first posts are added once')
})

withServices('the blog over Kafka and Redis shows a rating to everybody', async (t) => {
  const [database, redis, { brokers, topic, group }] = [await testDatabase(t), testRedis(t), testTopic(t)]
  const postRate = createPostRate({ database, redis: redis.url, redisPrefix: redis.prefix })
  cleanUp(t, () => postRate.close())
  const { id } = await postRate.posts.create({ title: 'Unrated', content: 'So far.', createdBy: 'ada' })

  const example = startExample(t, 'host-app/main.js', {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: brokers.join(),
    POST_RATE_REDIS_PREFIX: redis.prefix,
    POST_RATE_TOPIC: topic,
    POST_RATE_GROUP: group,
    PORT: '0',
  })
  const call = caller(await addressOf(example))
  t.is((await call('PUT', `/api/posts/${id}/rating`, { score: 5 }, await logIn(call, 'ada'))).status, 200)
  const inspected = await eventually(
    async () => (await postRate.stats.get([id])).find(({ source, live }) => source === 'redis' && live.count === 1),
    { timeout: 30_000, message: 'The rating did not reach Redis' },
  )
  t.is(inspected.displayed.average, 5)
  const shown = (await (await call('GET', `/api/posts/${id}`)).json()) as Post
  t.deepEqual(shown.stats.histogram, [0, 0, 0, 0, 0, 1])
  example.signal('SIGTERM')
  t.is(await example.ended, 0)
})

withPostgres('the blog says what is missing, or cannot be reached', async (t) => {
  const without = startExample(t, 'host-app/main.js')
  t.is(await without.ended, 3)
  t.regex(without.stderr(), /DATABASE_URL/)
  const away = startExample(t, 'host-app/main.js', { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' })
  t.is(await away.ended, 1)
  t.regex(away.stderr(), /Cannot reach PostgreSQL/)
  t.notRegex(away.stderr(), /secret/)
})

type Call = (method: string, path: string, body?: unknown, cookie?: string) => Promise<Response>

async function addressOf(example: ReturnType<typeof startExample>): Promise<string> {
  return (await example.printed(/http:\/\/127\.0\.0\.1:\d+/))[0]
}

function caller(url: string): Call {
  return (method, path, body, cookie) =>
    fetch(url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(cookie !== undefined && { Cookie: cookie }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
}

async function logIn(call: Call, name: string): Promise<string> {
  const answer = await call('POST', '/session', { name, password: 'stars' })
  if (answer.status !== 204) throw new Error(`The login was answered with ${answer.status}`)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] as string
}
