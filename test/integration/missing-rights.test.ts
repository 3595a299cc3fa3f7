import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { createPostRate, type PostRate, type PostRateOptions } from 'post-rate'
import { migrations } from '../../packages/post-rate/src/adapters/postgres/migrations/index.ts'
import { PostgresDatabase } from '../../packages/post-rate/src/adapters/postgres/postgres-database.ts'
import { PostgresSchema } from '../../packages/post-rate/src/adapters/postgres/postgres-schema.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

/** A role of the test's own that may log in, and the database's URL as that role. */
async function roleOn(t: ExecutionContext<unknown>, database: string): Promise<{ role: string; url: string }> {
  const role = `role_${randomBytes(6).toString('hex')}`
  await runSql(database, `create role ${role} login password 'secret'`)
  cleanUp(t, () => runSql(database, `drop owned by ${role} cascade`).then(() => runSql(database, `drop role ${role}`)))
  const url = new URL(database)
  Object.assign(url, { username: role, password: 'secret' })
  return { role, url: url.href }
}

function open(t: ExecutionContext<unknown>, options: PostRateOptions): PostRate {
  const postRate = createPostRate(options)
  cleanUp(t, () => postRate.close())
  return postRate
}

withPostgres('migrate() with nothing pending needs no right to create anything', async (t) => {
  const database = await testDatabase(t)
  const { role, url } = await roleOn(t, database)
  await runSql(database, `grant usage on schema post_rate to ${role}`)
  await runSql(database, `grant select on post_rate.migrations, post_rate.settings to ${role}`)
  t.deepEqual(await open(t, { database: url }).migrate(), [])
  t.deepEqual(await open(t, { database: url }).migrate({ posts: 'own' }), [])
})

withPostgres('migrate() into a schema that an administrator made needs no CREATE on the database', async (t) => {
  const database = await testDatabase(t, { migrated: false })
  const { role, url } = await roleOn(t, database)
  await runSql(database, `create schema made authorization ${role}`)
  const postRate = open(t, { database: url, schema: 'made' })
  t.true((await postRate.migrate()).length > 0)
  const { id } = await postRate.posts.create({ title: 'a', content: 'b', createdBy: 'c' })
  t.is((await postRate.ratings.rate({ postId: id, userId: 'u', score: 3 })).changed, true)
})

withPostgres('migrate() without CREATE on the database names the grant', async (t) => {
  const database = await testDatabase(t, { migrated: false })
  const { role, url } = await roleOn(t, database)
  const name = new URL(database).pathname.slice(1)
  await t.throwsAsync(open(t, { database: url }).migrate(), {
    code: 'NOT_PERMITTED',
    message: new RegExp(`permission denied for database ${name}.*\`grant create on database ${name} to ${role}\``),
  })
})

withPostgres('a missing right is NOT_PERMITTED with its grant, and the grant is enough', async (t) => {
  const database = await testDatabase(t)
  const [post] = await runSql<{ id: string }>(
    database,
    `insert into post_rate.posts (title, content, created_by) values ('a', 'b', 'c') returning id`,
  )
  const { url } = await roleOn(t, database)
  const postRate = open(t, { database: url })
  const denied: string[] = []
  for (;;) {
    const failure = await postRate.ratings.rate({ postId: Number(post?.id), userId: 'u', score: 3 }).then(
      () => null,
      (error: Error & { code?: string }) => error,
    )
    if (failure === null) break
    t.is(failure.code, 'NOT_PERMITTED', failure.stack)
    const grant = /`(grant [^`]+)`/.exec(failure.message)?.[1] ?? ''
    t.false(denied.includes(grant), `${grant} was enough`)
    denied.push(grant)
    await runSql(database, grant)
  }
  t.true(denied.length > 1, denied.join('\n'))
})

withPostgres('an upgrade gives the application its rights on the new tables', async (t) => {
  const database = await testDatabase(t, { migrated: false })
  const { role, url } = await roleOn(t, database)
  // Before the migrations that gave rights on what they made.
  const before = new PostgresDatabase({ database }, silentLogger)
  await new PostgresSchema(before, migrations.slice(0, 6)).migrate({})
  await before.close()
  await runSql(
    database,
    `grant usage on schema post_rate to ${role}; grant usage on all sequences in schema post_rate to ${role};
grant select, insert, update, delete on all tables in schema post_rate to ${role};`,
  )
  t.is((await open(t, { database }).migrate()).length, migrations.length - 6)
  const postRate = open(t, { database: url })
  const { id } = await postRate.posts.create({ title: 'a', content: 'b', createdBy: 'c' })
  await postRate.start({ relay: true })
  await postRate.ratings.rate({ postId: id, userId: 'u', score: 3 })
  await postRate.ratings.withdraw({ postId: id, userId: 'u' })
  await postRate.ratings.rate({ postId: id, userId: 'v', score: 4 })
  await eventually(async () => (await postRate.stats.get([id]))[0]?.live.count === 1)
  t.like((await postRate.status()).audit, { repaired: 0 })
})

withPostgres('an import that creates no post needs no right on the sequence of ids', async (t) => {
  const database = await testDatabase(t)
  await runSql(database, `insert into post_rate.posts (title, content, created_by) values ('a', 'b', 'c')`)
  const { role, url } = await roleOn(t, database)
  await runSql(database, `grant usage on schema post_rate to ${role}`)
  await runSql(database, `grant select, insert, update, delete on all tables in schema post_rate to ${role}`)
  const line = { line: 1, post: 1, user: 'u', score: 3, ratedAt: '2020-01-01T00:00:00Z' }
  const report = await open(t, { database: url }).ratings.import([line], { createPosts: true })
  t.like(report, { changed: 1, rejected: 0 })
})

withPostgres('a server that answers and refuses is named as what it is', async (t) => {
  const database = await testDatabase(t)
  const { role, url } = await roleOn(t, database)
  await runSql(database, `grant usage on schema post_rate to ${role}`)
  await runSql(database, `grant select, insert, update, delete on all tables in schema post_rate to ${role}`)
  await runSql(database, `grant usage on all sequences in schema post_rate to ${role}`)
  await runSql(database, `alter role ${role} set default_transaction_read_only = on`)
  const draft = { title: 'a', content: 'b', createdBy: 'c' }
  const readOnly = await t.throwsAsync(open(t, { database: url }).posts.create(draft), { code: 'UNAVAILABLE' })
  t.regex(readOnly?.message ?? '', /it is read-only: .*Connect to the primary/)
  await runSql(database, `alter role ${role} connection limit 0`)
  const full = await t.throwsAsync(open(t, { database: url }).posts.create(draft), { code: 'UNAVAILABLE' })
  t.regex(full?.message ?? '', /it has no free connection\. Raise `max_connections`/)
  for (const error of [readOnly, full]) t.notRegex(error?.message ?? '', /docker compose|Cannot reach/)
})

withPostgres('a schema that goes while it is used is UNAVAILABLE, an absent one SCHEMA_TOO_OLD', async (t) => {
  const database = await testDatabase(t)
  const [post] = await runSql<{ id: string }>(
    database,
    `insert into post_rate.posts (title, content, created_by) values ('a', 'b', 'c') returning id`,
  )
  const rating = { postId: Number(post?.id), userId: 'u', score: 3 as const }
  const postRate = open(t, { database })
  await postRate.ratings.rate(rating)
  await postRate.posts.list()
  // As a restore leaves it before it has made the keys, the tables, the schema.
  for (const step of [
    'alter table post_rate.ratings drop constraint ratings_pkey',
    'drop table post_rate.ratings cascade',
    'drop schema post_rate cascade',
  ]) {
    await runSql(database, step)
    const error = await t.throwsAsync(postRate.ratings.rate({ ...rating, score: 4 }), { code: 'UNAVAILABLE' }, step)
    t.regex(error?.message ?? '', /schema post_rate are gone .*Wait until the restore has ended/, step)
  }
  await t.throwsAsync(open(t, { database }).ratings.rate(rating), { code: 'SCHEMA_TOO_OLD' })
})
