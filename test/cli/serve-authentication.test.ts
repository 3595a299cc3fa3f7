import type { ExecutionContext } from 'ava'
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

async function serve(t: ExecutionContext, argv: string[], environment: Record<string, string> = {}) {
  const env = { DATABASE_URL: await testDatabase(t), ...environment }
  const invocation = { env, cwd: await workingDirectory(t) }
  const output = startCli(t, ['serve', '--port', '0', '--no-relay', ...argv], invocation)
  const url = await eventually(() => /^(http\S+)\/$/m.exec(output.stdout)?.[1], { timeout: 40_000 })
  return { port: Number(new URL(url).port), output }
}
