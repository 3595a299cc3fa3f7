import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProblemHandler, createRouter } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { FakePostRate } from '../fake-post-rate.ts'
import { exchange, isProblem, listen, startHost } from '../http-host.ts'

export function mountingSuite(): void {
  for (const prefix of ['/', '/a', '/any/deep/prefix', '/mit-ümlaut']) {
    test(`mounted at ${prefix}: links carry the prefix`, async (t) => {
      const { raw, postRate } = await startHost(t, { prefix: encodeURI(prefix), authorize: () => true })
      const root = prefix === '/' ? '' : encodeURI(prefix)
      postRate.seed(2)
      const list = await raw('GET', `${root}/posts?limit=1`)
      t.true(list.json.next.startsWith(`${root}/posts?limit=1&`))
      const made = await raw('POST', `${root}/posts`, { user: 'u1', body: { title: 'T', content: 'C' } })
      t.is(new URL(made.headers.location ?? '', `http://host${root}/posts`).pathname, `${root}/posts/3`)
      t.deepEqual((await raw('GET', `${root}/openapi.json`)).json.servers, [{ url: root || '/' }])
      for (const page of [`${root}/docs`, `${root}/docs/`]) {
        const [, link = ''] = /href="([^"#]+)"/.exec((await raw('GET', page)).text) ?? []
        t.is(new URL(link, `http://host${page}`).pathname, `${root}/openapi.json`)
      }
      isProblem(t, await raw('PUT', `${root}/posts/1/rating`), 401, 'UNAUTHENTICATED')
    })
  }

  test('mounted twice and inside another router, each with its own prefix', async (t) => {
    const outer = express()
    const inner = express.Router()
    const router = createRouter({ postRate: new FakePostRate() as never, getUser: () => null })
    inner.use('/inner', router)
    outer.use('/outer', inner)
    outer.use('/other', router)
    const port = await listen(t, outer)
    for (const prefix of ['/outer/inner', '/other']) {
      const { json: document } = await exchange(port, 'GET', `${prefix}/openapi.json`, {})
      t.deepEqual(document.servers, [{ url: prefix }])
    }
  })

  test('behind a proxy that strips a prefix, docs and Location lead back through it without any option', async (t) => {
    const { port, postRate } = await startHost(t, { prefix: '/', authorize: () => true })
    postRate.seed(2)
    const outside = await startStripping(t, '/shop/api', port)
    for (const page of ['/docs', '/docs/']) {
      const [, link = ''] = /href="([^"#]+)"/.exec(await (await fetch(outside + page)).text()) ?? []
      t.is((await fetch(new URL(link, outside + page))).status, 200, page)
    }
    for (const path of ['/posts', '/posts/']) {
      const headers = { 'content-type': 'application/json', 'x-user': 'u1' }
      const body = '{"title":"T","content":"C"}'
      const made = await fetch(outside + path, { method: 'POST', headers, body })
      t.is(made.status, 201)
      t.is((await fetch(new URL(made.headers.get('location') ?? '', outside + path))).status, 200, path)
    }
  })

  test('publicPath: every address carries it, whatever the router is mounted at', async (t) => {
    for (const [prefix, publicPath] of [
      ['/', '/shop/api'],
      ['/inner', '/shop/api/'],
    ] as const) {
      const { raw, port, postRate } = await startHost(t, { prefix, publicPath, authorize: () => true })
      postRate.seed(2)
      const root = prefix === '/' ? '' : prefix
      const outside = await startStripping(t, '/shop/api', port, root)
      const list = await raw('GET', `${root}/posts?limit=1`)
      t.true(list.json.next.startsWith('/shop/api/posts?limit=1&'))
      t.is((await fetch(new URL(list.json.next, outside))).status, 200)
      t.is(list.headers.link, `<${list.json.next}>; rel="next"`)
      const made = await raw('POST', `${root}/posts`, { user: 'u1', body: { title: 'T', content: 'C' } })
      t.is(made.headers.location, '/shop/api/posts/3')
      t.deepEqual((await raw('GET', `${root}/openapi.json`)).json.servers, [{ url: '/shop/api' }])
      t.true((await raw('GET', `${root}/docs`)).text.includes('href="/shop/api/openapi.json"'))
      t.is((await raw('GET', `${root}/posts/9`)).json.type, '/shop/api/docs#problem-post-not-found')
    }
    const atRoot = await startHost(t, { prefix: '/inner', publicPath: '/' })
    t.deepEqual((await atRoot.send('GET', '/openapi.json')).json.servers, [{ url: '/' }])
  })

  test('publicPath: what is no path is refused when the router is made', async (t) => {
    for (const publicPath of [
      '',
      'api',
      '//evil.example',
      'https://a.example/api',
      '/a b',
      '/a?b',
      '/a#b',
      '/"',
      '/<',
      5,
    ])
      for (const make of [
        () =>
          createRouter({ postRate: new FakePostRate() as never, getUser: () => null, publicPath: publicPath as never }),
        () => createProblemHandler({ publicPath: publicPath as never }),
      ])
        t.throws(make, { instanceOf: TypeError, message: /^publicPath must be a path such as/ }, String(publicPath))
    const { send } = await startHost(t, {
      parser: 'before',
      publicPath: '/out',
      problemHandler: { publicPath: '/out' },
    })
    const refused = await send('POST', '/ratings', { user: 'u1', body: '{"score' })
    t.is(refused.json.type, '/out/docs#problem-invalid-input')
  })

  test("a prefix with a parameter of the host's cannot break out of links", async (t) => {
    const { raw, postRate } = await startHost(t, { prefix: '/t/:tenant' })
    postRate.seed(2)
    const reply = await raw('GET', '/t/a>b%22c"d/posts?limit=1')
    t.is(reply.status, 200)
    t.is(reply.headers.link, `<${reply.json.next}>; rel="next"`)
    t.true(reply.json.next.startsWith('/t/a%3Eb%22c%22d/posts?'))
    t.notRegex((await raw('GET', '/t/<script>x</docs')).text, /<script/)
    t.notRegex((await raw('GET', "/t/'onload=x/docs")).text, /'onload/)
  })

  test("what the host's own parser refuses is a problem too, with createProblemHandler", async (t) => {
    const { raw, send, errors } = await startHost(t, { parser: 'before', problemHandler: true })
    isProblem(t, await send('POST', '/ratings', { user: 'u1', body: '{"score' }), 400, 'INVALID_INPUT', ['body'])
    const large = await send('POST', '/ratings', { user: 'u1', body: { x: 'x'.repeat(2_000_000) } })
    isProblem(t, large, 413, 'PAYLOAD_TOO_LARGE')
    t.deepEqual(errors, [])
    t.is((await raw('POST', '/elsewhere', { body: '{"score' })).status, 599)
  })
}

/** A reverse proxy that takes `outer` off the path and puts `inner` in its place; resolves to the address of `outer`. */
async function startStripping(t: ExecutionContext, outer: string, port: number, inner = ''): Promise<string> {
  const proxy = http.createServer((req, res) => {
    const path = (req.url ?? '').startsWith(outer) ? inner + (req.url ?? '').slice(outer.length) : '/nowhere'
    const onwards = http.request(
      { port, host: '127.0.0.1', method: req.method, path, headers: req.headers },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(res)
      },
    )
    req.pipe(onwards)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${outer}`
}
