import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { Cluster } from 'ioredis'
import { createPostRate, type PostRateOptions } from 'post-rate'
import { connected, createRedisClients } from '../../packages/post-rate/src/adapters/redis/redis-client.ts'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateCertificates, privateRedisCluster, secureRedis } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { refused, type Ways, works } from './ways.ts'

const withSecure = needs('postgres', 'redis', 'redis-server', 'openssl')
const untrusted = /nobody that is trusted here.*POST_RATE_REDIS_CA.*NODE_EXTRA_CA_CERTS/

async function secured(t: ExecutionContext<unknown>) {
  const certificates = await privateCertificates(t)
  const server = await secureRedis(t, certificates)
  const database = process.env.TEST_DATABASE_URL as string
  const ca = readFileSync(certificates.ca, 'utf8')
  /** To `url`; `tls` are the library's options, and what stands for them in the environment. */
  const ways = (tls: { ca?: string; insecure?: true } = { ca: certificates.ca }, url = server.url): Ways => {
    const options = {
      ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
      ...(tls.insecure ? { rejectUnauthorized: false } : {}),
    }
    const none = Object.keys(options).length === 0
    return {
      dependency: 'redis',
      options: { database, redis: none ? url : { url, tls: options } },
      env: {
        ...{ DATABASE_URL: database, REDIS_URL: url },
        ...(tls.ca === undefined ? {} : { POST_RATE_REDIS_CA: tls.ca }),
        ...(tls.insecure ? { POST_RATE_REDIS_INSECURE: 'true' } : {}),
      },
      secrets: [...new Set([new URL(server.url).password, new URL(url).password])].filter((text) => text !== ''),
    }
  }
  const changed = (change: (url: URL) => void) => {
    const url = new URL(server.url)
    change(url)
    return url.href
  }
  return { certificates, server, ways, changed, ca, database }
}

withSecure.serial('redis: the right authority and login work, everything else is refused by name', async (t) => {
  t.timeout(120_000)
  const { certificates, server, ways, changed } = await secured(t)
  const right = { ca: certificates.ca }
  await works(t, ways())
  await refused(t, ways({}), untrusted)
  await refused(t, ways({ ca: certificates.otherCa }), untrusted)
  const login = (password: string) => changed((url) => Object.assign(url, { password }))
  await refused(t, ways(right, login('planted-wrong-password')), /refused the login.*REDIS_URL/)
  await refused(
    t,
    ways(
      right,
      changed((url) => Object.assign(url, { username: '', password: '' })),
    ),
    /refused the login/,
  )
  // What is not encrypted gets no answer from such a server at all.
  await refused(t, ways({}, server.url.replace('rediss:', 'redis:')), /If it demands TLS, use .*rediss:\/\//)
  await server.present(certificates.wrongHost)
  await refused(t, ways(), /certificate is for another host/)
  await server.present(certificates.expired)
  await refused(t, ways(), /certificate has expired/)
})

withSecure.serial('redis: closed while its certificate is refused, no late alert ends the process', async (t) => {
  const { certificates, ways } = await secured(t)
  const uncaught: Error[] = []
  const onUncaught = (error: Error) => uncaught.push(error)
  process.on('uncaughtException', onUncaught)
  t.teardown(() => process.off('uncaughtException', onUncaught))
  const closedAfter = async (milliseconds: number) => {
    const clients = createRedisClients(
      ways({ ca: certificates.otherCa }).options.redis as NonNullable<PostRateOptions['redis']>,
    )
    for (const client of [clients.reader, clients.writer]) connected(client).catch(() => {})
    await sleep(milliseconds)
    await clients.close()
  }
  await Promise.all(Array.from({ length: 60 }, (_, n) => closedAfter(n)))
  await sleep(200)
  t.deepEqual(uncaught, [])
})

withSecure.serial('redis: a server without TLS is refused where TLS is demanded', async (t) => {
  const { ways } = await secured(t)
  const plaintext = process.env.TEST_REDIS_URL as string
  const demanding = plaintext.replace('redis:', 'rediss:')
  await refused(t, ways(undefined, demanding), /does not speak TLS, which this process demands/)
  await works(t, ways({}, plaintext), false)
  // Nor is a setting for TLS forgotten beside a URL without it.
  t.throws(() => createPostRate(ways(undefined, plaintext).options).container.get(Symbol.for('post-rate.redis')), {
    message: /must begin with rediss:\/\//,
  })
  const { code, stderr } = await runCli(['doctor'], { env: ways(undefined, plaintext).env })
  t.is(code, 3)
  t.regex(stderr, /POST_RATE_REDIS_CA.*rediss:\/\//)
})

withSecure.serial('redis: an unchecked certificate has to be asked for, and is warned of', async (t) => {
  const { ways, server, certificates } = await secured(t)
  t.notRegex(await works(t, ways()), /not checked/)
  await server.present(certificates.expired)
  t.regex(await works(t, ways({ insecure: true })), /warn Redis' certificate is not checked/)
  const { stderr } = await runCli(['doctor'], { env: ways({ insecure: true }).env })
  t.regex(stderr, /"warn".*Redis' certificate is not checked/)
})

withSecure.serial('redis: a server that demands a certificate of its clients', async (t) => {
  const { ways, server, certificates, ca, database } = await secured(t)
  await server.demandClientCertificate(true)
  await refused(t, ways(), /demands a certificate of its clients.*POST_RATE_REDIS_CERT/)
  const { cert, key } = certificates.client
  const tls = { ca, cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  const { env, ...rest } = ways()
  await works(t, {
    ...rest,
    options: { database, redis: { url: server.url, tls } },
    env: { ...env, POST_RATE_REDIS_CERT: cert, POST_RATE_REDIS_KEY: key },
  })
})

withSecure.serial('redis: a user with the least rights is enough for all of it', async (t) => {
  const { server, ca } = await secured(t)
  const database = await testDatabase(t)
  await wholeFlow(t, { database, redis: { url: server.url, tls: { ca } } })
})

withSecure.serial('redis: a cluster with TLS and a login on every node', async (t) => {
  const certificates = await privateCertificates(t)
  const { ca: authority, server } = certificates
  const password = 'planted-cluster-password'
  const cluster = await privateRedisCluster(t, { ca: authority, ...server, password })
  const ca = readFileSync(certificates.ca, 'utf8')
  const database = await testDatabase(t)
  const urls = cluster.nodes.map(({ url }) => url).join(',')
  await wholeFlow(t, { database, redis: { url: urls, tls: { ca } } })
  const common = { dependency: 'redis', secrets: [password] } as const
  const env = { DATABASE_URL: database, REDIS_URL: urls }
  await works(t, {
    ...common,
    options: { database, redis: { url: urls, tls: { ca } } },
    env: { ...env, POST_RATE_REDIS_CA: certificates.ca },
  })
  await refused(t, { ...common, options: { database, redis: urls }, env }, untrusted)
  const host = new Cluster(
    cluster.nodes.map(({ url }) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })),
    { redisOptions: { password, tls: { ca } }, lazyConnect: true },
  )
  cleanUp(t, () => host.disconnect())
  await wholeFlow(t, { database, redis: host as never, redisPrefix: 'of-the-host:' })
})

/** Rates, reads from Redis, verifies, rebuilds. */
async function wholeFlow(t: ExecutionContext<unknown>, options: PostRateOptions): Promise<void> {
  const postRate = createPostRate(options)
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: 't', content: 'c', createdBy: 'a' })
  await postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
  await eventually(async () => (await postRate.stats.get([id]))[0]?.source === 'redis')
  t.deepEqual((await postRate.stats.verify({ wait: 20 })).drift, [])
  t.is((await postRate.stats.rebuild()).repaired, 0)
  await postRate.posts.delete(id)
  await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  t.deepEqual((await postRate.stats.verify()).drift, [])
  await postRate.close()
}

withSecure.serial('redis: certificates that cannot be read are named', async (t) => {
  const { certificates, server, database } = await secured(t)
  const base = { DATABASE_URL: database, REDIS_URL: server.url }
  const bad: [Record<string, string>, RegExp][] = [
    [{ POST_RATE_REDIS_CA: '/nowhere.crt' }, /redisCa \(POST_RATE_REDIS_CA\): \/nowhere.crt cannot be read \(ENOENT\)/],
    [{ POST_RATE_REDIS_CA: certificates.client.key }, /no certificate in PEM form in/],
    [{ POST_RATE_REDIS_CERT: certificates.client.cert }, /redisCert .* and redisKey .* belong together/],
    [{ POST_RATE_REDIS_INSECURE: 'yes' }, /POST_RATE_REDIS_INSECURE must be true or false/],
  ]
  for (const [env, message] of bad) {
    const { code, stderr } = await runCli(['doctor'], { env: { ...base, ...env } })
    t.is(code, 3, stderr)
    t.regex(stderr, message)
  }
})
