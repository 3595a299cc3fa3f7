import { readFileSync } from 'node:fs'
import test from 'ava'
import kafkajs, { type AclResourceTypes, Kafka, logLevel } from 'kafkajs'
import { createPostRate, type PostRateOptions } from 'post-rate'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { type RunningCommand, startCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateCertificates, secureKafka, securePostgres, secureRedis } from '../helpers/private-servers.ts'
import { has, needs } from '../helpers/requires.ts'
import type { Certificates } from '../helpers/services/certificates.ts'
import { kafkaUser, type SecureKafka } from '../helpers/services/kafka-secure.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { refused, silentAbout, type Ways, works } from './ways.ts'

const withSecure = needs('postgres', 'kafka', 'redis-server', 'openssl')
const untrusted = /nobody that is trusted here.*POST_RATE_KAFKA_CA.*NODE_EXTRA_CA_CERTS/
const database = process.env.TEST_DATABASE_URL as string
let certificates: Certificates
let server: SecureKafka

if (has('postgres', 'kafka', 'openssl'))
  test.before(async (t) => {
    t.timeout(120_000)
    certificates = await privateCertificates(t)
    server = await secureKafka(t, certificates)
  })

type Login = { mechanism?: string; username?: string; password?: string } | null
interface Wish {
  ca?: string
  ssl?: true | false
  insecure?: true
  certified?: true
  login?: Login
}

/** To one of the broker's listeners, in both words. */
function ways(listener: keyof SecureKafka['brokers'], { ca, ssl, insecure, certified, login = {} }: Wish): Ways {
  const read = (file: string) => readFileSync(file, 'utf8')
  const { cert, key } = certificates.client
  const tls = {
    ...(ca === undefined ? {} : { ca: [read(ca)] }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
    ...(certified ? { cert: read(cert), key: read(key) } : {}),
  }
  const sasl = login === null ? undefined : { mechanism: 'plain', ...kafkaUser, ...login }
  const kafka = {
    brokers: [server.brokers[listener]],
    ssl: Object.keys(tls).length > 0 ? tls : ssl !== false,
    ...(sasl === undefined ? {} : { sasl }),
  } as PostRateOptions['kafka']
  return {
    dependency: 'kafka',
    options: { database, ...(kafka === undefined ? {} : { kafka }) },
    env: {
      ...{ DATABASE_URL: database, KAFKA_BROKERS: server.brokers[listener] },
      ...(ca === undefined ? { POST_RATE_KAFKA_SSL: String(ssl !== false) } : { POST_RATE_KAFKA_CA: ca }),
      ...(insecure ? { POST_RATE_KAFKA_INSECURE: 'true' } : {}),
      ...(certified ? { POST_RATE_KAFKA_CERT: cert, POST_RATE_KAFKA_KEY: key } : {}),
      ...(sasl === undefined
        ? {}
        : {
            POST_RATE_KAFKA_USERNAME: sasl.username,
            POST_RATE_KAFKA_PASSWORD: sasl.password,
            POST_RATE_KAFKA_MECHANISM: sasl.mechanism,
          }),
    },
    secrets: [kafkaUser.password, ...(login?.password === undefined ? [] : [login.password])],
  }
}

withSecure.serial('kafka: PLAIN and SCRAM work over TLS, everything else is refused by name', async (t) => {
  t.timeout(120_000)
  const ca = certificates.ca
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512']
  await Promise.all(mechanisms.map((mechanism) => works(t, ways('secure', { ca, login: { mechanism } }))))
  // Side by side: each of them mostly waits until kafkajs has given up.
  await Promise.all([
    refused(t, ways('secure', {}), untrusted),
    refused(t, ways('secure', { ca: certificates.otherCa }), untrusted),
    refused(t, ways('wronghost', { ca }), /certificate is for another host/),
    refused(t, ways('expired', { ca }), /certificate has expired/),
  ])
  await Promise.all([
    ...mechanisms.map((mechanism) => {
      const login = { mechanism, password: 'planted-wrong-password' }
      return refused(t, ways('secure', { ca, login }), /refused the login.*POST_RATE_KAFKA_USERNAME/)
    }),
    refused(t, ways('secure', { ca, login: null }), /If it demands a login, give .*POST_RATE_KAFKA_USERNAME/),
  ])
})

withSecure.serial('kafka: what is not encrypted is refused on either side', async (t) => {
  t.timeout(120_000)
  const ca = certificates.ca
  // TLS demanded of a port that does not speak it: no falling back to what it does speak.
  const cleartext = ways('cleartext', { ssl: false })
  const [{ stderr }] = await Promise.all([
    runCli(['doctor'], { env: cleartext.env }),
    works(t, cleartext, false),
    works(t, ways('plain', { ssl: false, login: null }), false),
    refused(t, ways('plain', { ca, login: null }), /hung up before TLS was agreed on.*POST_RATE_KAFKA_SSL/),
    refused(t, ways('cleartext', { ca }), /hung up before TLS was agreed on/),
    refused(t, ways('secure', { ssl: false }), /If it demands TLS, use .*POST_RATE_KAFKA_SSL/),
    refused(t, ways('plain', { ssl: false }), /wants no login on this port/),
  ])
  t.regex(stderr, /Warning: POST_RATE_KAFKA_PASSWORD goes over the network as it is/)
})

withSecure.serial('kafka: an unchecked certificate has to be asked for, and is warned of', async (t) => {
  const [checked, unchecked, { stderr }] = await Promise.all([
    works(t, ways('secure', { ca: certificates.ca })),
    works(t, ways('wronghost', { insecure: true })),
    runCli(['doctor'], { env: ways('expired', { insecure: true }).env }),
  ])
  t.notRegex(checked, /not checked/)
  t.regex(unchecked, /warn Kafka's certificate is not checked/)
  t.regex(stderr, /"warn".*Kafka's certificate is not checked/)
})

withSecure.serial('kafka: a user without rights on the topic or on the group is told which are missing', async (t) => {
  await forbid(kafkajs.AclResourceTypes.TOPIC, 'forbidden-topic')
  await forbid(kafkajs.AclResourceTypes.GROUP, 'forbidden-group')
  const url = await testDatabase(t)
  const { kafka } = ways('secure', { ca: certificates.ca }).options
  const redis = testRedis(t)
  const stage = async (more: Partial<PostRateOptions>) => {
    const said: string[] = []
    const say = (message: string, details?: object) => said.push(`${message} ${JSON.stringify(details)}`)
    const logger = { debug: () => {}, info: () => {}, warn: say, error: say }
    const options = { database: url, kafka, redis: redis.url, redisPrefix: redis.prefix, logger, ...more }
    const postRate = createPostRate(options as PostRateOptions)
    cleanUp(t, () => postRate.close())
    return { postRate, said }
  }
  const relay = await stage({ topic: 'forbidden-topic' })

  const { id } = await relay.postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'ada' })
  await relay.postRate.start({ relay: true })
  await relay.postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
  await eventually(() => relay.said.some((line) => /lacks rights on the topic\. Grant them there/.test(line)), {
    timeout: 40_000,
  })
  const { lag, unknown } = await relay.postRate.status({ patient: true })
  t.is(lag, null)
  t.regex(unknown.lag ?? '', /lacks rights on the topic.*kafka-acls\.sh/)
  const consumer = await stage({ topic: 'allowed-topic', group: 'forbidden-group' })
  await consumer.postRate.start({ consumer: true }).catch((error: Error) => consumer.said.push(error.message))
  await eventually(() => consumer.said.some((line) => /lacks rights on the consumer group/.test(line)), {
    timeout: 40_000,
  })
})

/** Takes every right on it from the one user there is. */
async function forbid(resourceType: AclResourceTypes, resourceName: string): Promise<void> {
  const admin = new Kafka({ brokers: [server.brokers.plain], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const all = { host: '*', operation: kafkajs.AclOperationTypes.ALL, permissionType: kafkajs.AclPermissionTypes.DENY }
  const to = { resourceType, resourceName, resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL }
  await admin.createAcls({ acl: [{ ...to, principal: `User:${kafkaUser.username}`, ...all }] })
  await admin.disconnect()
}

withSecure.serial('kafka: a listener that demands a certificate of its clients', async (t) => {
  const ca = certificates.ca
  const demanded = /demands a certificate of its clients.*POST_RATE_KAFKA_CERT/
  await Promise.all([
    refused(t, ways('certified', { ca, login: null }), demanded),
    works(t, ways('certified', { ca, login: null, certified: true })),
  ])
})

withSecure.serial('kafka: settings that contradict each other are refused, whoever is asked', async (t) => {
  const base = { DATABASE_URL: database, KAFKA_BROKERS: server.brokers.secure }
  const login = { POST_RATE_KAFKA_USERNAME: 'u', POST_RATE_KAFKA_PASSWORD: 'planted' }
  const bad: [Record<string, string>, RegExp][] = [
    [
      { POST_RATE_KAFKA_SSL: 'false', POST_RATE_KAFKA_CA: certificates.ca },
      /kafkaCa .* is set, but POST_RATE_KAFKA_SSL is false/,
    ],
    [{ POST_RATE_KAFKA_SSL: 'false', POST_RATE_KAFKA_INSECURE: 'true' }, /kafkaInsecure .* is set, but/],
    [{ POST_RATE_KAFKA_CA: '/nowhere' }, /kafkaCa \(POST_RATE_KAFKA_CA\): \/nowhere cannot be read/],
    [{ POST_RATE_KAFKA_CA: certificates.ca, POST_RATE_KAFKA_KEY: certificates.client.key }, /belong together/],
    [{ POST_RATE_KAFKA_PASSWORD: 'planted' }, /POST_RATE_KAFKA_USERNAME is missing: POST_RATE_KAFKA_PASSWORD/],
    [{ POST_RATE_KAFKA_MECHANISM: 'plain' }, /POST_RATE_KAFKA_USERNAME is missing: POST_RATE_KAFKA_MECHANISM/],
    [{ ...login, POST_RATE_KAFKA_MECHANISM: 'gssapi' }, /must be plain or scram-sha-256 or scram-sha-512/],
  ]
  for (const [env, message] of bad) {
    const { code, stdout, stderr } = await runCli(['doctor'], { env: { ...base, ...env } })
    t.is(code, 3, stderr)
    t.regex(stderr, message)
    silentAbout(t, ['planted'], stdout, stderr)
  }
})

withSecure.serial('everything encrypted: serve, relay and consumer in processes of their own', async (t) => {
  t.timeout(120_000)
  const [postgres, redis] = await Promise.all([securePostgres(t, certificates), secureRedis(t, certificates)])
  const plainUrl = new URL(postgres.url)
  plainUrl.search = '?sslmode=verify-full'
  // One authority for all three, by Node's own variable.
  const env = {
    NODE_EXTRA_CA_CERTS: certificates.ca,
    DATABASE_URL: plainUrl.href,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: server.brokers.secure,
    POST_RATE_KAFKA_SSL: 'true',
    POST_RATE_KAFKA_USERNAME: kafkaUser.username,
    POST_RATE_KAFKA_PASSWORD: kafkaUser.password,
    POST_RATE_KAFKA_MECHANISM: 'scram-sha-512',
    POST_RATE_TOPIC: 'encrypted',
  }
  const migrated = startCommand(t, ['migrate'], env)
  t.is(await migrated.exited, 0, migrated.stderr())
  const roles = [['serve', '--port', '0', '--auth', 'header:X-User', '--no-relay'], ['relay'], ['consumer']]
  const [api, ...others] = roles.map((argv) => startCommand(t, argv, env)) as [RunningCommand, ...RunningCommand[]]
  const [url] = await api.says(/http:\/\/[\d.:]+/, 60_000)
  const headers = { 'Content-Type': 'application/json', 'X-User': 'ada' }
  const ask = (method: string, path: string, body: object) =>
    fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) })
  t.is((await ask('POST', '/posts', { title: 't', content: 'c' })).status, 201)
  t.is((await ask('PUT', '/posts/1/rating', { score: 4 })).status, 200)

  // The library, with the authority in its options, sees what the processes brought into Redis.
  const ca = readFileSync(certificates.ca, 'utf8')
  const postRate = createPostRate({
    ...{ database: postgres.url, redis: { url: redis.url, tls: { ca } }, topic: 'encrypted' },
    kafka: {
      brokers: [server.brokers.secure],
      ssl: { ca: [ca] },
      sasl: { mechanism: 'scram-sha-256', ...kafkaUser },
    },
  })
  cleanUp(t, () => postRate.close())
  await eventually(async () => (await postRate.status()).outbox?.rows === 0, { timeout: 40_000 })
  await eventually(async () => (await postRate.stats.get([1]))[0]?.source === 'redis', { timeout: 40_000 })
  await eventually(async () => (await postRate.status()).lag?.some(({ end, lag }) => end > 0 && lag === 0))
  t.deepEqual((await postRate.stats.verify()).drift, [])
  const { dependencies } = await postRate.status()
  t.deepEqual(
    Object.values(dependencies).map(({ encrypted }) => encrypted),
    [true, true, true],
  )
  const doctor = startCommand(t, ['doctor'], env)
  t.is(await doctor.exited, 0, doctor.stdout())
  t.is(doctor.stdout().match(/, encrypted$/gm)?.length, 3)

  const secrets = [kafkaUser.password, new URL(postgres.url).password, new URL(redis.url).password]
  for (const role of [api, ...others, doctor])
    silentAbout(t, secrets, role.stdout(), role.stderr(), role.process.spawnargs.join(' '))
})
