import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { PostgresDatabase } from '../../packages/post-rate/src/adapters/postgres/postgres-database.ts'
import { runCli, runJson, workingDirectory } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { startCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { judge } from '../helpers/judge.ts'
import { privatePgBouncer } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { keepsPreparedStatements } from '../helpers/services/pgbouncer.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { RecordingLogger } from './recording-logger.ts'

const withPooler = needs('postgres', 'redis', 'kafka', 'pgbouncer')

/** PostgreSQL behind a pooler with few connections, and everything else directly. */
async function pooled(t: ExecutionContext<unknown>, settings: Record<string, string> = {}, migrated = true) {
  const database = await testDatabase(t, { migrated })
  const pooler = await privatePgBouncer(t, database, settings)
  const redis = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const env = {
    DATABASE_URL: pooler.url,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: brokers.join(),
    POST_RATE_REDIS_PREFIX: redis.prefix,
    POST_RATE_TOPIC: topic,
    POST_RATE_GROUP: group,
  }
  const settled = async () => {
    await eventually(
      async () => (await runSql(database, 'select 1 from post_rate.rating_outbox limit 1')).length === 0,
      {
        timeout: 60_000,
      },
    )
    return eventually(() => judge(database, redis.url, redis.prefix), { timeout: 30_000, interval: 300 })
  }
  return { database, pooler, redis, env, settled }
}

const kinds: [how: string, settings: Record<string, string>][] = [
  // Connections as few as they get: no two statements of a client need meet on the same one.
  ['two connections', { default_pool_size: '2' }],
]
// Only by `npm run servers`: each takes as long as the first.
if (process.env.TEST_SERVERS_ALL)
  kinds.push(['connections that are replaced every second', { default_pool_size: '3', server_lifetime: '1' }])
if (process.env.TEST_SERVERS_ALL && keepsPreparedStatements())
  kinds.push(['prepared statements kept', { default_pool_size: '2', max_prepared_statements: '50' }])
/** Where a pooler could keep prepared statements it is told not to: what is proved here is that nobody relies on them. */
const forgetful: Record<string, string> = keepsPreparedStatements() ? { max_prepared_statements: '0' } : {}

function openDatabase(t: ExecutionContext<unknown>, url: string): PostgresDatabase {
  const database = new PostgresDatabase({ database: url }, new RecordingLogger())
  cleanUp(t, () => database.close())
  return database
}

for (const [how, settings] of kinds)
  withPooler.serial(`behind PgBouncer, ${how}: every role and command`, async (t) => {
    t.timeout(180_000)
    const { database, pooler, env, settled } = await pooled(t, { ...forgetful, ...settings }, false)
    const cwd = await workingDirectory(t)
    const invocation = { env, cwd }
    const cli = async (...argv: string[]) => {
      const { code, stdout, stderr } = await runCli(argv, invocation)
      t.is(code, 0, `${argv.join(' ')}: ${stdout}${stderr}`)
      return stdout
    }
    // Several at once, as when several processes are deployed.
    await Promise.all([cli('migrate'), cli('migrate'), cli('migrate')])
    await cli('migrate', 'status')

    const api = ['serve', '--port', '0', '--auth', 'header:X-User', '--no-relay']
    const servers = [startCommand(t, api, env), startCommand(t, api, env)]
    const roles = [['relay'], ['relay'], ['consumer'], ['consumer']].map((argv) => startCommand(t, argv, env))
    const urls = await Promise.all(servers.map(async (server) => (await server.says(/http:\/\/[\d.:]+/, 60_000))[0]))

    const lines = Array.from({ length: 3_000 }, (_, n) => `${(n % 50) + 1},u${n},${n % 6},${1_700_000_000 + n}`)
    await writeFile(join(cwd, 'ratings.csv'), `post,user,score,ratedAt\n${lines.join('\n')}\n`)
    const rate = async (n: number) => {
      const answer = await fetch(`${urls[n % 2]}/posts/${(n % 50) + 1}/rating`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json', 'X-User': `user ${n % 40}` },
        body: JSON.stringify({ score: n % 6 }),
      })
      return answer.status
    }
    await cli('import', 'ratings.csv', '--create-posts')
    const load = Promise.all(Array.from({ length: 400 }, (_, n) => sleep(n * 5).then(() => rate(n))))
    await cli('posts', 'create', '--title', 't', '--content', 'c', '--by', 'a')
    await cli('rate', '7', 'ada', '5')
    await cli('posts', 'list', '--sort', 'top', '--user', 'ada')
    await cli('users', 'erase', 'u1')
    await cli('posts', 'delete', '3')
    await cli('settings', 'set', 'window', '600')
    await cli('settings', 'set', 'shards', '2')
    await cli('stats', 'rebuild')
    await cli('stats', 'show', '7')
    const statuses = await load
    // A rating of the post that was deleted meanwhile: nothing else may fail.
    t.true(
      statuses.every((status, n) => status === 200 || (n % 50 === 2 && status === 404)),
      String(statuses),
    )
    const exported = (await cli('export', '-')).trimEnd().split('\n').length - 1
    const [{ count } = { count: 0 }] = await runSql<{ count: number }>(
      database,
      'select count(*)::int as count from post_rate.ratings',
    )
    t.is(exported, count)
    t.log(await settled())
    await cli('stats', 'verify')
    const { checks } = await runJson<{ checks: { name: string; detail: string }[] }>(['doctor'], invocation)
    t.regex(checks.find(({ name }) => name === 'postgres')?.detail ?? '', /, behind a pooler$/)
    for (const role of [...servers, ...roles]) {
      role.kill('SIGTERM')
      t.is(await role.exited, 0, role.stderr())
      t.notRegex(role.stderr(), /unhandled|SchemaTooOld/i)
    }
    t.true(pooler.processes.length > 0)
  })

withPooler.serial('behind PgBouncer: its connections are killed again and again under load', async (t) => {
  t.timeout(120_000)
  const { database, env, settled } = await pooled(t)
  const server = startCommand(t, ['serve', '--port', '0', '--auth', 'header:X-User'], env)
  startCommand(t, ['consumer'], env)
  const [url] = await server.says(/http:\/\/[\d.:]+/, 60_000)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  for (let n = 0; n < 20; n++) await postRate.posts.create({ title: `${n}`, content: 'c', createdBy: 'a' })
  const accepted = new Map<string, number>()
  const unknown = new Set<string>()
  const statuses = new Map<number, number>()
  let killed = 0
  let running = true
  const killing = (async () => {
    while (running) {
      await sleep(400)
      const rows = await runSql<{ gone: boolean }>(
        database,
        `select pg_terminate_backend(pid) as gone from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and client_port <> -1`,
      )
      killed += rows.filter(({ gone }) => gone).length
    }
  })()
  for (let round = 0; round < 150; round++)
    await Promise.all(
      Array.from({ length: 4 }, async (_, client) => {
        const [post, user, score] = [(round % 20) + 1, `user ${client}`, (round + client) % 6]
        const { status } = await fetch(`${url}/posts/${post}/rating`, {
          method: 'PUT',
          headers: { 'Content-Type': 'application/json', 'X-User': user },
          body: JSON.stringify({ score }),
        })
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const pair = `${post} ${user}`
        if (status === 200) {
          accepted.set(pair, score)
          unknown.delete(pair)
        } else unknown.add(pair)
      }),
    )
  running = false
  await killing
  t.true(killed > 5)
  t.true(
    [...statuses.keys()].every((status) => status === 200 || status === 503),
    JSON.stringify([...statuses]),
  )
  t.log(`${killed} connections killed; answers ${JSON.stringify([...statuses])}; ${await settled()}`)
  const rows = await runSql<{ pair: string; score: number }>(
    database,
    `select post_id || ' ' || user_id as pair, score from post_rate.ratings`,
  )
  const stored = new Map(rows.map(({ pair, score }) => [pair, score]))
  for (const [pair, score] of accepted) if (!unknown.has(pair)) t.is(stored.get(pair), score, pair)
})

withPooler.serial(
  'behind PgBouncer: prepared statements are given up once, and never mistaken for others',
  async (t) => {
    const { database, pooler } = await pooled(t, { ...forgetful, default_pool_size: '1' })
    const [one, two] = [new RecordingLogger(), new RecordingLogger()]
    const first = createPostRate({ database: pooler.url, logger: one })
    const second = createPostRate({ database: pooler.url, logger: two })
    cleanUp(t, () => Promise.all([first.close(), second.close()]))
    const { id } = await first.posts.create({ title: 't', content: 'c', createdBy: 'a' })
    for (let n = 0; n < 20; n++) {
      await first.ratings.rate({ postId: id, userId: `a${n}`, score: 1 })
      await second.ratings.rate({ postId: id, userId: `b${n}`, score: 2 })
      // A statement within a transaction, too: here there is nobody who would repeat it.
      await second.settings.set({ windowSeconds: 100 + n })
      await first.settings.set({ relayShards: (n % 4) + 1 })
    }
    t.true((await first.status()).dependencies.postgres.pooled)
    const direct = createPostRate({ database })
    cleanUp(t, () => direct.close())
    t.false((await direct.status()).dependencies.postgres.pooled)
    const [row] = await runSql<{ count: number }>(database, 'select count(*)::int as count from post_rate.ratings')
    t.is(row?.count, 40)
    const given = /info a pooler does not keep prepared statements/g
    const times = [one, two].map((log) => log.text().match(given)?.length ?? 0)
    t.true(Math.max(...times) === 1, String(times))
  },
)

withPooler.serial(
  'behind PgBouncer: a transaction that meets a prepared statement of another client is repeated',
  async (t) => {
    const { pooler } = await pooled(t, { ...forgetful, default_pool_size: '1' })
    const [one, two] = [openDatabase(t, pooler.url), openDatabase(t, pooler.url)]
    const named = { name: 'which', text: 'select 1 as version' }
    t.deepEqual(await one.query(named), [{ version: 1 }])
    // Nothing has told it yet that a pooler is in between.
    t.deepEqual(await two.transaction((connection) => connection.query(named)), [{ version: 1 }])
  },
)

withPooler.serial(
  'behind PgBouncer: a statement that another client prepared under the same name is never run',
  async (t) => {
    const { pooler } = await pooled(t, { ...forgetful, default_pool_size: '2' })
    /** Takes one of the two connections, until it is let go. */
    const hold = async () => {
      const client = new pg.Client({ connectionString: pooler.url })
      client.on('error', () => {})
      cleanUp(t, () => client.end())
      await client.connect()
      await client.query('begin')
      return () => client.query('commit')
    }
    const [older, newer] = [openDatabase(t, pooler.url), openDatabase(t, pooler.url)]
    const ask = async (database: PostgresDatabase, version: number) =>
      (await database.query<{ version: number }>({ name: 'which', text: `select ${version} as version` }))[0]?.version
    const letFirstGo = await hold()
    t.is(await ask(newer, 2), 2)
    const letSecondGo = await hold()
    await letFirstGo()
    t.is(await ask(older, 1), 1)
    // The connection on which it is prepared is taken; on the other one the name is there, too, for another text.
    t.is(await ask(newer, 2), 2)
    await letSecondGo()
  },
)
