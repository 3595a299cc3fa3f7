import { createProblemHandler, createRouter } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express, { type Request, type Response } from 'express'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { exchange, listen, type Reply, type Sent } from '../http/http-host.ts'
import { leak, type Row } from './row.ts'

export interface HttpStage {
  /** To the API, under its prefix. */
  send: (method: string, path: string, sent?: Sent) => Promise<Reply>
  // biome-ignore lint/suspicious/noExplicitAny: rows of any statement
  sql: (text: string) => Promise<any[]>
  redisKeys: () => Promise<number>
  /** Changes with every change of what is stored. */
  fingerprint: () => Promise<string>
}

/** The router in a host of its own, on a real database and Redis, with two posts. No relay: only requests change anything. */
export async function startHttpStage(t: ExecutionContext<unknown>): Promise<HttpStage> {
  const [database, redis] = [await testDatabase(t), testRedis(t)]
  const postRate = createPostRate({ database, redis: redis.url, redisPrefix: redis.prefix })
  cleanUp(t, () => postRate.close())
  for (const title of ['One', 'Two']) await postRate.posts.create({ title, content: 'Text', createdBy: 'author' })
  const app = express()
  app.disable('x-powered-by')
  const router = createRouter({
    postRate,
    getUser: (req) => (req.headers['x-user'] ? Buffer.from(String(req.headers['x-user']), 'latin1').toString() : null),
    authorize: ({ userId }) => userId !== 'banned',
    allowedOrigins: [],
    varyHeader: 'X-User',
  })
  app.use('/api', router, createProblemHandler())
  app.use((_req: Request, res: Response) => void res.status(404).json({ code: 'host' }))
  app.use(
    (_error: unknown, _req: Request, res: Response, _next: () => void) => void res.status(500).json({ code: 'host' }),
  )
  const port = await listen(t, app)
  const client = new Redis(redis.url)
  cleanUp(t, () => client.disconnect())
  const record = new pg.Client({ connectionString: database })
  await record.connect()
  cleanUp(t, () => record.end())
  const sql = async (text: string) => (await record.query(text)).rows
  return {
    send: (method, path, sent = {}) => exchange(port, method, `/api${path}`, sent),
    sql,
    redisKeys: async () => (await client.keys(`${redis.prefix}*`)).length,
    fingerprint: async () => JSON.stringify(await sql(fingerprint)),
  }
}

const fingerprint = `select
  (select count(*) || md5(coalesce(string_agg(r::text, ' ' order by post_id, user_id), '')) from post_rate.ratings r) as ratings,
  (select count(*) || md5(coalesce(string_agg(p::text, ' ' order by id), '')) from post_rate.posts p) as posts,
  (select count(*) || coalesce(max(id), 0)::text from post_rate.rating_outbox) as outbox,
  (select sum(version) from post_rate.post_stats) as versions`

/** A request that is refused: it says so and nothing else, and changes nothing. */
export function refused(
  number: number,
  input: string,
  method: string,
  path: string,
  sent: Sent,
  expected: string,
): Row<HttpStage> {
  return {
    number,
    where: 'HTTP',
    input,
    expected,
    check: async ({ send, fingerprint }) => {
      const before = await fingerprint()
      const { status, json, text } = await send(method, path, sent)
      const fields = (json?.errors ?? []).map(({ field }: { field: string }) => field).sort()
      const got = [status, json?.code, ...fields].join(' ')
      if (leak.test(text)) return `${got}, leaks: ${text}`
      return (await fingerprint()) === before ? got : `${got}, and something changed`
    },
  }
}

/** A request that looks bad and is not: what it was taken for. */
export function accepted(
  number: number,
  input: string,
  method: string,
  path: string,
  sent: Sent,
  expected: string,
  // biome-ignore lint/suspicious/noExplicitAny: the answer's JSON
  view: (json: any) => string,
): Row<HttpStage> {
  return {
    number,
    where: 'HTTP',
    input,
    expected,
    check: async ({ send }) => {
      const { status, json, text } = await send(method, path, sent)
      return status < 300 ? `${status} ${view(json)}` : `${status} ${text}`
    },
  }
}

/** A reading request that asks for what there is not: JSON as always, for nobody else's cache. */
export function read(number: number, input: string, path: string, sent: Sent, expected: string): Row<HttpStage> {
  return {
    number,
    where: 'HTTP',
    input,
    expected,
    check: async ({ send }) => {
      const { headers } = await send('GET', path, sent)
      const json = headers['content-type'] === 'application/json; charset=utf-8' ? 'JSON' : headers['content-type']
      return `${json}, ${headers['x-content-type-options']}, ${headers['cache-control']?.split(',')[0]}`
    },
  }
}
