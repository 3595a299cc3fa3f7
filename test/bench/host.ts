import { makeTopic } from './backlog.ts'
import type { Bench, Program } from './bench.ts'
import { plainTables } from './pgbench.ts'
import { fill } from './rated-posts.ts'

export interface Host {
  database: string
  redis: string
  /** Process of the library's host. */
  pid: number
  /** URL of the library's router in a host of its own. */
  ours: string
  /** URL of what is written by hand. */
  bare: string
  stop(): Promise<void>
}

/** What runs beside the hosts: nothing that counts, a relay that hands on by itself, or the way over Kafka. */
export type Roles = 'none' | 'relay' | 'relay and consumer'

export const hostPosts = 10_000
export const hostUsers = 100_000

/**
 * Two Express hosts on one database of 10,000 posts with 20 ratings each, counted and in Redis: one with the router, one
 * written by hand. `bare` answers `/same-bytes` with the router's own first page.
 */
export async function startHost(bench: Bench, roles: Roles = 'none'): Promise<Host> {
  const database = await bench.database()
  const redis = await bench.redis()
  await fill(bench, database, { posts: hostPosts, ratingsPerPost: 20 })
  await bench.sql(database, plainTables(hostPosts))
  const env = { DATABASE_URL: database, REDIS_URL: redis }
  await count(bench, env)
  const running = await startRoles(bench, roles, env)
  const library = await bench.program('api-server', { database, redis })
  const byHand = await bench.program('bare-server', { database, posts: hostPosts })
  const ours = `http://127.0.0.1:${await library.ask<number>({ what: 'port' })}`
  const bare = `http://127.0.0.1:${await byHand.ask<number>({ what: 'port' })}`
  const page = await fetch(`${ours}/posts?limit=20`, { headers: { 'x-user': 'u1' } })
  if (!page.ok) throw new Error(`${page.status} ${await page.text()}`)
  await byHand.ask({ what: 'serve', text: await page.text() })
  const stop = async () => {
    await Promise.all([library.stop(), byHand.stop(), ...running.map((role) => role.stop())])
    await bench.dropDatabase(database)
  }
  return { database, redis, pid: library.pid, ours, bare, stop }
}

async function startRoles(bench: Bench, roles: Roles, env: Record<string, string>): Promise<Program[]> {
  if (roles === 'none') return []
  const kafka = roles === 'relay' ? null : await bench.kafka()
  if (kafka === null) return [await bench.role(['relay'], env, /The relay runs/)]
  await makeTopic(bench, kafka, 'beside')
  const full = { ...env, KAFKA_BROKERS: kafka, POST_RATE_TOPIC: 'beside' }
  return [
    await bench.role(['relay'], full, /The relay runs/),
    await bench.role(['consumer'], full, /The consumer runs/),
  ]
}

/** Counts ratings that no outbox tells of, fills Redis, and tidies the database up. */
export async function count(bench: Bench, env: { DATABASE_URL: string; REDIS_URL?: string }): Promise<void> {
  await bench.command(process.execPath, ['bin/post-rate.js', 'stats', 'rebuild'], env)
  await bench.sql(env.DATABASE_URL, 'vacuum analyze')
}

/** Lua of `wrk`: a page of 20 for a user who changes with every request, or for nobody. */
export function listScript({ path = '/posts', user = true }: { path?: string; user?: boolean } = {}): string {
  return `
request = function()
  ${user ? `wrk.headers['x-user'] = 'u' .. math.random(0, ${hostUsers - 1})` : ''}
  return wrk.format('GET', '${path}?limit=20')
end
`
}

/** Lua of `wrk`: a rating of a random post by a random user. */
export function rateScript(path = '/posts'): string {
  return `
wrk.headers['content-type'] = 'application/json'
request = function()
  wrk.headers['x-user'] = 'u' .. math.random(0, ${hostUsers - 1})
  return wrk.format('PUT', '${path}/' .. math.random(1, ${hostPosts}) .. '/rating', nil, '{"score":' .. math.random(0, 5) .. '}')
end
`
}
