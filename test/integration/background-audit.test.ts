import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { isPostRateError } from 'post-rate'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import type { AuditTimings } from '../../packages/post-rate/src/services/timings.ts'
import { runJson } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { findCommand } from '../helpers/services/commands.ts'
import { postgresBinaries } from '../helpers/services/postgres-binaries.ts'
import { databaseUrl, runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'

const insert = `insert into post_rate.ratings (post_id, user_id, score) values ($1, $2, $3)`

withPostgres('ratings that were stored while a trigger was disabled are counted once it fires again', async (t) => {
  const { database, postRate, said, ids, counts } = await deployment(t)
  await runSql(database, 'alter table post_rate.ratings disable trigger ratings_inserted')
  await eventually(() => said.some((line) => line.startsWith('triggers do not fire')))
  await runSql(database, insert, [ids[0], 'bypassing', 1])
  await runSql(database, 'alter table post_rate.ratings enable trigger ratings_inserted')
  await eventually(async () => (await counts())[0] === 2)
  t.deepEqual(await counts(), [2, 1])
  t.true(said.some((line) => line.startsWith('ratings had bypassed the triggers')))
  t.like((await postRate.status()).audit, { repaired: 1 })
  t.like(postRate.counters, { repaired: 1 })
  const { checks } = await runJson<{ checks: { name: string; verdict: string; detail: string }[] }>(['doctor'], {
    env: { DATABASE_URL: database },
  })
  t.like(
    checks.find(({ name }) => name === 'audit'),
    { verdict: 'warning' },
  )
})

withPostgres('a trigger that was dropped and made again is noticed like one that was disabled', async (t) => {
  const { database, postRate, said, ids, counts } = await deployment(t)
  const [bypass] = await runSql<{ create: string }>(
    database,
    `select pg_get_triggerdef(oid) as create from pg_trigger where tgname = 'ratings_deleted'`,
  )
  await runSql(database, 'drop trigger ratings_deleted on post_rate.ratings')
  await eventually(() => said.some((line) => line.startsWith('triggers do not fire')))
  await runSql(database, 'delete from post_rate.ratings where post_id = $1', [ids[1]])
  t.is((await postRate.schema.bypasses())[0]?.state, 'missing')
  await runSql(database, bypass?.create ?? '')
  await eventually(async () => (await counts())[1] === 0)
  t.deepEqual(await counts(), [1, 0])
})

withPostgres('a rating of a session without triggers is counted within a pass', async (t) => {
  const { database, postRate, ids, counts } = await deployment(t)
  // The least that there is: 36 s.
  await postRate.settings.set({ audit: 0.01 })
  await runSql(
    database,
    `set session_replication_role = replica; insert into post_rate.ratings (post_id, user_id, score) values (${ids[1]}, 'bypassing', 3)`,
  )
  await runSql(database, `update post_rate.audit_progress set range_at = now() - interval '1 hour'`)
  await eventually(async () => (await counts())[1] === 2, { timeout: 20_000 })
  t.deepEqual(await counts(), [1, 2])
})

needs('postgres', 'redis')(
  'a restore under running roles: what was rated before the triggers were there is counted',
  async (t) => {
    const { url: redis, prefix } = testRedis(t)
    const { database, postRate, ids, counts } = await deployment(t, { redis, redisPrefix: prefix })
    const { pathname, port, username, password, href } = new URL(database)
    const name = pathname.slice(1)
    const server = databaseUrl(href, 'postgres')
    const run = (command: string, ...args: string[]) =>
      promisify(execFile)(
        findCommand(command) ?? join(postgresBinaries(), command),
        ['-h', '127.0.0.1', '-p', port, '-U', username, ...args],
        { env: { PATH: process.env.PATH, PGPASSWORD: password }, maxBuffer: 2 ** 26 },
      )
    const file = join(tmpdir(), `${name}.dump`)
    await run('pg_dump', '-Fc', '-f', file, name)
    cleanUp(t, () => rm(file, { force: true }))
    const errors: unknown[] = []
    let rating = true
    const load = (async () => {
      for (let n = 0; rating; n++) {
        await postRate.ratings
          .rate({ postId: ids[0] ?? 0, userId: `during${n % 50}`, score: 5 })
          .catch((error) => errors.push(error))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    await runSql(server, `drop database ${name} with (force)`)
    await runSql(server, `create database ${name}`)
    // In the order of a dump, with a rating in the gap that a running API may find: behind the data, before the triggers.
    await run('pg_restore', '-d', name, '--section=pre-data', '--section=data', file)
    await runSql(database, insert, [ids[1], 'in the gap', 2])
    await run('pg_restore', '-d', name, '--section=post-data', file)
    await eventually(async () => (await counts())[1] === 2, { timeout: 60_000 })
    rating = false
    await load
    const codes = new Set(errors.map((error) => (isPostRateError(error) ? error.code : String(error))))
    t.deepEqual(
      [...codes].filter((code) => code !== 'UNAVAILABLE' && code !== 'OVERLOADED'),
      [],
    )
    const verified = await eventually(async () => {
      const report = await postRate.stats.verify({ wait: 5 })
      return report.drift.length === 0 && report
    })
    t.deepEqual(verified.drift, [])
    const [stored] = await runSql<{ n: number }>(database, 'select count(*)::int as n from post_rate.ratings')
    const counted = (await counts()).reduce((sum, n) => sum + n, 0)
    t.is(counted, stored?.n ?? 0)
  },
)

/** Two posts with a rating each, a relay that folds them, and an audit that looks all the time. */
async function deployment(
  t: ExecutionContext<unknown>,
  more = {},
  audit: Partial<AuditTimings> = { lookEveryMs: 100 },
) {
  const database = await testDatabase(t)
  const said: string[] = []
  const logger = { debug: () => {}, info: () => {}, warn: (line: string) => said.push(line), error: () => {} }
  const postRate = createTimedPostRate({ database, logger, ...more }, { audit })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  const ids: number[] = []
  for (const title of ['One', 'Two']) {
    const { id } = await postRate.posts.create({ title, content: 'Text', createdBy: 'ada' })
    await postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
    ids.push(id)
  }
  /** Of each post, as the record's states have it. */
  const counts = async () => {
    const found = await postRate.stats.get(ids).catch(() => [])
    return found.map(({ live }) => live.count)
  }
  await eventually(async () => (await counts()).every((n) => n === 1))
  return { database, postRate, said, ids, counts }
}
