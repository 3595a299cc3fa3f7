import { createRouter } from '@post-rate/express'
import test from 'ava'
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
      t.is(made.headers.location, `${root}/posts/3`)
      t.deepEqual((await raw('GET', `${root}/openapi.json`)).json.servers, [{ url: root || '/' }])
      t.true((await raw('GET', `${root}/docs`)).text.includes(`href="${root}/openapi.json"`))
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
