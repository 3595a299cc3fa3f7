import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRouter } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express from 'express'
import { Redis } from 'ioredis'
import { createPostRate } from 'post-rate'
import { runJson } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis } from '../helpers/private-servers.ts'
import { needs, withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

const withRedis = needs('postgres', 'redis')

withRedis('a Redis without memory is named as that; ratings and readers go on, and it is filled later', async (t) => {
  const { admin, postRate, id, said, doctor } = await stage(t)
  await admin.config('SET', 'maxmemory', '1mb')
  await postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
  await eventually(() => said.some((line) => /memory limit is reached\. Raise `maxmemory`/.test(line)))
  t.is(await eventually(async () => (await postRate.posts.get(id)).stats.count === 1 && 1), 1)
  t.like(await doctor(), { verdict: 'warning' })
  t.regex((await doctor()).detail, /^Cannot write to Redis at .*memory limit is reached/)
  await admin.config('SET', 'maxmemory', '0')
  await eventually(async () => (await postRate.stats.get([id]))[0]?.source === 'redis', { timeout: 20_000 })
  t.is((await doctor()).verdict, 'ok')
})

withRedis('a user of Redis who may not write is told which right is missing', async (t) => {
  const { admin, postRate, id, said } = await stage(t, 'limited')
  await admin.call('ACL', 'SETUSER', 'limited', '-hset', '-evalsha', '-eval')
  await postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
  await eventually(() => said.some((line) => /may not run this command on these keys.*`ACL SETUSER`/.test(line)))
  await admin.call('ACL', 'SETUSER', 'limited', '+@all')
  const [post] = await eventually(
    async () => {
      const found = await postRate.stats.get([id])
      return found[0]?.source === 'redis' && found
    },
    { timeout: 20_000 },
  )
  t.is(post?.live.count, 1)
})

withRedis('a Redis that is a replica is named as that', async (t) => {
  const { admin, postRate, id, said, doctor } = await stage(t)
  await admin.replicaof('127.0.0.1', '1')
  await postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
  await eventually(() => said.some((line) => /it is a replica\. Connect to its master/.test(line)))
  t.regex((await doctor()).detail, /it is a replica/)
})

withPostgres(
  'a full disk is UNAVAILABLE, 503 over HTTP, and named; nothing of it tells where the server is',
  async (t) => {
    const database = await testDatabase(t)
    const postRate = createPostRate({ database })
    cleanUp(t, () => postRate.close())
    const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'ada' })
    // A trigger raises what PostgreSQL raises when it cannot extend a file.
    await runSql(
      database,
      `create function public.no_space() returns trigger language plpgsql as $$ begin
  raise exception 'could not extend file "base/1/2": No space left on device' using errcode = '53100'; end $$;
create trigger no_space before insert on post_rate.ratings for each row execute function public.no_space()`,
    )
    const rating = { postId: id, userId: 'u', score: 4 }
    await t.throwsAsync(postRate.ratings.rate(rating), {
      code: 'UNAVAILABLE',
      message: /disk is full\. Free space there/,
    })
    const app = express().use(createRouter({ postRate, getUser: () => 'u' }))
    const server = createServer(app).listen(0, '127.0.0.1')
    cleanUp(t, () => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/posts/${id}/rating`
    const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"score":4}' }
    const answer = await fetch(url, put)
    t.is(answer.status, 503)
    t.truthy(answer.headers.get('retry-after'))
    t.notRegex(await answer.text(), /127\.0\.0\.1|base\/1|no_space/)
  },
)

/** A post, a relay that applies to a Redis of its own, and what it logs. */
async function stage(t: ExecutionContext<unknown>, user?: string) {
  const [database, server] = [await testDatabase(t), await privateRedis(t)]
  const admin = new Redis(server.url)
  cleanUp(t, () => admin.disconnect())
  if (user !== undefined) await admin.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all')
  const redis = user === undefined ? server.url : server.url.replace('redis://', `redis://${user}:secret@`)
  const said: string[] = []
  const say = (message: string, details?: Record<string, unknown>) => said.push(`${message} ${JSON.stringify(details)}`)
  const logger = { debug: () => {}, info: () => {}, warn: say, error: say }
  const postRate = createPostRate({ database, redis, logger })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'ada' })
  const doctor = async () => {
    const env = { DATABASE_URL: database, REDIS_URL: redis }
    const { checks } = await runJson<{ checks: { name: string; verdict: string; detail: string }[] }>(['doctor'], {
      env,
    })
    return checks.find(({ name }) => name === 'redis') as { verdict: string; detail: string }
  }
  return { admin, postRate, id, said, doctor }
}
