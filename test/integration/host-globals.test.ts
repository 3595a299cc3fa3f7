import { AsyncLocalStorage } from 'node:async_hooks'
import { createOpsRouter } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express from 'express'
import { Command } from 'ioredis'
import pg from 'pg'
import { createPostRate, type PostRateOptions } from 'post-rate'
import { register } from 'prom-client'
import { DataTypes, Sequelize } from 'sequelize'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'

// Global settings last as long as the process, which is this file's own: each test puts back what it changed.

const strange = () => ({ set: 'by the host' })

/** Parsers for every type that pg knows, as a host with a taste of its own might set them. */
function setParsers(t: ExecutionContext<unknown>): void {
  for (const type of Object.values(pg.types.builtins)) {
    const before = pg.types.getTypeParser(type as number)
    cleanUp(t, () => pg.types.setTypeParser(type as number, before))
    pg.types.setTypeParser(type as number, strange)
  }
  // Arrays and JSON are not all among them.
  for (const type of [1000, 1005, 1007, 1009, 1016, 1021, 1022, 1115, 1184, 1185, 3802]) {
    const before = pg.types.getTypeParser(type)
    cleanUp(t, () => pg.types.setTypeParser(type, before))
    pg.types.setTypeParser(type, strange)
  }
}

function change<T extends object>(t: ExecutionContext<unknown>, target: T, values: Partial<T>): void {
  const before = Object.fromEntries(Object.keys(values).map((key) => [key, target[key as keyof T]]))
  cleanUp(t, () => Object.assign(target, before))
  Object.assign(target, values)
}

/** A post and its ratings, each answer looked at; the library is closed afterwards. */
async function use(t: ExecutionContext<unknown>, options: PostRateOptions): Promise<void> {
  const postRate = createPostRate(options)
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  t.true((await postRate.schema.status()).every(({ version, appliedAt }) => version > 0 && Boolean(appliedAt)))
  await postRate.start({ relay: true })
  const post = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  t.like(post, { id: 1, title: 'Title', content: 'Text', createdBy: 'author' })
  t.true(Math.abs(Date.parse(post.createdAt) - Date.now()) < 60_000)
  const receipt = await postRate.ratings.rate({ postId: 1, userId: 'ada', score: 4 })
  t.like(receipt, { score: 4, previousScore: null, changed: true })
  t.true(Math.abs(Date.parse(receipt.ratedAt) - Date.now()) < 60_000)
  await Promise.all(['b', 'c'].map((userId) => postRate.ratings.rate({ postId: 1, userId, score: 1 })))
  const again = await postRate.ratings.rate({ postId: 1, userId: 'b', score: 3 })
  t.like(again, { previousScore: 1, changed: true })
  await eventually(async () => (await postRate.stats.get([1]))[0]?.live.average === 2.6667)
  const read = await postRate.posts.get(1, { userId: 'ada' })
  t.like(read, { title: 'Title', myScore: 4 })
  t.true(Number.isInteger(read.stats.count) && read.stats.count > 0)
  t.is((await postRate.posts.list({ sort: 'top', userId: 'b' })).items[0]?.myScore, 3)
  t.like((await postRate.ratings.latest(1))?.[0], { userId: 'b', score: 3 })
  const exported = []
  for await (const rating of postRate.ratings.export()) exported.push(rating)
  t.deepEqual(
    exported.map(({ postId, userId, score }) => [postId, userId, score]),
    [
      [1, 'ada', 4],
      [1, 'b', 3],
      [1, 'c', 1],
    ],
  )
  await postRate.settings.set({ prior: { weight: 4, mean: 3.5 } })
  t.like(await postRate.settings.get(), { prior: { weight: 4, mean: 3.5 }, windowSeconds: 300 })
  await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  t.deepEqual((await postRate.stats.verify()).drift, [])
  t.like(await postRate.stats.rebuild(), { repaired: 0 })
  t.true(await postRate.posts.delete(1))
  await postRate.close()
}

withPostgres.serial('type parsers of the whole process reach no answer of the library', async (t) => {
  const database = await testDatabase(t)
  const pool = new pg.Pool({ connectionString: await testDatabase(t) })
  cleanUp(t, () => pool.end())
  setParsers(t)
  await use(t, { database })
  await use(t, { database: pool })
  const { rows } = await pool.query('select 1::int4 as n')
  t.deepEqual(rows, [{ n: strange() }])
})

withPostgres.serial('defaults of pg, binary answers among them, change nothing', async (t) => {
  const database = await testDatabase(t)
  const pool = new pg.Pool({ connectionString: await testDatabase(t), binary: true } as pg.PoolConfig)
  cleanUp(t, () => pool.end())
  change(t, pg.defaults as object as Record<string, unknown>, {
    binary: true,
    rows: 1,
    parseInputDatesAsUTC: true,
    options: '-c default_transaction_isolation=serializable -c datestyle=German -c array_nulls=off',
    lock_timeout: 100,
    idle_in_transaction_session_timeout: 200,
  })
  await use(t, { database })
  await use(t, { database: pool })
})

/** Namespaces of the package `cls-hooked`, as far as Sequelize uses them. */
function namespace() {
  const storage = new AsyncLocalStorage<Map<string, unknown>>()
  return {
    run: (work: (context: unknown) => unknown) => storage.run(new Map(storage.getStore()), () => work({})),
    bind: (work: unknown) => work,
    get: (key: string) => storage.getStore()?.get(key),
    set: (key: string, value: unknown) => storage.getStore()?.set(key, value),
  }
}

withPostgres.serial('a transaction of the host that its Sequelize carries along does not take ours in', async (t) => {
  const [own, other] = [await testDatabase(t), await testDatabase(t)]
  Sequelize.useCLS(namespace())
  cleanUp(t, () => {
    delete (Sequelize as unknown as { _cls?: unknown })._cls
  })
  const elsewhere = new Sequelize(other, { logging: false })
  const host = new Sequelize(own, {
    logging: false,
    define: { underscored: true, paranoid: true, hooks: { beforeCreate: () => Promise.reject(new Error('a hook')) } },
    hooks: {
      beforeCreate: () => Promise.reject(new Error('a hook')),
      beforeBulkDestroy: () => Promise.reject(new Error('a hook')),
    },
  })
  cleanUp(t, () => Promise.all([elsewhere.close(), host.close()]))
  for (const database of [host, own]) {
    const postRate = createPostRate({ database })
    cleanUp(t, () => postRate.close())
    for (const instance of [host, elsewhere]) {
      let id = 0
      await t.throwsAsync(
        instance.transaction(async () => {
          id = (await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })).id
          await postRate.ratings.rate({ postId: id, userId: 'ada', score: 4 })
          throw new Error('rolled back by the host')
        }),
        { message: 'rolled back by the host' },
      )
      t.like(await postRate.posts.get(id, { userId: 'ada' }), { id, myScore: 4 })
      t.true(await postRate.posts.delete(id))
    }
  }
})

withPostgres.serial('parsers that a host gives to Sequelize for all instances change nothing', async (t) => {
  const types = DataTypes as unknown as { postgres: Record<'DATE' | 'BIGINT' | 'DECIMAL', { parse: unknown }> }
  for (const type of ['DATE', 'BIGINT', 'DECIMAL'] as const) change(t, types.postgres[type], { parse: strange })
  const host = new Sequelize(await testDatabase(t, { migrated: false }), { logging: false })
  cleanUp(t, () => host.close())
  await use(t, { database: host })
})

needs('postgres', 'redis').serial('transformers of ioredis for the whole process change nothing', async (t) => {
  const { url, prefix } = testRedis(t)
  const transformers = (Command as unknown as { _transformer: Record<'argument' | 'reply', Record<string, unknown>> })
    ._transformer
  const names = ['hgetall', 'hmget', 'hget', 'hset', 'hsetnx', 'unlink', 'del', 'scan', 'get', 'time']
  change(t, transformers.reply, Object.fromEntries(names.map((name) => [name, strange])))
  change(t, transformers.argument, Object.fromEntries(names.map((name) => [name, () => ['by', 'the', 'host']])))
  const options = { database: await testDatabase(t), redis: url, redisPrefix: prefix }
  const postRate = createPostRate(options)
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  await postRate.ratings.rate({ postId: id, userId: 'ada', score: 4 })
  await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  await eventually(async () => (await postRate.stats.verify()).drift.length === 0)
  t.like((await postRate.posts.get(id)).stats, { count: 1, average: 4 })
})

withPostgres.serial('labels and settings of the default registry of prom-client stay out of ours', async (t) => {
  register.setDefaultLabels({ app: 'host' })
  cleanUp(t, () => register.setDefaultLabels({}))
  const postRate = createPostRate({ database: await testDatabase(t) })
  cleanUp(t, () => postRate.close())
  const server = express().use(createOpsRouter({ postRate })).listen(0, '127.0.0.1')
  cleanUp(t, () => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}/metrics`)
  const text = await response.text()
  t.regex(text, /^post_rate_folded_total 0$/m)
  t.notRegex(text, /host/)
})
