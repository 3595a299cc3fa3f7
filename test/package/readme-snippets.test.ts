import { createRouter } from '@post-rate/express'
import test from 'ava'
import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { freePort } from '../helpers/services/ports.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { fences, fenceWith, readReadme, tableWith } from './readmes/markdown.ts'
import { compile, replaced, runCompiled } from './readmes/snippet-program.ts'

const withStores = needs('postgres', 'redis')
const readme = readReadme('README.md')

withStores('README.md: the mount answers, the upsert is counted, the library alone works', async (t) => {
  const [database, redis, port] = [await testDatabase(t, { migrated: false }), testRedis(t), await freePort()]
  const mount = replaced(fenceWith(readme, 'ts', 'createRouter('), {
    "'postgres://localhost/app'": `'${database}'`,
    "'redis://localhost'": `'${redis.url}', redisPrefix: '${redis.prefix}'`,
    '3000': String(port),
  })
  const alone = fenceWith(readme, 'ts', 'postRate.ratings.rate(')
  const program = `${mount}
process.stdin.once('data', async () => {
${alone}
console.log('PAGE', JSON.stringify(page))
})`
  const running = runCompiled(t, await compile(t, { 'host.ts': program }), 'host.js')

  const call = (method: string, path: string, body?: object, user = 'ada') =>
    fetch(`http://127.0.0.1:${port}/api${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(user && { 'X-User': user }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  await eventually(() => call('GET', '/posts').catch(() => null), { timeout: 30_000 })
  const postRate = createPostRate({ database, redis: redis.url, redisPrefix: redis.prefix })
  cleanUp(t, () => postRate.close())
  const { id } = await postRate.posts.create({ title: 'Soup', content: 'Lentils.', createdBy: 'ada' })
  t.is((await call('PUT', `/posts/${id}/rating`, { score: 4 })).status, 200)
  t.is((await call('PUT', `/posts/${id}/rating`, { score: 4 }, '')).status, 401)
  t.regex(await (await call('GET', '/docs')).text(), /<!doctype html>/i)
  t.like(await (await call('GET', '/openapi.json')).json(), { openapi: '3.1.0', servers: [{ url: '/api' }] })

  const upsert = fenceWith(readme, 'sql', 'insert into')
  for (const score of [1, 0, 0])
    await runSql(
      database,
      `begin; ${upsert.replaceAll(/\$[123]/g, (n) => [id, "'ben'", score][Number(n[1]) - 1] as string)}; commit`,
    )
  const live = await eventually(
    async () => (await postRate.stats.get([id])).find(({ source, live }) => source === 'redis' && live.sum === 4)?.live,
    { timeout: 20_000, message: 'The upsert is not counted, or not in Redis' },
  )
  t.is(live.count, 2)

  running.tell('now')
  const page = JSON.parse((await running.printed(/^PAGE (.*)$/m))[1] as string)
  t.like(
    page.items.find(({ title }: { title: string }) => title === 'Bread'),
    { createdBy: 'ada', content: 'Flour, water, salt.', myScore: 4 },
  )
})

withStores('packages/post-rate/README.md: the snippet runs to its end', async (t) => {
  const [database, redis] = [await testDatabase(t, { migrated: false }), testRedis(t)]
  const snippet = replaced(fenceWith(readReadme('packages/post-rate/README.md'), 'ts', 'posts.list('), {
    "'postgres://localhost/app'": `'${database}'`,
    "'redis://localhost'": `'${redis.url}', redisPrefix: '${redis.prefix}'`,
  })
  const directory = await compile(t, { 'script.ts': `${snippet}\nconsole.log('PAGE', page.items[0]?.myScore)` })
  t.is((await runCompiled(t, directory, 'script.js').printed(/^PAGE (.*)$/m))[1], '4')
})

test('packages/post-rate/README.md: the snippets compile, and the one for tests rates without a server', async (t) => {
  const [first, ...fragments] = fences(readReadme('packages/post-rate/README.md'), 'ts') as [string, ...string[]]
  const memory = fragments.find((fragment) => fragment.includes('createMemoryPostRate')) ?? ''
  const end =
    "\nconsole.log('SCORE', (await postRate.posts.get(post.id, { userId: 'ben' })).myScore)\nawait postRate.close()"
  const directory = await compile(t, {
    'first.ts': first,
    'in-memory.ts': memory + end,
    ...Object.fromEntries(fragments.map((fragment, n) => [`fragment-${n}.ts`, `${fragment}\nexport {}`])),
  })
  t.is((await runCompiled(t, directory, 'in-memory.js').printed(/^SCORE (.*)$/m))[1], '4')
})

/** What the reader of packages/express/README.md has at hand after its first snippet. */
const known = `import { type GetUser, createModerationRouter, createOpsRouter, createProblemHandler, createRouter } from '@post-rate/express'
import express from 'express'
import { createPostRate, toAggregateRating } from 'post-rate'
const postRate = createPostRate({ database: 'postgres://localhost/app' })
const app = express()
const getUser: GetUser = () => null
const adminOf = (req: express.Request) => req.get('x-admin') ?? null
export { adminOf, app, createModerationRouter, createOpsRouter, createProblemHandler, createRouter, getUser, postRate, toAggregateRating }
`

test('packages/express/README.md: the snippets compile', async (t) => {
  const [first, ...fragments] = fences(readReadme('packages/express/README.md'), 'ts') as [string, ...string[]]
  await compile(t, {
    'mount.ts': first,
    'sessions.ts':
      "import type { Request } from 'express'\nexport const userOf = (req: Request) => req.get('x-user')\nexport const isAuthor = (user: string) => user === 'ada'\n",
    ...Object.fromEntries(fragments.map((fragment, n) => [`fragment-${n}.ts`, known + fragment])),
  })
  t.pass()
})

withPostgres('packages/express/README.md: the recipes answer', async (t) => {
  const [database, port] = [await testDatabase(t), await freePort()]
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: '</script>Bread', content: 'Flour.', createdBy: 'ada' })
  await postRate.ratings.rate({ postId: id, userId: 'ben', score: 4 })
  await eventually(async () => (await postRate.posts.get(id)).stats.count === 1)

  const text = readReadme('packages/express/README.md')
  const recipes = [fenceWith(text, 'ts', 'toAggregateRating('), fenceWith(text, 'ts', 'moderation.exclude(')].join('\n')
  const host = replaced(known, { "'postgres://localhost/app'": `'${database}'` })
  runCompiled(t, await compile(t, { 'host.ts': `${host}${recipes}\napp.listen(${port})` }), 'host.js')
  const page = await eventually(() => fetch(`http://127.0.0.1:${port}/bread`).catch(() => null), { timeout: 30_000 })
  const [, json = ''] = /<script type="application\/ld\+json">(.*?)<\/script>/.exec(await page.text()) ?? []
  t.deepEqual(JSON.parse(json), {
    '@context': 'https://schema.org',
    '@type': 'Recipe',
    name: '</script>Bread',
    aggregateRating: { '@type': 'AggregateRating', ratingValue: 4, ratingCount: 1, bestRating: 5, worstRating: 0 },
  })

  const exclude = (body: object) =>
    fetch(`http://127.0.0.1:${port}/posts/${id}/exclude`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  t.is((await exclude({ from: '2020-01-01' })).status, 400)
  t.like(await (await exclude({ from: '2020-01-01', reason: 'a raid', dryRun: true })).json(), {
    ratings: 1,
    exclusion: null,
  })
  t.like(await (await exclude({ from: '2020-01-01', reason: 'a raid' })).json(), { exclusion: { by: 'ada' } })
})

test('packages/express/README.md: the table has every option', (t) => {
  const options = tableWith(readReadme('packages/express/README.md'), 'option of `createRouter`')
  const names = options.map(([cell = '']) => /^`(\w+)/.exec(cell)?.[1])
  const { message } = t.throws(() => createRouter({ nosuch: 1 } as never)) ?? { message: '' }
  t.deepEqual(['postRate', ...names], message.replace(/^.*there are /, '').split(', '))
})
