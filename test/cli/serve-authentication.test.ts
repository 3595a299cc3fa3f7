import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { exchange } from '../http/http-host.ts'
import { startCli, workingDirectory } from './run-cli.ts'

const body = { title: 't', content: 'c' }

withPostgres('serve --auth header:NAME says what is wrong with the header, on reads too', async (t) => {
  const { port } = await serve(t, ['--auth', 'header:X-User'])
  for (const [value, said] of [
    ['x'.repeat(256), 'X-User must be a user id: 1 to 255 characters, none of them a control character'],
    ['a\u0085b', 'X-User must be UTF-8'],
    [Buffer.from('a\u0085b').toString('latin1'), /^X-User must be a user id/],
    ['caf\xe9', 'X-User must be UTF-8'],
    [['ada', 'grace'], 'X-User must be sent once'],
  ] as const)
    for (const [method, path] of [
      ['GET', '/posts'],
      ['POST', '/posts'],
    ] as const) {
      const headers = { 'x-user': value } as unknown as Record<string, string>
      const reply = await exchange(port, method, path, { headers, ...(method === 'POST' && { body }) })
      t.is(reply.status, 401)
      t.is(reply.json.code, 'UNAUTHENTICATED')
      if (said instanceof RegExp) t.regex(reply.json.detail, said)
      else t.is(reply.json.detail, said)
      t.is(reply.headers['cache-control'], 'private, no-cache')
    }
  for (const headers of [{}, { 'x-user': '' }]) {
    t.is((await exchange(port, 'GET', '/posts', { headers })).status, 200)
    const refused = await exchange(port, 'POST', '/posts', { headers, body })
    t.deepEqual([refused.status, refused.json.detail], [401, 'This needs a logged-in user.'])
  }
})

withPostgres('serve --public-path: addresses as a proxy shows them, in problems too', async (t) => {
  const { port } = await serve(t, ['--auth', 'header:X-User', '--prefix', '/api', '--public-path', '/shop/api'])
  const made = await exchange(port, 'POST', '/api/posts', { user: 'ada', body })
  t.is(made.headers.location, '/shop/api/posts/1')
  t.deepEqual((await exchange(port, 'GET', '/api/openapi.json', {})).json.servers, [{ url: '/shop/api' }])
  const headers = { 'x-user': 'x'.repeat(256) }
  t.is((await exchange(port, 'GET', '/api/posts', { headers })).json.type, '/shop/api/docs#problem-unauthenticated')
})

withPostgres(
  'serve --auth jwt: while the keys cannot be fetched it is 503 with Retry-After, then it works',
  async (t) => {
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }
    const answers: Record<string, RequestListener> = {
      'an error': (_req, res) => res.writeHead(503).end('down'),
      'a page': (_req, res) => res.end('<html>maintenance</html>'),
      'no set of keys': (_req, res) => res.end('{"keys":5}'),
      'a cut connection': (req) => req.socket.destroy(),
    }
    let answer: RequestListener = (_req, res) => res.end(JSON.stringify({ keys: [jwk] }))
    const good = answer
    const { url, close } = await startIssuer(t, (req, res) => answer(req, res))
    const { port, output } = await serve(t, ['--auth', 'jwt', '--jwks', url])
    const sign = (kid: string, key = privateKey) =>
      new SignJWT({}).setProtectedHeader({ alg: 'RS256', kid }).setSubject('ada').setExpirationTime('1h').sign(key)
    const post = (token: string) =>
      exchange(port, 'POST', '/posts', { headers: { authorization: `Bearer ${token}` }, body })
    const token = await sign('k')
    const isAway = async (what: string) => {
      const reply = await post(token)
      t.deepEqual([reply.status, reply.json.code], [503, 'UNAVAILABLE'], what)
      t.regex(String(reply.headers['retry-after']), /^[1-9]/)
      t.notRegex(reply.text, /127\.0\.0\.1|jwks/i)
    }
    for (const [what, bad] of Object.entries(answers)) {
      answer = bad
      await isAway(what)
    }
    t.is((await exchange(port, 'GET', '/posts', {})).status, 200, 'who sends no token is not concerned')
    answer = good
    t.is((await post(token)).status, 201)
    t.is((await post(await sign('another'))).status, 401)
    t.is((await post(await sign('k', (await generateKeyPair('RS256')).privateKey))).status, 401)
    await close()
    t.is(output.stderr.match(/cannot fetch the keys/g)?.length, 1, output.stderr)

    const refused = await serve(t, ['--auth', 'jwt', '--jwks', url])
    const reply = await exchange(refused.port, 'POST', '/posts', {
      headers: { authorization: `Bearer ${token}` },
      body,
    })
    t.deepEqual([reply.status, reply.json.code], [503, 'UNAVAILABLE'])
    await eventually(() => /ECONNREFUSED/.test(refused.output.stderr))
  },
)

withPostgres('serve --auth jwt refuses a token without exp unless --jwt-allow-no-exp says otherwise', async (t) => {
  const secret = 'a secret that is long enough to be one'
  const sign = (subject: unknown, expires: boolean) => {
    const token = new SignJWT({ sub: subject as string }).setProtectedHeader({ alg: 'HS256' })
    return (expires ? token.setExpirationTime('1h') : token).sign(Buffer.from(secret))
  }
  const statuses = async (argv: string[]) => {
    const { port } = await serve(t, ['--auth', 'jwt', ...argv], { POST_RATE_JWT_SECRET: secret })
    const post = async (token: string) =>
      (await exchange(port, 'POST', '/posts', { headers: { authorization: `Bearer ${token}` }, body })).status
    const tokens = [await sign('ada', true), await sign(42, true), await sign('a\nb', true), await sign('ada', false)]
    return Promise.all(tokens.map(post))
  }
  t.deepEqual(await statuses([]), [201, 201, 401, 401])
  t.deepEqual(await statuses(['--jwt-allow-no-exp']), [201, 201, 401, 201])
})

async function serve(t: ExecutionContext, argv: string[], environment: Record<string, string> = {}) {
  const env = { DATABASE_URL: await testDatabase(t), ...environment }
  const invocation = { env, cwd: await workingDirectory(t) }
  const output = startCli(t, ['serve', '--port', '0', '--no-relay', ...argv], invocation)
  const url = await eventually(() => /^(http\S+)\/$/m.exec(output.stdout)?.[1], { timeout: 40_000 })
  return { port: Number(new URL(url).port), output }
}

async function startIssuer(t: ExecutionContext, listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  cleanUp(t, close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, close }
}
