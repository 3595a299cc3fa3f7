import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRouter } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express from 'express'
import pg from 'pg'
import { createPostRate, type PostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

const hot = 1
const others = [2, 3, 4, 5]

interface Stage {
  url: string
  postRate: PostRate
  /** A transaction of the host's that stays open. */
  holder: pg.Client
}

/** Five posts, on which user u1 to u60 have rated the first. */
async function stage(t: ExecutionContext<unknown>, { hostPool }: { hostPool?: number } = {}): Promise<Stage> {
  const url = await testDatabase(t)
  const pool = hostPool === undefined ? null : new pg.Pool({ connectionString: url, max: hostPool })
  if (pool) cleanUp(t, () => pool.end())
  const postRate = createPostRate({ database: pool ?? url })
  cleanUp(t, () => postRate.close())
  for (let n = 1; n <= 5; n++)
    await postRate.posts.create({ title: `Post ${n}`, content: 'Text.', createdBy: 'author' })
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score) select 1, 'u' || i, 3 from generate_series(1, 60) i`,
  )
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  cleanUp(t, () => holder.end())
  await holder.query('begin')
  return { url, postRate, holder }
}

/** Rates the other posts one after the other; resolves to the slowest answer, in milliseconds. */
async function slowestOfOthers(postRate: PostRate): Promise<number> {
  let slowest = 0
  for (let n = 0; n < 20; n++) {
    const began = performance.now()
    await postRate.ratings.rate({ postId: others[n % 4] as number, userId: `innocent ${n}`, score: 4 })
    slowest = Math.max(slowest, performance.now() - began)
  }
  return slowest
}

/** How a host comes to hold what 40 users want, and what those users do. */
const holds: Record<string, { hold: string; ask: (postRate: PostRate, n: number) => Promise<unknown> }> = {
  'the post row': {
    hold: 'select from post_rate.posts where id = 1 for update',
    ask: ({ ratings }, n) => ratings.rate({ postId: hot, userId: `new ${n}`, score: 5 }),
  },
  'a deletion that is not committed': {
    hold: 'delete from post_rate.posts where id = 1',
    ask: ({ ratings }, n) =>
      n % 2 === 0
        ? ratings.rate({ postId: hot, userId: `u${n + 1}`, score: 5 })
        : ratings.withdraw({ postId: hot, userId: `u${n + 1}` }),
  },
  'the rows of ratings': {
    hold: 'update post_rate.ratings set score = 2 where post_id = 1',
    ask: ({ ratings }, n) => ratings.rate({ postId: hot, userId: `u${n + 1}`, score: 5 }),
  },
  'ratings that are withdrawn': {
    hold: 'select from post_rate.ratings where post_id = 1 for update',
    ask: ({ ratings }, n) => ratings.withdraw({ postId: hot, userId: `u${n + 1}` }),
  },
  'first ratings that are not committed': {
    hold: `insert into post_rate.ratings (post_id, user_id, score) select 1, 'new ' || i, 3 from generate_series(0, 59) i`,
    ask: ({ ratings }, n) => ratings.rate({ postId: hot, userId: `new ${n}`, score: 5 }),
  },
}

for (const [what, { hold, ask }] of Object.entries(holds))
  withPostgres.serial(
    `somebody holds ${what}: others go on, and those who waited are answered afterwards`,
    async (t) => {
      const { postRate, holder } = await stage(t)
      await holder.query(hold)
      const waiting = Array.from({ length: 40 }, (_, n) => ask(postRate, n).then(() => 'done', String))
      await sleep(20)
      const slowest = await slowestOfOthers(postRate)
      t.true(slowest < 3_000, `another post waited for ${slowest} ms`)
      t.is(await Promise.race([...waiting, 'nobody yet']), 'nobody yet')
      await postRate.posts.list({ limit: 5 })
      await holder.query('rollback')
      t.deepEqual([...new Set(await Promise.all(waiting))], ['done'])
    },
  )

withPostgres('a post that stays locked is 503 with Retry-After within 10 s, on a host pool of two', async (t) => {
  const { postRate, holder } = await stage(t, { hostPool: 2 })
  const app = express().use('/api', createRouter({ postRate, getUser: (req) => String(req.headers['x-user']) }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => server.close())
  const rate = (postId: number, user: string, score: number) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/posts/${postId}/rating`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-user': user },
      body: JSON.stringify({ score }),
    })
  await holder.query('select from post_rate.posts where id = 1 for update')
  const began = performance.now()
  const locked = Array.from({ length: 50 }, (_, n) => rate(hot, `v${n}`, 4))
  const free = await Promise.all(others.map((postId) => rate(postId, 'w', 4)))
  t.true(performance.now() - began < 3_000)
  t.deepEqual([...new Set(free.map(({ status }) => status))], [200])
  const answers = await Promise.all(locked)
  t.true(performance.now() - began < 10_000)
  t.deepEqual([...new Set(answers.map(({ status, headers }) => `${status} ${headers.get('retry-after')}`))], ['503 1'])
  await holder.query('rollback')
  t.is((await rate(hot, 'v0', 4)).status, 200)
})

withPostgres('while the host uses up its own pool, relay, leases and readiness go on', async (t) => {
  const url = await testDatabase(t)
  const pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 500 })
  cleanUp(t, () => pool.end())
  const postRate = createPostRate({ database: pool })
  cleanUp(t, () => postRate.close())
  const { id } = await postRate.posts.create({ title: 'Post', content: 'Text.', createdBy: 'author' })
  await postRate.start({ relay: true })
  const clients = await Promise.all([pool.connect(), pool.connect()])
  await runSql(url, `insert into post_rate.ratings (post_id, user_id, score) values ($1, 'u', 3)`, [id])
  const counted = 'select from post_rate.post_stats where counts[4] = 1'
  await eventually(async () => (await runSql(url, counted)).length === 1)
  const { dependencies, leases, roles } = await postRate.status()
  t.deepEqual([dependencies.postgres.reachable, leases?.length, roles.relay?.healthy], [true, 1, true])
  for (const client of clients) client.release()
})

withPostgres('erasing and importing leave out a locked row, and come back to it', async (t) => {
  const { url, postRate, holder } = await stage(t)
  for (const postId of others) await postRate.ratings.rate({ postId, userId: 'u1', score: 2 })
  await holder.query(`select from post_rate.ratings where post_id = 3 and user_id = 'u1' for update`)
  const erased = postRate.users.erase('u1')
  const ofUser = `select post_id from post_rate.ratings where user_id = 'u1'`
  await eventually(async () => (await runSql(url, ofUser)).length === 1)
  await holder.query('rollback')
  t.is(await erased, 5)
  t.deepEqual(await runSql(url, ofUser), [])
  await holder.query(`begin; select from post_rate.ratings where post_id = 1 and user_id = 'u2' for update`)
  await holder.query(`insert into post_rate.ratings (post_id, user_id, score) values (2, 'first', 0)`)
  const ratedAt = new Date().toISOString()
  const lines = ['u2', 'u3', 'u4'].map((user, n) => ({ line: n + 1, post: 1, user, score: 5, ratedAt }))
  const imported = postRate.ratings.import([...lines, { line: 4, post: 2, user: 'first', score: 5, ratedAt }])
  const stored = `select from post_rate.ratings where score = 5 and user_id in ('u3', 'u4')`
  await eventually(async () => (await runSql(url, stored)).length === 2)
  t.is(await Promise.race([imported, 'not yet']), 'not yet')
  await holder.query('rollback')
  t.like(await imported, { changed: 4, unchanged: 0, rejected: 0 })
})

withPostgres('two ratings of one user keep their order while the row is locked', async (t) => {
  const { postRate, holder } = await stage(t)
  await holder.query(`select from post_rate.ratings where post_id = 1 and user_id = 'u1' for update`)
  const first = postRate.ratings.rate({ postId: hot, userId: 'u1', score: 1 })
  await sleep(300)
  const second = postRate.ratings.rate({ postId: hot, userId: 'u1', score: 5 })
  await sleep(50)
  await holder.query('rollback')
  t.like(await first, { score: 1, previousScore: 3 })
  t.like(await second, { score: 5, previousScore: 1 })
})

withPostgres('closing does not wait for a row that is locked', async (t) => {
  const { postRate, holder } = await stage(t)
  await holder.query('select from post_rate.posts where id = 1 for update')
  const rated = t.throwsAsync(postRate.ratings.rate({ postId: hot, userId: 'x', score: 5 }), {
    code: 'UNAVAILABLE',
  } as object)
  await sleep(300)
  const began = performance.now()
  await postRate.close()
  t.true(performance.now() - began < 2_000)
  await rated
})
