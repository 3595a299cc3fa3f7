import test from 'ava'
import type { RequestHandler, Response } from 'express'
import type { Endpoint } from '../../../packages/express/src/endpoint.ts'
import { describingEndpoints } from '../../../packages/express/src/endpoints/describe-api.ts'
import type { FakePostRate } from '../fake-post-rate.ts'
import { startHost } from '../http-host.ts'

const at = (postRate: FakePostRate, seconds: number) => ({
  nextUpdateAt: new Date(postRate.clock + seconds * 1000).toISOString(),
})

/** How hosts set cookies: before the router, or as session middleware does, when the headers are written. */
const cookieSetters: Record<string, RequestHandler> = {
  'set before the router': (_req, res, next) => {
    res.cookie('sid', '1')
    next()
  },
  'set in writeHead': atWriteHead((res) => res.setHeader('Set-Cookie', 'sid=1')),
  'appended in writeHead': atWriteHead((res) => res.appendHeader('set-cookie', 'sid=1')),
  'given to writeHead': (_req, res, next) => {
    const { writeHead } = res
    res.writeHead = (status: number) => writeHead.call(res, status, { 'Set-Cookie': 'sid=1' } as never)
    next()
  },
}

function atWriteHead(set: (res: Response) => void): RequestHandler {
  return (_req, res, next) => {
    const { writeHead } = res
    res.writeHead = (...args: unknown[]) => {
      set(res)
      return writeHead.apply(res, args as never)
    }
    next()
  }
}

export function cachingSuite(): void {
  test('reading answers vary by Cookie, Authorization and the header that the host names', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    for (const path of ['/posts', '/posts/1', '/posts/9', '/posts?limit=0'])
      t.is((await send('GET', path)).headers.vary, 'Cookie, Authorization, X-User', path)
    const plain = await startHost(t, { varyHeader: [] })
    t.is((await plain.send('GET', '/posts')).headers.vary, 'Cookie, Authorization')
    const several = await startHost(t, { varyHeader: ['X-A', 'X-B'] })
    t.is((await several.send('GET', '/posts')).headers.vary, 'Cookie, Authorization, X-A, X-B')
  })

  test('anonymous: public until the nearest nextUpdateAt of the page, at most 30 seconds', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(2)
    const maxAge = async () => (await send('GET', '/posts')).headers['cache-control']
    const show = (first: number, second: number) => {
      postRate.shown.set(1, at(postRate, first))
      postRate.shown.set(2, at(postRate, second))
    }
    show(300, 200)
    t.is(await maxAge(), 'public, max-age=30')
    show(300, 12.9)
    t.is(await maxAge(), 'public, max-age=12')
    show(300, 0.9)
    t.is(await maxAge(), 'public, max-age=0')
    show(300, -100)
    t.is(await maxAge(), 'public, max-age=0')
  })

  test('anonymous: at most 5 seconds where a post has no nextUpdateAt, or there is no post', async (t) => {
    const { send, postRate } = await startHost(t)
    t.is((await send('GET', '/posts')).headers['cache-control'], 'public, max-age=5')
    postRate.seed(2)
    postRate.shown.set(1, at(postRate, 100))
    t.is((await send('GET', '/posts')).headers['cache-control'], 'public, max-age=5')
    t.is((await send('GET', '/posts/1')).headers['cache-control'], 'public, max-age=30')
    postRate.shown.set(1, at(postRate, 2))
    t.is((await send('GET', '/posts')).headers['cache-control'], 'public, max-age=2')
  })

  test('anonymous: maxAgeSeconds bounds the age', async (t) => {
    for (const [maxAgeSeconds, seconds] of [
      [60, 60],
      [3, 3],
      [0, 0],
    ] as const) {
      const { send, postRate } = await startHost(t, { maxAgeSeconds })
      postRate.seed(1)
      postRate.shown.set(1, at(postRate, 100))
      t.is((await send('GET', '/posts')).headers['cache-control'], `public, max-age=${seconds}`)
    }
  })

  test('private, no-cache for a request with Cookie, Authorization or the named header, and for every known user', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    for (const headers of [{ cookie: 'a=b' }, { authorization: 'Bearer x' }, { 'x-user': 'u1' }] as Record<
      string,
      string
    >[]) {
      for (const path of ['/posts', '/posts/1']) {
        const reply = await send('GET', path, { headers })
        t.is(reply.headers['cache-control'], 'private, no-cache')
        t.is(reply.headers.etag, undefined)
      }
    }
    const byAddress = await startHost(t, { getUser: () => 'u1' })
    t.is((await byAddress.send('GET', '/posts')).headers['cache-control'], 'private, no-cache')
  })

  for (const [when, before] of Object.entries(cookieSetters))
    test(`an answer that sets a cookie is private: ${when}`, async (t) => {
      const { send, postRate } = await startHost(t, { before })
      postRate.seed(1)
      for (const path of [
        '/posts',
        '/posts/1',
        '/docs',
        '/openapi.json',
        '/stars.js',
        '/stars/texts.js',
        '/history.js',
      ]) {
        const first = await send('GET', path)
        t.is(first.status, 200, path)
        t.regex(String(first.headers['set-cookie']), /^sid=/, path)
        t.is(first.headers['cache-control'], 'private, no-cache', path)
        const again = await send('GET', path, { headers: { 'if-none-match': String(first.headers.etag) } })
        t.is(again.status, 304, path)
        t.is(again.headers['cache-control'], 'private, no-cache', path)
      }
    })

  test('docs and OpenAPI document: rendered once for an address, and public for as long as the host allows', async (t) => {
    const { send } = await startHost(t, { maxAgeSeconds: 120 })
    for (const path of ['/docs', '/openapi.json']) {
      const { headers } = await send('GET', path)
      t.is(headers['cache-control'], 'public, max-age=120')
    }
    const document = describingEndpoints([]).find(({ path }) => path === '/openapi.json') as Endpoint
    const answer = (prefix: string) =>
      document.answer({ input: {}, userId: null, established: null, prefix, root: '.', postRate: null as never })
    const first = await answer('/a')
    t.is(await answer('/a'), first)
    t.regex((await answer('/b')).json ?? '', /"servers":\[\{"url":"\/b"\}\]/)
    t.deepEqual(await answer('/a'), first)
  })

  test('errors and answers to writes are kept by nobody', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    t.is((await send('GET', '/posts/2')).headers['cache-control'], 'private, no-cache')
    const rated = await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })
    t.is(rated.headers['cache-control'], 'private, no-cache')
    t.is(rated.headers.etag, undefined)
  })

  test("If-None-Match: 304 while nothing changed, 200 afterwards; the host's etag setting does not matter", async (t) => {
    for (const etag of ['weak', 'strong', false]) {
      const { send, postRate } = await startHost(t, { settings: { etag } })
      postRate.seed(1)
      for (const path of ['/posts', '/posts/1', '/openapi.json', '/docs']) {
        const first = await send('GET', path)
        const tag = first.headers.etag ?? ''
        t.regex(tag, /^(W\/)?"[^"]+"$/)
        for (const known of [tag, `"x", ${tag}`, tag.replace('W/', ''), '*']) {
          const again = await send('GET', path, { headers: { 'if-none-match': known } })
          t.is(again.status, 304)
          t.is(again.text, '')
          for (const name of ['etag', 'cache-control', 'vary', 'x-content-type-options'])
            t.is(again.headers[name], first.headers[name])
        }
        t.is((await send('HEAD', path, { headers: { 'if-none-match': tag } })).status, 304)
        t.is((await send('GET', path, { headers: { 'if-none-match': '"x"' } })).status, 200)
      }
      const { etag: tag = '' } = (await send('GET', '/posts/1')).headers
      await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })
      t.is((await send('GET', '/posts/1', { headers: { 'if-none-match': tag } })).status, 200)
      t.is((await send('GET', '/posts/1', { headers: { 'if-none-match': tag }, user: 'u1' })).status, 200)
    }
  })
}
