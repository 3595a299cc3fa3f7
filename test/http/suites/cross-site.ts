import test from 'ava'
import { isProblem, startHost } from '../http-host.ts'

const allowedOrigins = ['https://app.example.com']

export function crossSiteSuite(): void {
  test('allowedOrigins: a write that a browser says is of another site is 403, of any kind', async (t) => {
    const { send, postRate } = await startHost(t, { allowedOrigins, authorize: () => true })
    postRate.seed(1)
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'nonsense' },
      { 'sec-fetch-site': '' },
      { 'sec-fetch-site': 'same-origin, cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'https://app.example.com.evil.example' },
      { origin: 'http://app.example.com' },
      { origin: 'https://app.example.com:8443' },
    ] as Record<string, string>[])
      for (const [method, path, body] of [
        ['PUT', '/posts/1/rating', { score: 1 }],
        ['POST', '/ratings', { postId: 1, score: 1 }],
        ['DELETE', '/posts/1/rating'],
        ['POST', '/posts', { title: 'T', content: 'C' }],
      ] as const) {
        const reply = await send(method, path, { user: 'u1', headers, ...(body && { body }) })
        isProblem(t, reply, 403, 'FORBIDDEN')
      }
    t.deepEqual(postRate.calls, [])
  })

  test('allowedOrigins: the own origin, the listed ones and what is no browser may write', async (t) => {
    for (const list of [allowedOrigins, []]) {
      const { send, postRate, port } = await startHost(t, { allowedOrigins: list })
      postRate.seed(1)
      for (const headers of [
        {},
        { 'sec-fetch-site': 'same-origin', origin: 'http://another.name.of.this.server' },
        { 'sec-fetch-site': 'none' },
        { origin: `http://127.0.0.1:${port}` },
        { origin: `https://127.0.0.1:${port}` },
        ...(list.length > 0 ? [{ 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' }] : []),
      ] as Record<string, string>[]) {
        const sent = { user: 'u1', headers, body: { score: 1 } }
        t.is((await send('PUT', '/posts/1/rating', sent)).status, 200, JSON.stringify(headers))
      }
    }
  })

  test('allowedOrigins: reading is for every site; without the option writing is, too', async (t) => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const { send, postRate } = await startHost(t, { allowedOrigins })
    postRate.seed(1)
    for (const path of ['/posts', '/posts/1', '/docs', '/openapi.json'])
      t.is((await send('GET', path, { headers })).status, 200)
    const open = await startHost(t)
    open.postRate.seed(1)
    t.is((await open.send('PUT', '/posts/1/rating', { user: 'u1', headers, body: { score: 1 } })).status, 200)
  })

  test('allowedOrigins: judged as 403 is, after 401, 415, 413 and 400, and before authorize is asked', async (t) => {
    let asked = 0
    const authorize = () => {
      asked++
      return true
    }
    const { send, postRate } = await startHost(t, { allowedOrigins, authorize })
    const headers = { 'sec-fetch-site': 'cross-site' }
    const path = '/posts/7/rating'
    const text = { ...headers, 'content-type': 'text/plain' }
    isProblem(t, await send('PUT', path, { headers, body: { score: 1 } }), 401, 'UNAUTHENTICATED')
    isProblem(t, await send('PUT', path, { user: 'u1', headers: text, body: 'x' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
    const large = { score: 1, x: 'x'.repeat(5000) }
    isProblem(t, await send('PUT', path, { user: 'u1', headers, body: large }), 413, 'PAYLOAD_TOO_LARGE')
    isProblem(t, await send('PUT', path, { user: 'u1', headers, body: { score: 9 } }), 400, 'INVALID_INPUT')
    isProblem(t, await send('PUT', path, { user: 'u1', headers, body: { score: 1 } }), 403, 'FORBIDDEN')
    t.is(asked, 0)
    isProblem(t, await send('PUT', path, { user: 'u1', body: { score: 1 } }), 404, 'POST_NOT_FOUND')
    t.deepEqual([asked, postRate.calls], [1, ['rate']])
  })

  test('allowedOrigins: what is no origin is refused when the router is made', async (t) => {
    for (const origin of [
      'app.example.com',
      'https://app.example.com/',
      'https://app.example.com/path',
      '*',
      'null',
      '',
    ])
      await t.throwsAsync(startHost(t, { allowedOrigins: [origin] }), { instanceOf: TypeError }, origin)
  })
}
