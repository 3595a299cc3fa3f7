import test from 'ava'
import { isProblem, startHost } from '../http-host.ts'

const allowed: Record<string, string> = {
  '/posts': 'GET, HEAD, POST, OPTIONS',
  '/posts/1': 'GET, HEAD, OPTIONS',
  '/posts/1/rating': 'PUT, DELETE, OPTIONS',
  '/ratings': 'POST, OPTIONS',
  '/openapi.json': 'GET, HEAD, OPTIONS',
  '/docs': 'GET, HEAD, OPTIONS',
}

export function methodSuite(): void {
  for (const [path, allow] of Object.entries(allowed)) {
    test(`OPTIONS ${path}: 204 with Allow`, async (t) => {
      const { send, errors } = await startHost(t)
      const reply = await send('OPTIONS', path)
      t.is(reply.status, 204)
      t.is(reply.text, '')
      t.is(reply.headers.allow, allow)
      t.is(reply.headers['x-content-type-options'], 'nosniff')
      t.deepEqual(errors, [])
    })

    test(`405 ${path}: every other method, with Allow, before anybody is asked who it is`, async (t) => {
      const { send, errors, postRate } = await startHost(t, {
        getUser: () => {
          throw new Error('nobody should ask')
        },
      })
      const known = allow.split(', ')
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
        if (known.includes(method)) continue
        const reply = await send(method, path)
        if (method === 'HEAD') t.is(reply.status, 405)
        else isProblem(t, reply, 405, 'METHOD_NOT_ALLOWED')
        t.is(reply.headers.allow, allow)
      }
      t.deepEqual([errors, postRate.calls], [[], []])
    })
  }

  test('paths that the router does not know fall through to the host', async (t) => {
    const { send, raw } = await startHost(t)
    for (const path of [
      '',
      '/',
      '/post',
      '/postsx',
      '/posts/1/ratings',
      '/posts/1/rating/2',
      '/posts/../x',
      '/posts/%2e%2e/x',
      '/posts//rating',
      '/%zz',
      '/__proto__',
    ]) {
      const reply = await send('GET', path)
      t.is(reply.status, 404, path)
      t.is(reply.json.host, 'fell through', path)
    }
    t.is((await raw('GET', '/elsewhere')).json.host, 'fell through')
  })

  test("a body on a path of the host's is left to the host", async (t) => {
    const { send } = await startHost(t, { parser: 'after' })
    t.deepEqual((await send('POST', '/own', { body: { a: 1 } })).json.body, { a: 1 })
  })

  test('one slash at the end of a path is ignored', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    t.is((await send('GET', '/posts/')).status, 200)
    t.is((await send('GET', '/posts/1/')).status, 200)
    t.is((await send('GET', '/posts/1/?x=1')).status, 200)
  })
}
