import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { Command } from 'commander'
import { Redis } from 'ioredis'
import { createPostRate, type Logger, type PostRate } from 'post-rate'
import { createProgram } from '../../packages/cli/src/program.ts'
import { runCli, spawnCli, workingDirectory } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'

/** In every place for a secret another one, with characters that a URL has to encode. */
const marks = ['database', 'redis', 'kafka', 'jwt', 'hash', 'webhook'] as const
const secret = (mark: (typeof marks)[number]) => `planted-${mark}/#?%é, long enough to be a key of 32 bytes`
const [databaseSecret, redisSecret] = [encodeURIComponent(secret('database')), encodeURIComponent(secret('redis'))]

/** Where servers should be. */
interface Places {
  postgres: string
  redis: string
  kafka: string
}

function environmentOf({ postgres, redis, kafka }: Places): Record<string, string> {
  return {
    DATABASE_URL: `postgres://ada:${databaseSecret}@${postgres}/blog?password=${databaseSecret}`,
    REDIS_URL: `redis://ada:${redisSecret}@${redis}`,
    KAFKA_BROKERS: kafka,
    POST_RATE_KAFKA_USERNAME: 'ada',
    POST_RATE_KAFKA_PASSWORD: secret('kafka'),
    POST_RATE_JWT_SECRET: secret('jwt'),
    POST_RATE_HASH_USER_IDS_KEY: secret('hash'),
    POST_RATE_WEBHOOK_URL: 'http://127.0.0.1:1/planted-webhook',
    POST_RATE_WEBHOOK_SECRET: secret('webhook'),
  }
}

const commands: readonly string[][] = [
  ...[
    ['migrate'],
    ['migrate', 'status'],
    ['migrate', 'status', '--json'],
    ['settings'],
    ['settings', 'set', 'window', '60'],
  ],
  ...[['seed'], ['import', '-'], ['export', '-'], ['rate', '1', 'ada', '4'], ['users', 'erase', 'ada']],
  ...[
    ['posts', 'list'],
    ['posts', 'history', '1'],
    ['posts', 'delete', '1'],
    ['posts', 'create', '--title', 't', '--content', 'c', '--by', 'a'],
  ],
  ...[
    ['stats', 'show', '1'],
    ['stats', 'top', '--json'],
    ['stats', 'watch'],
    ['stats', 'verify'],
    ['stats', 'rebuild'],
  ],
  ...[['serve', '--port', '0', '--auth', 'jwt'], ['serve', '--port', '0', '--auth', 'header:X-User'], ['dev']],
  ...[
    ['moderate', 'list', '1'],
    ['moderate', 'exclude', '1', '--from', '0', '--reason', 'r'],
    ['moderate', 'restore', '1', '--reason', 'r'],
    ['moderate', 'exclude-user', 'ada', '--reason', 'r'],
    ['moderate', 'restore-user', 'ada', '--reason', 'r'],
    ['moderate', 'excluded-users'],
    ['guard', 'status'],
    ['guard', 'release', '1'],
    ['incidents', 'list'],
    ['incidents', 'show', '1'],
    ['incidents', 'release', '1', '--reason', 'r'],
    ['incidents', 'exclude', '1', '--reason', 'r'],
    ['audit'],
    ['simulate', '--worlds', 'none'],
    ['migrate', 'up'],
    ['settings', 'show'],
    ['relay'],
    ['consumer'],
    ['consumer', '--once'],
    ['tui'],
    ['doctor'],
    ['doctor', '--json'],
    ['completion', 'tcsh'],
    ['--help'],
    ['nosuch'],
  ],
]

/** What is left of a secret in a text: as it is, encoded, or in base64. */
function leaks(text: string): string[] {
  return marks.filter((mark) => {
    const forms = [`planted-${mark}`, Buffer.from(`planted-${mark}`).toString('base64').slice(0, 14)]
    return forms.some((form) => text.includes(form))
  })
}

async function runAll(
  t: ExecutionContext,
  env: Record<string, string>,
  cwd: string,
  flags: string[] = [],
): Promise<void> {
  const signal = AbortSignal.timeout(15_000)
  const results = await Promise.all(
    commands.map(async (argv) => ({ argv, ...(await runCli([...flags, ...argv], { env, cwd, signal })) })),
  )
  for (const { argv, code, stdout, stderr } of results) {
    t.deepEqual(leaks(stdout + stderr), [], `${argv.join(' ')}: ${stdout}${stderr}`)
    if (argv[0] !== '--help') t.not(code, 0, argv.join(' '))
    t.notRegex(stderr, /^\s+at .*:\d+/m, argv.join(' '))
  }
}

test('secrets: every command is tried', (t) => {
  const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {}, cwd: '/' }
  const leaves = (command: Command, path: string[]): string[][] =>
    command.commands.length === 0 ? [path] : command.commands.flatMap((child) => leaves(child, [...path, child.name()]))
  const tried = commands.map((argv) => argv.join(' '))
  for (const path of leaves(
    createProgram(io, () => {}),
    [],
  ))
    t.true(
      tried.some((argv) => `${argv} `.startsWith(`${path.join(' ')} `)),
      path.join(' '),
    )
})

test.serial('secrets: no command tells one while no server can be reached', async (t) => {
  await runAll(t, environmentOf(nowhere), await workingDirectory(t))
})

test.serial('secrets: no command tells one when servers talk nonsense', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => server.close())
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  await runAll(t, environmentOf({ postgres: place, redis: place, kafka: place }), await workingDirectory(t))
})

needs('postgres', 'redis-server', 'kafka').serial(
  'secrets: no command tells one that the servers refuse',
  async (t) => {
    await runAll(t, environmentOf(await strangers(t)), await workingDirectory(t))
  },
)

test.serial('secrets: in the configuration file, and as flags with one warning each', async (t) => {
  const env = environmentOf(nowhere)
  const cwd = await workingDirectory(t)
  const file = join(cwd, 'post-rate.config.json')
  const content = {
    database: env.DATABASE_URL,
    redis: env.REDIS_URL,
    kafkaBrokers: [env.KAFKA_BROKERS],
    kafkaUsername: 'ada',
    kafkaPassword: secret('kafka'),
    jwtSecret: secret('jwt'),
    hashUserIdsKey: secret('hash'),
    webhookUrl: env.POST_RATE_WEBHOOK_URL,
    webhookSecret: secret('webhook'),
  }
  await writeFile(file, JSON.stringify(content), { mode: 0o644 })
  const readable = await runCli(['stats', 'top'], { cwd })
  t.deepEqual(leaks(readable.stderr), [])
  for (const name of ['database', 'redis', 'kafkaPassword', 'jwtSecret', 'hashUserIdsKey', 'webhookSecret'])
    t.is(readable.stderr.split(`has a secret in it (${name})`).length, 2, name)
  await runAll(t, {}, cwd)
  // Broken where a secret is: the parser's message would quote it.
  for (const text of [
    '{"jwtSecret": planted-jwt}',
    '{"jwtSecret": "planted-jwt" planted-jwt}',
    '{"jwtSecret":"planted-jwt\n"}',
  ]) {
    await writeFile(file, text)
    const { code, stderr } = await runCli(['stats', 'top'], { cwd })
    t.is(code, 3)
    t.regex(stderr, /it is not JSON/)
    t.false(stderr.includes('plant'), stderr)
  }

  const { DATABASE_URL, REDIS_URL } = env as { DATABASE_URL: string; REDIS_URL: string }
  const empty = await workingDirectory(t)
  await runAll(t, {}, empty, ['--database', DATABASE_URL, '--redis', REDIS_URL])
  const { stderr } = await runCli(['--database', DATABASE_URL, '--redis', REDIS_URL, 'stats', 'top'], { cwd: empty })
  for (const [flag, variable] of [
    ['--database', 'DATABASE_URL'],
    ['--redis', 'REDIS_URL'],
  ] as const)
    t.is(stderr.match(new RegExp(`^Warning: ${flag} .*${variable}.*configuration file`, 'gm'))?.length, 1, stderr)
  const option = ['--database', 'postgres://ada@127.0.0.1:1/blog?password=planted-database']
  t.regex((await runCli([...option, 'stats', 'top'], { cwd: empty })).stderr, /^Warning: --database/m)
  for (const argv of [
    [`--databse=${DATABASE_URL}`, 'doctor'],
    [DATABASE_URL],
    ['doctor', DATABASE_URL],
    ['rate', DATABASE_URL, 'ada', '4'],
    ['serve', '--auth', DATABASE_URL],
    ['serve', '--auth', 'jwt', '--jwks', DATABASE_URL],
    ['serve', '--port', DATABASE_URL],
    ['import', DATABASE_URL],
    ['--kafka', `ada:${secret('kafka')}@k:9092`, 'doctor'],
    ['--schema', DATABASE_URL, 'doctor'],
  ]) {
    const mistyped = await runCli(argv, { cwd: empty, env: { DATABASE_URL: 'postgres://127.0.0.1:1/blog' } })
    t.not(mistyped.code, 0)
    t.deepEqual(leaks(mistyped.stdout + mistyped.stderr), [], mistyped.stderr)
  }
})

needs('postgres', 'redis-server', 'kafka').serial(
  'secrets: a server tells none in its log, its endpoints, its problems, its arguments',
  async (t) => {
    const database = await testDatabase(t)
    // The database lets it in, the others refuse it: so there is trouble to tell of.
    const env = { ...environmentOf(await strangers(t)), DATABASE_URL: withSecret(database) }
    const argv = ['serve', '--port', '0', '--auth', 'header:X-User', '--rate-limit', '2']
    const server = spawnCli(t, argv, { env, cwd: await workingDirectory(t) })
    const url = await eventually(() => /^(http:\S+)\/$/m.exec(server.stdout)?.[1], { timeout: 60_000 })
    const texts: string[] = []
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(url + path, init)
      texts.push(JSON.stringify([...answer.headers]), await answer.text())
      return answer.status
    }
    const headers = { 'content-type': 'application/json', 'x-user': 'ada' }
    t.is(await ask('/posts', { method: 'POST', headers, body: '{"title":"t","content":"c"}' }), 201)
    t.is(await ask('/posts/1/rating', { method: 'PUT', headers, body: '{"score":4}' }), 200)
    t.is(await ask('/posts/1/rating', { method: 'PUT', headers, body: '{"score":5}' }), 429)
    for (const path of ['/readyz', '/metrics', '/livez', '/posts', '/posts/999', '/openapi.json', '/docs', '/nowhere'])
      await ask(path)
    await eventually(async () => /kafka/i.test(server.stderr) && /redis/i.test(server.stderr), { timeout: 30_000 })
    texts.push(
      await readFile(`/proc/${server.pid}/cmdline`, 'utf8'),
      await readFile(`/proc/${server.pid}/comm`, 'utf8'),
    )
    server.kill('SIGTERM')
    const { stdout, stderr } = await server.exited
    texts.push(stdout, stderr)
    t.regex(texts.join('\n'), /"warnings":\["redis: .*refused.*"kafka: /)
    t.deepEqual(leaks(texts.join('\n')), [])
  },
)

needs('postgres', 'redis-server', 'kafka').serial(
  'secrets: nothing that the library throws, logs or reports has one, to any depth',
  async (t) => {
    const refusing = await strangers(t)
    for (const places of [nowhere, refusing]) {
      const logged: unknown[] = []
      const log = (...entry: unknown[]) => void logged.push(entry)
      const logger: Logger = { debug: log, info: log, warn: log, error: log }
      const env = environmentOf(places)
      const kafka = {
        brokers: [places.kafka],
        sasl: { mechanism: 'plain' as const, username: 'ada', password: secret('kafka') },
      }
      const postRate = createPostRate({
        database: env.DATABASE_URL as string,
        redis: env.REDIS_URL as string,
        kafka,
        hashUserIds: { key: secret('hash') },
        logger,
      })
      cleanUp(t, () => postRate.close())
      const calls: ((library: PostRate) => Promise<unknown>)[] = [
        (library) => library.posts.list(),
        (library) => library.posts.create({ title: 't', content: 'c', createdBy: 'a' }),
        (library) => library.ratings.rate({ postId: 1, userId: 'ada', score: 1 }),
        (library) => library.ratings.withdraw({ postId: 1, userId: 'ada' }),
        (library) => library.stats.get([1]),
        (library) => library.stats.verify(),
        (library) => library.stats.rebuild(),
        (library) => library.migrate(),
        (library) => library.start({ relay: true, consumer: true }),
        (library) => library.drain(),
        (library) => library.users.erase('ada'),
        (library) => library.redis?.connected() ?? Promise.resolve(),
        (library) => library.status(),
      ]
      const outcomes = await Promise.all(calls.map((call) => call(postRate).catch((error: unknown) => error)))
      const text = inspect([outcomes, logged], {
        depth: 12,
        showHidden: true,
        maxStringLength: null,
        maxArrayLength: null,
      })
      t.is(outcomes.filter((outcome) => outcome instanceof Error).length, calls.length - 1, text)
      t.deepEqual(leaks(text), [], text)
    }
  },
)

const nowhere: Places = { postgres: '127.0.0.1:1', redis: '127.0.0.1:1', kafka: '127.0.0.1:1' }

/** Servers that run and do not know the login. */
async function strangers(t: ExecutionContext): Promise<Places> {
  const redis = await privateRedis(t)
  const client = new Redis(redis.url)
  await client.config('SET', 'requirepass', 'something-else')
  client.disconnect()
  return {
    postgres: new URL(process.env.TEST_DATABASE_URL as string).host,
    redis: new URL(redis.url).host,
    kafka: process.env.TEST_KAFKA_BROKERS as string,
  }
}

/** A URL that lets in, with a secret in it besides. */
function withSecret(database: string): string {
  const url = new URL(database)
  url.searchParams.set('application_name', 'planted-database')
  return url.href
}
