import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOpsRouter, createRouter } from '@post-rate/express'
import test from 'ava'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { createPostRate, displayPolicyNames, isPostRateError, type PostRateOptions } from 'post-rate'
import { Sequelize } from 'sequelize'
import { projectDirectory } from '../helpers/services/directories.ts'

const database = 'postgres://127.0.0.1:1/none'
const postRate = createPostRate({ database })
const getUser = () => null

/** Values that a host may write by mistake, by the key that the refusal has to name, and what it says to do. */
const refused: [key: string, options: Record<string, unknown>, fix: RegExp][] = [
  ['database', {}, /give a URL/],
  ['database', { database: '' }, /postgres:\/\//],
  ['database', { database: 'mysql://localhost/app' }, /postgres:\/\//],
  ['database', { database: 5432 }, /a URL, pg options/],
  ['database', { database: null }, /a URL, pg options/],
  ['database', { database: { getDialect: () => 'mysql' } }, /PostgreSQL, not Sequelize's mysql/],
  ['redis', { redis: 'localhost:6379' }, /redis:\/\/localhost/],
  ['redis', { redis: 'http://localhost' }, /redis:\/\/localhost/],
  ['redis', { redis: 'redis://localhost/first' }, /database number/],
  ['redis', { redis: 'redis://a,rediss://b' }, /must not mix/],
  ['redis', { redis: { url: 'redis://localhost', tls: {} } }, /begin with rediss/],
  ['redis', { redis: null }, /leave it out/],
  ['redis', { redis: { sendCommand() {}, connect() {} } }, /another client gives the URL/],
  ['kafka', { kafka: 'localhost:9092' }, /brokers: \['localhost:9092'\]/],
  ['kafka', { kafka: {} }, /brokers as HOST:PORT/],
  ['kafka', { kafka: { brokers: 'localhost:9092' } }, /brokers as HOST:PORT/],
  ['kafka', { kafka: { brokers: [] } }, /brokers as HOST:PORT/],
  ['kafka', { kafka: { brokers: ['localhost'] } }, /brokers as HOST:PORT/],
  ['schema', { schema: 'Post-Rate' }, /lower-case letters/],
  ['schema', { schema: 'a"; drop table users; --' }, /lower-case letters/],
  ['topic', { topic: 'rating changes' }, /1 to 249 letters/],
  ['topic', { topic: '..' }, /1 to 249 letters/],
  ['topicPartitions', { topicPartitions: 0 }, /from 1 to 10000/],
  ['group', { group: '' }, /1 to 255 characters/],
  ['redisPrefix', { redisPrefix: 'app{1}:' }, /without braces/],
  ['redisPrefix', { redisPrefix: '' }, /1 to 100 characters/],
  ['poolSize', { poolSize: '10' }, /from 1 to 1000/],
  ['poolSize', { poolSize: 0 }, /from 1 to 1000/],
  ['queueLimit', { queueLimit: -1 }, /from 1 to 1000000/],
  ['textMaxAgeMs', { textMaxAgeMs: -1 }, /from 0 to 3600000/],
  ['textMaxAgeMs', { textMaxAgeMs: Number.NaN }, /from 0 to 3600000/],
  ['recentDays', { recentDays: 0 }, /from 1 to 3650/],
  ['display', { display: 'guard' }, /display: 'guard'/],
  ['display', { display: { policy: 'guard' } }, /no policy; there are display, windowSeconds/],
  ['display', { display: { display: 'none' } }, RegExp(displayPolicyNames.join(', '))],
  ['windowSeconds', { display: { windowSeconds: 0 } }, /from 1 to 86400/],
  ['prior', { display: { prior: '10:2.5' } }, /\{ weight, mean \}/],
  ['prior', { display: { prior: { weight: 10, mean: 6 } } }, /from 0 to 5/],
  ['starPerDay', { display: { spikeGuard: { starPerDay: 0 } } }, /from 0.001/],
  ['spikeGuard', { display: { spikeGuard: 'on' } }, /'off' or/],
  ['spikeGuard', { display: { spikeGuard: 'off', display: 'guard' } }, /leave one of them out/],
  ['minCount', { display: { minCount: 1.5 } }, /whole number/],
  ['hashUserIds', { hashUserIds: true }, /\{ key \}/],
  ['hashUserIds', { hashUserIds: { key: '' } }, /\{ key \}/],
  ['hooks', { hooks: () => {} }, /object with rated, unusualActivity/],
  ['hooks', { hooks: { onRated() {} } }, /no onRated; there are rated/],
  ['hooks', { hooks: { rated: true } }, /a function rated/],
  ['webhook', { webhook: 'https://x' }, /\{ url, secret \}/],
  ['webhook', { webhook: { url: 'ftp://x', secret: 'a secret of 16 characters' } }, /https:\/\/ or http:\/\//],
  ['webhook', { webhook: { url: 'https://u:p@x', secret: 'a secret of 16 characters' } }, /without user and password/],
  ['webhook', { webhook: { url: 'https://x', secret: 'short' } }, /at least 16 characters/],
  ['webhook', { webhook: { url: 'https://x', token: 'short' } }, /no token; there are url, secret/],
  ['logger', { logger: { info() {} } }, /a function debug/],
  ['overrides', { overrides: { posts: {} } }, /no posts; there are ratingStore, postStore/],
  ['redisprefix', { redisprefix: 'app:' }, /is no option; there are database, redis/],
]

for (const [key, options, fix] of refused)
  test(`createPostRate refuses ${key}: ${nameOf(options)}`, (t) => {
    const whole = Object.keys(options).length === 0 ? options : { database, ...options }
    const error = t.throws(() => createPostRate(whole as never), { code: 'INVALID_INPUT', message: fix })
    t.true(error?.message.startsWith(`${key}: `), error?.message)
    t.true(isPostRateError(error) && error.problems[0]?.field === key)
  })

test('createPostRate refuses nothing at all with the key that is needed', (t) => {
  for (const nothing of [undefined, null, database])
    t.throws(() => createPostRate(nothing as never), { code: 'INVALID_INPUT', message: /^database: is missing/ })
})

test('createPostRate tells a misspelt key before the one that it leaves missing', (t) => {
  t.throws(() => createPostRate({ databaseUrl: database } as never), {
    message: /^databaseUrl: is no option; .* database/,
  })
})

for (const [key, roles] of [
  ['relais', { relais: true }],
  ['relay', { relay: 'true' }],
  ['roles', 'relay'],
] as const)
  test(`start refuses ${JSON.stringify(roles)} before it does anything`, async (t) => {
    const error = await t.throwsAsync(createPostRate({ database }).start(roles as never), { code: 'INVALID_INPUT' })
    t.true(error?.message.startsWith(`${key}: `), error?.message)
  })

for (const [key, options] of [
  ['post', { post: 'external' }],
  ['posts', { posts: 'extern' }],
  ['options', 'external'],
] as const)
  test(`migrate refuses ${JSON.stringify(options)} before it makes anything`, async (t) => {
    const error = await t.throwsAsync(createPostRate({ database }).migrate(options as never), { code: 'INVALID_INPUT' })
    t.true(error?.message.startsWith(`${key}: `), error?.message)
  })

test('a host of the database that nobody knows is told in the words of the library by every call', async (t) => {
  const lost = createPostRate({ database: 'postgres://no-such-host.invalid/app' })
  for (const call of [() => lost.migrate(), () => lost.start(), () => lost.posts.list()])
    await t.throwsAsync(call, { code: 'UNAVAILABLE', message: /no-such-host\.invalid.*correct the database URL/ })
  await lost.close()
})

test('what may hold a password is not repeated', (t) => {
  for (const options of [{ database: 'mysql://a:secret@b/c' }, { database, redis: 'http://a:secret@b' }])
    t.notRegex(t.throws(() => createPostRate(options))?.message ?? '', /secret/)
})

test('createPostRate takes every form of each option', async (t) => {
  const redis = new Redis('redis://127.0.0.1:1', { lazyConnect: true })
  const pool = new pg.Pool({ host: '127.0.0.1' })
  const sequelize = new Sequelize(database, { dialect: 'postgres', dialectModule: pg, logging: false })
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })
  const taken: PostRateOptions[] = [
    ...['postgresql://a:b@c/d?sslmode=require', 'socket:/run/postgresql?db=app', '/run/postgresql app'].map((url) => ({
      database: url,
    })),
    ...[{ host: 'localhost' }, pool, sequelize].map((option) => ({ database: option })),
    ...[
      'redis://a:1,redis://b:2',
      'rediss://:p@h/3?cluster=true',
      { host: 'h' },
      { url: 'rediss://h', tls: {} },
      redis,
    ].map((option) => ({ database, redis: option })),
    ...[{ brokers: ['[::1]:9092', 'kafka:9092'] }, { brokers: () => ['k:9092'] }, kafka].map((option) => ({
      database,
      kafka: option,
    })),
    { database, schema: '_rates', topic: 'a.b-c_D', topicPartitions: 1, group: 'Group 1', redisPrefix: 'app:rates:' },
    { database, poolSize: 1, queueLimit: 1, textMaxAgeMs: 0, hashUserIds: { key: 'k' }, logger: console },
    { database, display: { spikeGuard: 'off', windowSeconds: 1, prior: { weight: 1, mean: 0 }, minCount: 10 } },
    { database, hooks: { rated() {} }, overrides: { clock: { now: () => 0 } } },
    { database, redis: undefined } as never,
  ]
  for (const options of taken) t.notThrows(() => createPostRate(options))
  await pool.end()
})

const routers: [key: string, options: Record<string, unknown>, fix: RegExp][] = [
  ['postRate', { getUser }, /createPostRate/],
  ['postRate', { postRate: { list() {} }, getUser }, /createPostRate/],
  ['getUser', { postRate }, /a function/],
  ['getUser', { postRate, getUser: 'x-user' }, /a function/],
  ['authorize', { authorize: true }, /a function .* leave it out/],
  ['rateLimit', { rateLimit: 60 }, /perUser, perAddress/],
  ['rateLimit.perMinute', { rateLimit: { perMinute: 60 } }, /there are perUser, perAddress, redis/],
  ['rateLimit.perUser', { rateLimit: { perUser: 60 } }, /requests from 1 and seconds from 1 to 86400/],
  ['rateLimit.perAddress', { rateLimit: { perAddress: { requests: 0, seconds: 1 } } }, /requests from 1/],
  ['allowedOrigins', { allowedOrigins: 'https://app.example.com' }, /a list of origins/],
  ['allowedOrigins', { allowedOrigins: ['app.example.com'] }, /https:\/\/app\.example\.com/],
  ['allowedOrigins', { allowedOrigins: ['https://app.example.com/'] }, /https:\/\/app\.example\.com/],
  ['varyHeader', { varyHeader: 'X User' }, /a header name/],
  ['varyHeader', { varyHeader: ['X-User', 1] }, /a header name/],
  ['maxAgeSeconds', { maxAgeSeconds: -1 }, /from 0 to 31536000/],
  ['challenge', { challenge: 'Bearer\r\nX: y' }, /WWW-Authenticate/],
  ['rateLimits', { rateLimits: {} }, /is no option; there are postRate, getUser, authorize, rateLimit/],
]

for (const [key, options, fix] of routers)
  test(`createRouter refuses ${key}: ${nameOf(options)}`, (t) => {
    const whole = options.getUser || options.postRate ? options : { postRate, getUser, ...options }
    const error = t.throws(() => createRouter(whole as never), { message: fix })
    t.true(error?.message.startsWith(`${key} `), error?.message)
  })

for (const [key, options, fix] of [
  ['postRate', {}, /createPostRate/],
  ['registry', { postRate, registry: {} }, /Registry of prom-client/],
  ['timeoutMs', { postRate, timeoutMs: '5s' }, /from 1 to 600000/],
  ['timeout', { postRate, timeout: 5 }, /is no option; there are postRate, registry, timeoutMs/],
] as const)
  test(`createOpsRouter refuses ${key}`, (t) => {
    const error = t.throws(() => createOpsRouter(options as never), { instanceOf: TypeError, message: fix })
    t.true(error?.message.startsWith(`${key} `), error?.message)
  })

for (const [file, name] of [
  ['packages/post-rate/src/options.ts', 'PostRateOptions'],
  ['packages/express/src/options.ts', 'RouterOptions'],
  ['packages/express/src/ops-router.ts', 'OpsRouterOptions'],
  ['packages/express/src/rate-limit.ts', 'RateLimitOptions'],
] as const)
  test(`every option of ${name} says what it is, and what holds without it`, (t) => {
    const text = readFileSync(join(projectDirectory, file), 'utf8')
    const body = text.slice(text.indexOf(`export interface ${name} {`)).split(/^}$/m)[0] ?? ''
    const options = [...body.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\n {2}(\w+)(\??):/g)]
    t.true(options.length >= 3)
    for (const [, comment = '', key, optional] of options)
      t.regex(comment, optional ? /Default|Without/ : /Needed/, `${name}.${key}`)
  })

function nameOf(options: Record<string, unknown>): string {
  const shown = { ...options }
  for (const key of ['postRate', 'getUser']) if (shown[key] === postRate || shown[key] === getUser) delete shown[key]
  return JSON.stringify(shown, (_key, value) => (typeof value === 'function' ? 'function' : value))
}
