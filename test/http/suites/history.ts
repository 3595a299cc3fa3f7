import { createRouter } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { createMemoryPostRate } from 'post-rate/memory'
import { historyAnswer } from '../../../packages/express/src/answers.ts'
import { eventually } from '../../helpers/eventually.ts'
import { exchange, isProblem, listen, type Sent, startHost } from '../http-host.ts'

export function historySuite(): void {
  test('GET /posts/:id/history: by day, by hour, and between two times', async (t) => {
    const { postRate, get } = await startRated(t)
    const all = await get('')
    t.is(all.status, 200)
    t.regex(all.headers['content-type'] ?? '', /^application\/json\b/)
    t.deepEqual(historyAnswer.strict().parse(all.json), all.json)
    const { stats } = await postRate.posts.get(1)
    t.like(all.json, { postId: 1, unit: 'day', asOf: stats.asOf, incidents: [], exclusions: [] })
    t.deepEqual(all.json.buckets, [
      { start: '2026-01-01T00:00:00.000Z', counts: [1, 0, 0, 0, 0, 1], excluded: [0, 0, 0, 0, 0, 0] },
      { start: '2026-01-02T00:00:00.000Z', counts: [0, 0, 0, 1, 0, 0], excluded: [0, 0, 0, 0, 0, 0] },
      { start: '2026-03-01T00:00:00.000Z', counts: [0, 0, 0, 0, 1, 0], excluded: [0, 0, 0, 0, 0, 0] },
    ])
    const starts = async (query: string) =>
      (await get(query)).json.buckets.map(({ start }: Bucket) => start.slice(0, 13))
    t.deepEqual(await starts('?unit=hour'), ['2026-01-01T00', '2026-01-01T23', '2026-01-02T00', '2026-03-01T12'])
    t.deepEqual(await starts('?unit=day&from=2026-01-02T00:00:00Z'), ['2026-01-02T00', '2026-03-01T00'])
    t.deepEqual(await starts('?from=2026-01-02&to=2026-03-01'), ['2026-01-02T00'])
    t.deepEqual(await starts('?from=2026-01-02T03:00:00%2B03:00&to=2026-01-02T03:00:00.001%2B03:00'), ['2026-01-02T00'])
    t.deepEqual(await starts('?unit=hour&to=20260101T230000Z'), ['2026-01-01T00'])
    t.deepEqual((await get('?from=2026-03-01')).json.before, [1, 0, 0, 1, 0, 1])
    t.deepEqual((await get('?utm=x&limit=0')).json, all.json)
  })

  test('GET /posts/:id/history: excluded ratings apart, with the reason, unless the deployment does not publish it', async (t) => {
    const { postRate, get } = await startRated(t)
    const period = { postId: 1, from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T12:00:00.000Z' }
    await postRate.moderation.exclude({ ...period, by: 'ada', reason: 'a raid' })
    const first = async () => (await get('?to=2026-01-02')).json
    await eventually(async () => (await first()).buckets[0].excluded[0] === 1)
    t.deepEqual((await first()).buckets, [
      { start: '2026-01-01T00:00:00.000Z', counts: [0, 0, 0, 0, 0, 1], excluded: [1, 0, 0, 0, 0, 0] },
    ])
    t.deepEqual((await first()).exclusions, [{ from: period.from, to: period.to, count: 1, reason: 'a raid' }])
    t.deepEqual((await get('?from=2026-01-02')).json.exclusions, [])
    await postRate.settings.set({ publishExclusions: false })
    const { exclusions, buckets } = (await get('')).json
    t.deepEqual(exclusions, [])
    t.deepEqual(buckets[0].excluded, [0, 0, 0, 0, 0, 0])
  })

  test('GET /posts/:id/history: 400 names the parameter, 404 is that of a post, and other methods are 405', async (t) => {
    const { get, send } = await startRated(t)
    const bad: [string, string[]][] = [
      ...['unit=week', 'unit=', 'unit=DAY', 'unit=day&unit=day', 'unit[]=day'].map((q): [string, string[]] => [
        q,
        ['unit'],
      ]),
      ...['from=', 'from=yesterday', 'from=1767225600', 'from=2026-02-30', 'from=2026-01-01T25:00Z'].map(
        (q): [string, string[]] => [q, ['from']],
      ),
      ['from=2026-01-01&from=2026-01-02', ['from']],
      ['from=2026-01-02&to=2026-01-01', ['from']],
      ['from=2026-01-01T00:00:00+00:00', ['from']],
      ['to[$gt]=2026-01-01', ['to']],
      ['to=12026-01-01T00:00:00Z', ['to']],
      ['unit=x&from=y&to=z', ['from', 'to', 'unit']],
    ]
    for (const [query, fields] of bad) isProblem(t, await get(`?${query}`), 400, 'INVALID_INPUT', fields)
    for (const id of ['0', '01', 'x', '9007199254740992'])
      isProblem(t, await send('GET', `/posts/${id}/history`), 400, 'INVALID_INPUT', ['id'])
    isProblem(t, await send('GET', '/posts/9/history?unit=hour'), 404, 'POST_NOT_FOUND')
    isProblem(t, await send('GET', '/posts/9/history?unit=x'), 400, 'INVALID_INPUT', ['unit'])
    const { headers } = await send('POST', '/posts/1/history')
    t.is(headers.allow, 'GET, HEAD, OPTIONS')
  })

  test('GET /posts/:id/history: cached as the post is, and asked for as its reader', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    postRate.shown.set(1, { nextUpdateAt: new Date(postRate.clock + 12_900).toISOString() })
    const path = '/posts/1/history'
    const first = await send('GET', path)
    t.is(first.headers['cache-control'], 'public, max-age=12')
    t.is(first.headers.vary, 'Cookie, Authorization, X-User')
    const etag = String(first.headers.etag)
    t.is((await send('GET', path, { headers: { 'if-none-match': etag } })).status, 304)
    t.is((await send('HEAD', path)).headers.etag, etag)
    postRate.histories.set(1, { before: [0, 0, 0, 0, 0, 1] })
    t.is((await send('GET', path, { headers: { 'if-none-match': etag } })).status, 200)
    postRate.shown.clear()
    t.is((await send('GET', path)).headers['cache-control'], 'public, max-age=5')
    t.is((await send('GET', path, { user: 'ada' })).headers['cache-control'], 'private, no-cache')
    t.is(postRate.calls.at(-1), 'history {"unit":"day","userId":"ada"}')
  })
}

interface Bucket {
  start: string
}

/** The router over a record in memory, which shows at once: post 1 has ratings of three days of 2026. */
async function startRated(t: ExecutionContext) {
  const postRate = createMemoryPostRate({ display: { display: 'live' } })
  t.teardown(() => postRate.close())
  await postRate.start({ relay: true })
  await postRate.posts.create({ title: 'Bread', content: 'Flour.', createdBy: 'ada' })
  const given = ['2026-01-01T00:00:00Z', '2026-01-01T23:59:59.999Z', '2026-01-02T00:00:00Z', '2026-03-01T12:00:00Z']
  const scores = [0, 5, 3, 4]
  await postRate.ratings.import(
    given.map((ratedAt, n) => ({ line: n + 1, post: 1, user: `u${n}`, score: scores[n], ratedAt })),
  )
  await eventually(async () => (await postRate.posts.get(1)).stats.count === 4)
  const app = express().use(createRouter({ postRate, getUser: () => null }))
  const port = await listen(t, app)
  const send = (method: string, path: string, sent: Sent = {}) => exchange(port, method, path, sent)
  return { postRate, send, get: (query: string) => send('GET', `/posts/1/history${query}`) }
}
