import test from 'ava'
import { PostRateError } from 'post-rate'
import { isProblem, startHost } from '../http-host.ts'

const secret = 'connect ECONNREFUSED db.internal.example:5432; SELECT * FROM ratings'

export function errorSuite(): void {
  test('judged in order: 401, 415, 413, 400, 403, 404, 422, 503', async (t) => {
    let allowed = false
    const { send, postRate } = await startHost(t, { authorize: () => allowed })
    const text = { 'content-type': 'text/plain' }
    const large = `{"score":9,"x":"${'x'.repeat(5000)}"}`
    const path = '/posts/0/rating'
    isProblem(t, await send('PUT', path, { headers: text, body: large }), 401, 'UNAUTHENTICATED')
    isProblem(t, await send('PUT', path, { user: 'u1', headers: text, body: large }), 415, 'UNSUPPORTED_MEDIA_TYPE')
    isProblem(t, await send('PUT', path, { user: 'u1', body: large }), 413, 'PAYLOAD_TOO_LARGE')
    isProblem(t, await send('PUT', path, { user: 'u1', body: { score: 9 } }), 400, 'INVALID_INPUT', ['id', 'score'])
    const good = { user: 'u1', body: { score: 4 } }
    isProblem(t, await send('PUT', '/posts/1/rating', good), 403, 'FORBIDDEN')
    allowed = true
    isProblem(t, await send('PUT', '/posts/1/rating', good), 404, 'POST_NOT_FOUND')
    postRate.failure = new PostRateError('REJECTED', secret, { constraint: 'secret_rule' })
    isProblem(t, await send('PUT', '/posts/1/rating', good), 422, 'REJECTED')
    postRate.failure = new PostRateError('UNAVAILABLE', secret)
    isProblem(t, await send('PUT', '/posts/1/rating', good), 503, 'UNAVAILABLE')
  })

  test('401 wherever a user is needed, and nowhere else; challenge is sent as WWW-Authenticate', async (t) => {
    const { send, postRate } = await startHost(t, { challenge: 'Bearer' })
    postRate.seed(1)
    for (const [method, path] of [
      ['PUT', '/posts/1/rating'],
      ['DELETE', '/posts/1/rating'],
      ['POST', '/ratings'],
      ['POST', '/posts'],
    ] as const) {
      const reply = await send(method, path, { body: {} })
      isProblem(t, reply, 401, 'UNAUTHENTICATED')
      t.is(reply.headers['www-authenticate'], 'Bearer')
    }
    for (const path of ['/posts', '/posts/1', '/openapi.json', '/docs']) t.is((await send('GET', path)).status, 200)
    t.is((await (await startHost(t)).send('POST', '/ratings')).headers['www-authenticate'], undefined)
  })

  for (const code of ['UNAVAILABLE', 'OVERLOADED', 'NOT_PERMITTED', 'SCHEMA_TOO_NEW', 'SCHEMA_TOO_OLD'] as const) {
    test(`${code} is 503 with Retry-After, and says nothing of the store`, async (t) => {
      const { send, postRate } = await startHost(t)
      postRate.failure = new PostRateError(code, secret, { cause: new Error(secret) })
      for (const [method, path] of [
        ['GET', '/posts'],
        ['GET', '/posts/1'],
        ['PUT', '/posts/1/rating'],
        ['DELETE', '/posts/1/rating'],
      ] as const) {
        const reply = await send(method, path, { user: 'u1', ...(method === 'PUT' && { body: { score: 1 } }) })
        isProblem(t, reply, 503, code)
        t.regex(reply.headers['retry-after'] ?? '', /^[1-9][0-9]*$/)
        t.is(reply.headers['cache-control'], 'private, no-cache')
        t.notRegex(reply.text, /ECONNREFUSED|5432/)
      }
    })
  }

  test('REJECTED is 422 for every write, and names neither the rule nor the table', async (t) => {
    const { send, postRate } = await startHost(t, { authorize: () => true })
    postRate.failure = new PostRateError('REJECTED', secret, { constraint: 'secret_rule' })
    for (const [method, path, body] of [
      ['POST', '/posts', { title: 'T', content: 'C' }],
      ['PUT', '/posts/1/rating', { score: 1 }],
      ['POST', '/ratings', { postId: 1, score: 1 }],
      ['DELETE', '/posts/1/rating'],
    ] as const) {
      const reply = await send(method, path, { user: 'u1', ...(body && { body }) })
      isProblem(t, reply, 422, 'REJECTED')
      t.notRegex(reply.text, /secret_rule|ratings/)
      t.is(reply.headers['retry-after'], undefined)
    }
  })

  test('the library names the fields of an INVALID_INPUT of its own', async (t) => {
    const { send, postRate } = await startHost(t)
    const problems = [{ field: 'after', message: 'must be a cursor' }]
    postRate.failure = new PostRateError('INVALID_INPUT', secret, { problems })
    const reply = await send('GET', '/posts')
    isProblem(t, reply, 400, 'INVALID_INPUT', ['after'])
    t.is(reply.json.detail, 'after must be a cursor')
  })

  test("an error that is not the library's goes to the host, whatever was thrown", async (t) => {
    const { send, postRate, errors } = await startHost(t)
    for (const failure of [new TypeError(secret), 'route', 'router', undefined, 0, { code: 'POST_NOT_FOUND' }]) {
      postRate.failure = failure === undefined ? Object.assign(new Error('stands for undefined')) : failure
      const reply = await send('GET', '/posts')
      t.is(reply.status, 599)
      t.deepEqual(reply.json, { host: 'error' })
      t.is(reply.headers['x-content-type-options'], 'nosniff')
    }
    t.is(errors.length, 6)
    t.true(errors[0] instanceof TypeError)
  })

  test("a problem's type leads to its explanation on the reference page", async (t) => {
    const { send, raw } = await startHost(t)
    const { type } = (await send('GET', '/posts/5')).json
    const [page, anchor] = type.split('#')
    const reply = await raw('GET', page)
    t.is(reply.status, 200)
    t.true(reply.text.includes(`id="${anchor}"`))
  })
}
