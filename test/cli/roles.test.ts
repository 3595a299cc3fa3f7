import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres, withServices } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { runCli, runJson, spawnCli, startCli, workingDirectory } from './run-cli.ts'

async function deployment(t: ExecutionContext) {
  return { env: { DATABASE_URL: await testDatabase(t) } as Record<string, string>, cwd: await workingDirectory(t) }
}

async function urlOf(server: { stdout: string }): Promise<string> {
  const url = await eventually(() => /^(http\S+)\/$/m.exec(server.stdout)?.[1], {
    timeout: 40_000,
    message: 'The server printed no URL',
  })
  return url
}

const json = { 'content-type': 'application/json' }

withPostgres('serve --auth header:NAME with the relay, under a prefix, without creating', async (t) => {
  const invocation = await deployment(t)
  const argv = ['serve', '--port', '0', '--auth', 'header:X-User', '--prefix', '/rate', '--no-create']
  const server = spawnCli(t, argv, invocation)
  const url = await urlOf(server)
  t.regex(url, /^http:\/\/127\.0\.0\.1:\d+\/rate$/)
  const headers = { ...json, 'x-user': 'ada' }
  const body = JSON.stringify({ title: 't', content: 'c' })
  t.is((await fetch(`${url}/posts`, { method: 'POST', headers, body })).status, 403)
  const argvOfPost = ['posts', 'create', '--title', 't', '--content', 'c', '--by', 'ada']
  const { id } = await runJson<{ id: number }>(argvOfPost, invocation)
  const put = { method: 'PUT', body: '{"score":4}' }
  t.is((await fetch(`${url}/posts/${id}/rating`, { ...put, headers: json })).status, 401)
  const name = Buffer.from('żółw').toString('latin1')
  const rated = await fetch(`${url}/posts/${id}/rating`, { ...put, headers: { ...json, 'x-user': name } })
  t.is(rated.status, 200)
  t.regex((await fetch(`${url}/posts`)).headers.get('vary') ?? '', /X-User/i)
  await eventually(async () => {
    const { stats } = (await (await fetch(`${url}/posts/${id}`)).json()) as { stats: { count: number } }
    return stats.count === 1
  })
  t.is(((await runJson<unknown[]>(['users', 'erase', 'żółw'], invocation)) as never as { erased: number }).erased, 1)
  for (const path of ['/livez', '/readyz', '/metrics']) t.is((await fetch(new URL(path, url))).status, 200)
  server.kill('SIGTERM')
  const { code, stdout } = await server.exited
  t.is(code, 0)
  t.is(stdout, `${url}/\n`)
})

withPostgres('serve --auth jwt with a secret', async (t) => {
  const invocation = await deployment(t)
  const secret = 'a secret that is long enough to be one'
  const env = { ...invocation.env, POST_RATE_JWT_SECRET: secret }
  const url = await urlOf(startCli(t, ['serve', '--port', '0', '--auth', 'jwt', '--no-relay'], { ...invocation, env }))
  const key = Buffer.from(secret)
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .setExpirationTime('1h')
    .sign(key)
  const expired = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .setExpirationTime(1)
    .sign(key)
  const forged = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .sign(Buffer.from(secret + secret))
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"ada"}').toString('base64url')}.`
  const post = async (bearer: string) => {
    const headers = { ...json, authorization: `Bearer ${bearer}` }
    const answer = await fetch(`${url}/posts`, { method: 'POST', headers, body: '{"title":"t","content":"c"}' })
    return { status: answer.status, challenge: answer.headers.get('www-authenticate') }
  }
  t.is((await post(token)).status, 201)
  for (const bad of [expired, forged, unsigned, 'x', createHmac('sha256', 'x').digest('hex')])
    t.deepEqual(await post(bad), { status: 401, challenge: 'Bearer' })
})

withPostgres('serve --auth jwt --jwks, with issuer and audience', async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] })
  const issuer = createServer((_req, res) => res.setHeader('content-type', 'application/json').end(keys))
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => issuer.close())
  const jwks = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`
  const who = ['--jwt-issuer', 'iss', '--jwt-audience', 'aud']
  const argv = ['serve', '--port', '0', '--auth', 'jwt', '--jwks', jwks, ...who, '--no-relay']
  const url = await urlOf(startCli(t, argv, await deployment(t)))
  const sign = (audience: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setSubject('ada')
      .setIssuer('iss')
      .setAudience(audience)
      .setExpirationTime('1h')
      .sign(privateKey)
  const post = async (bearer: string) => {
    const headers = { ...json, authorization: `Bearer ${bearer}` }
    return (await fetch(`${url}/posts`, { method: 'POST', headers, body: '{"title":"t","content":"c"}' })).status
  }
  t.is(await post(await sign('aud')), 201)
  t.is(await post(await sign('other')), 401)
})

withPostgres('serve --rate-limit answers 429 to who writes too much', async (t) => {
  const argv = ['serve', '--port', '0', '--auth', 'header:X-User', '--rate-limit', '2', '--no-relay']
  const url = await urlOf(startCli(t, argv, await deployment(t)))
  const post = async () => {
    const headers = { ...json, 'x-user': 'ada' }
    return (await fetch(`${url}/posts`, { method: 'POST', headers, body: '{"title":"t","content":"c"}' })).status
  }
  t.deepEqual([await post(), await post(), await post()], [201, 201, 429])
})

withPostgres('serve limits addresses as a trusted proxy tells them, also by its environment', async (t) => {
  const { env, cwd } = await deployment(t)
  const limits = { ...env, POST_RATE_RATE_LIMIT_PER_ADDRESS: '2', POST_RATE_TRUST_PROXY: 'loopback' }
  const argv = ['serve', '--port', '0', '--auth', 'header:X-User', '--no-relay']
  const url = await urlOf(startCli(t, argv, { env: limits, cwd }))
  const read = async (address: string) =>
    (await fetch(`${url}/posts`, { headers: { 'x-forwarded-for': address } })).status
  const [one, other] = ['192.0.2.1', '192.0.2.2']
  t.deepEqual([await read(one), await read(one), await read(one), await read(other)], [200, 200, 429, 200])
  const { code, stderr } = await runCli([...argv, '--trust-proxy', 'nonsense'], { env, cwd })
  t.is(code, 3)
  t.regex(stderr, /--trust-proxy .*POST_RATE_TRUST_PROXY/)
  t.is((await runCli([...argv, '--rate-limit', '0'], { env, cwd })).code, 2)
})

withServices('serve: several servers on one Redis count together', async (t) => {
  const { env, cwd } = await deployment(t)
  const redis = testRedis(t)
  const shared = { ...env, REDIS_URL: redis.url, POST_RATE_REDIS_PREFIX: redis.prefix }
  const argv = ['serve', '--port', '0', '--auth', 'header:X-User', '--rate-limit', '3', '--no-relay']
  const servers = [spawnCli(t, argv, { env: shared, cwd }), spawnCli(t, argv, { env: shared, cwd })]
  const urls = await Promise.all(servers.map(urlOf))
  const statuses: number[] = []
  for (const url of [urls[0], urls[1], urls[0], urls[1], urls[0]]) {
    const headers = { ...json, 'x-user': 'ada' }
    statuses.push(
      (await fetch(`${url}/posts`, { method: 'POST', headers, body: '{"title":"t","content":"c"}' })).status,
    )
  }
  t.deepEqual(statuses, [201, 201, 201, 429, 429])
})

withPostgres('serve on a port that is taken exits 3 and names the way out', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => server.close())
  const { port } = server.address() as AddressInfo
  const argv = ['serve', '--auth', 'header:X-User', '--no-relay', '--port', String(port)]
  const { code, stderr } = await runCli(argv, await deployment(t))
  t.is(code, 3)
  t.regex(stderr, /taken.*--port/)
})

withServices('relay and consumer, each alone: a rating goes through Kafka into Redis', async (t) => {
  const { env, cwd } = await deployment(t)
  const redis = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const database = env.DATABASE_URL as string
  const full = {
    ...env,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: brokers.join(','),
    POST_RATE_TOPIC: topic,
    POST_RATE_GROUP: group,
    POST_RATE_REDIS_PREFIX: redis.prefix,
  }
  const invocation = { env: full, cwd }
  const relay = spawnCli(t, ['relay'], invocation)
  const consumer = spawnCli(t, ['consumer'], invocation)
  const { id } = await runJson<{ id: number }>(
    ['posts', 'create', '--title', 't', '--content', 'c', '--by', 'a'],
    invocation,
  )
  t.is((await runCli(['rate', String(id), 'ada', '4'], invocation)).code, 0)
  const client = new Redis(redis.url)
  cleanUp(t, () => client.disconnect())
  const hash = await eventually(
    async () => {
      const found = await client.hgetall(`${redis.prefix}{${id}}`)
      return found.count === '1' ? found : null
    },
    { timeout: 40_000 },
  )
  t.like(hash, { sum: '4', h4: '1' })
  const [stats] = await runJson<{ source: string }[]>(['stats', 'show', String(id)], invocation)
  t.is(stats?.source, 'redis')
  t.is((await runCli(['stats', 'verify'], invocation)).code, 0)
  consumer.kill('SIGTERM')
  t.is((await consumer.exited).code, 0, consumer.stderr)
  t.is((await runCli(['rate', String(id), 'bo', '2'], invocation)).code, 0)
  // No consumer runs. The relay has published the change once the outbox is empty.
  const waiting = 'select from post_rate.rating_outbox'
  await eventually(async () => (await runSql(database, waiting)).length === 0, { timeout: 40_000 })
  const once = await runCli(['consumer', '--once'], invocation)
  t.is(once.code, 0, once.stderr)
  await eventually(async () => (await client.hget(`${redis.prefix}{${id}}`, 'count')) === '2')
  relay.kill('SIGINT')
  t.is((await relay.exited).code, 130)
})

withPostgres('an import that is interrupted keeps what it has read and exits 130', async (t) => {
  const invocation = await deployment(t)
  const child = spawnCli(t, ['import', '-', '--create-posts'], { ...invocation, input: '' })
  const lines = Array.from({ length: 2_500 }, (_, n) => `${(n % 5) + 1},user ${n},4,1600000000\n`)
  child.write(`post,user,score,ratedAt\n${lines.join('')}`)
  // The first batch of 2,000 is stored while the input stays open.
  const stored = async () => (await runCli(['export', '-'], invocation)).stdout.trimEnd().split('\n').length - 1
  await eventually(async () => (await stored()) >= 2_000, { timeout: 60_000 })
  child.kill('SIGINT')
  const { code, stderr } = await child.exited
  t.is(code, 130)
  t.regex(stderr, /run the same import again/)
  t.true((await stored()) >= 2_000)
})

withPostgres('a reader that goes away is no crash', async (t) => {
  const invocation = await deployment(t)
  t.is((await runCli(['seed', '--posts', '20', '--users', '500', '--ratings', '5000'], invocation)).code, 0)
  const child = spawnCli(t, ['export', '-'], invocation)
  await eventually(() => child.stdout.length > 0, { timeout: 40_000, interval: 1 })
  child.closeStdout()
  const { code, stderr } = await child.exited
  t.is(code, 0, stderr)
  t.notRegex(stderr, /EPIPE|Error/)
})

withPostgres('serve --auth header:NAME on every address warns that anybody can be any user', async (t) => {
  const invocation = await deployment(t)
  for (const [host, warns] of [
    ['0.0.0.0', true],
    ['127.0.0.1', false],
  ] as const) {
    const server = startCli(t, ['serve', '--port', '0', '--host', host, '--auth', 'header:X-User'], invocation)
    await eventually(() => /Serving/.test(server.stderr), { timeout: 40_000 })
    t.is(/anybody who reaches 0\.0\.0\.0 can be any user/.test(server.stderr), warns)
    await server.stop()
  }
})
