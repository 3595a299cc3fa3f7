import { createOpsRouter, type OpsRouterOptions } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import type { Status } from 'post-rate'
import { Counter, Registry } from 'prom-client'
import { listen } from '../http-host.ts'

const counters = {
  rated: 3,
  withdrawn: 1,
  folded: 4,
  stepped: 0,
  published: 4,
  applied: 4,
  stale: 0,
  conflicts: 0,
  reconciled: 0,
  unreadable: 0,
  foreign: 0,
  audited: 5,
  repaired: 2,
  armed: 2,
  released: 1,
}

const away = { configured: true, reachable: false, version: null, encrypted: null, pooled: false }

function statusNow(): Status {
  const up = { configured: true, reachable: true, version: '1', encrypted: false, pooled: false, detail: '' }
  return {
    dependencies: { postgres: { ...up }, redis: { ...up }, kafka: { ...up, configured: false, reachable: false } },
    outbox: { rows: 7, oldestSeconds: 1.5 },
    leases: [{ name: 'relay:0/1', holder: 'h', term: 4, secondsLeft: 9 }],
    lag: [{ partition: 2, end: 10, committed: 4, lag: 6 }],
    unknown: {},
    freshnessSeconds: 0.4,
    clockOffsetMs: -250,
    clockSetBack: null,
    audit: { posts: 5, passedAt: null, repaired: 2, repairedAt: '2026-01-01T00:00:00.000Z' },
    ratingsPerSecond: null,
    guardedPosts: 3,
    incidents: { open: 2, oldestSeconds: 61.5, deadLetters: 1 },
    roles: { relay: { healthy: true, detail: '' }, consumer: null },
    counters,
  }
}

async function startOps(t: ExecutionContext, status: () => Promise<Status>, options: Partial<OpsRouterOptions> = {}) {
  const app = express()
  app.use('/ops', createOpsRouter({ postRate: { status, counters }, ...options }))
  app.use((_req: express.Request, res: express.Response) => void res.status(404).send('fell through'))
  const port = await listen(t, app)
  return async (path: string, method = 'GET') => {
    const reply = await fetch(`http://127.0.0.1:${port}/ops${path}`, { method })
    const text = await reply.text()
    return { status: reply.status, headers: reply.headers, text }
  }
}

export function opsSuite(): void {
  test('GET /livez: 200 whatever the dependencies do', async (t) => {
    const get = await startOps(t, () => Promise.reject(new Error('away')))
    t.is((await get('/livez')).status, 200)
  })

  test('GET /readyz: 200 while PostgreSQL can be reached and started roles are healthy', async (t) => {
    const get = await startOps(t, async () => statusNow())
    const reply = await get('/readyz')
    t.is(reply.status, 200)
    t.deepEqual(JSON.parse(reply.text), { ready: true, reasons: [], warnings: [] })
    t.is(reply.headers.get('cache-control'), 'no-store')
    t.is(reply.headers.get('x-content-type-options'), 'nosniff')
  })

  test('GET /readyz: 503 with the reasons', async (t) => {
    const status = statusNow()
    const get = await startOps(t, async () => status)
    status.dependencies.postgres = { ...away, detail: '' }
    status.roles.consumer = { healthy: false, detail: 'No member of its group.' }
    const reply = await get('/readyz')
    t.is(reply.status, 503)
    t.deepEqual(JSON.parse(reply.text).reasons, ['postgres: cannot be reached', 'consumer: No member of its group.'])
  })

  test('GET /readyz: 503 where PostgreSQL has no schema of the library', async (t) => {
    const status = statusNow()
    const get = await startOps(t, async () => status)
    status.dependencies.postgres.detail = 'Run `post-rate migrate`.'
    const reply = await get('/readyz')
    t.is(reply.status, 503)
    t.deepEqual(JSON.parse(reply.text).reasons, ['postgres: Run `post-rate migrate`.'])
  })

  test('GET /readyz: no relay anywhere is a warning', async (t) => {
    for (const leases of [[], [{ name: 'relay:0/1', holder: 'h', term: 4, secondsLeft: -1 }]]) {
      const get = await startOps(t, async () => ({ ...statusNow(), leases }))
      const reply = await get('/readyz')
      t.is(reply.status, 200)
      t.regex(JSON.parse(reply.text).warnings.join(), /relay: none runs.*start\(\{ relay: true \}\)/)
    }
  })

  test('GET /readyz: Redis or Kafka away is a warning', async (t) => {
    const status = statusNow()
    const get = await startOps(t, async () => status)
    status.dependencies.redis = { ...away, detail: 'Start it.' }
    const reply = await get('/readyz')
    t.is(reply.status, 200)
    t.deepEqual(JSON.parse(reply.text).warnings, ['redis: Start it.'])
  })

  test('GET /readyz: 503 when the status fails or does not come, without saying why in its words', async (t) => {
    for (const status of [
      () => Promise.reject(new Error('postgres://u:secret@host')),
      () => new Promise<never>(() => {}),
    ]) {
      const get = await startOps(t, status, { timeoutMs: 50 })
      const reply = await get('/readyz')
      t.is(reply.status, 503)
      t.false(reply.text.includes('secret'))
    }
  })

  test('/readyz and /metrics share one status for a second, a failed one too', async (t) => {
    for (const fails of [false, true]) {
      let asked = 0
      const get = await startOps(t, async () => {
        asked++
        await new Promise((resolve) => setTimeout(resolve, 50))
        if (fails) throw new Error('away')
        return statusNow()
      })
      const expected = fails ? 503 : 200
      const readers = Array.from({ length: 100 }, async () => (await get('/readyz')).status)
      const scraped = get('/metrics')
      t.deepEqual([...new Set(await Promise.all(readers))], [expected])
      t.is((await scraped).status, 200)
      t.is((await get('/readyz')).status, expected)
      t.is(asked, 1)
      await new Promise((resolve) => setTimeout(resolve, 1050))
      t.is((await get('/readyz')).status, expected)
      t.is(asked, 2)
    }
  })

  test('GET /metrics: Prometheus text of counters and of what the status knows', async (t) => {
    const get = await startOps(t, async () => statusNow())
    for (let times = 1; times <= 2; times++) {
      const { status, text, headers } = await get('/metrics')
      t.is(status, 200)
      t.regex(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
      for (const line of [
        'post_rate_rated_total 3',
        'post_rate_armed_total 2',
        'post_rate_guarded_posts 3',
        'post_rate_open_incidents 2',
        'post_rate_oldest_incident_seconds 61.5',
        'post_rate_webhook_dead_letters 1',
        'post_rate_released_total 1',
        'post_rate_outbox_rows 7',
        'post_rate_outbox_oldest_seconds 1.5',
        'post_rate_freshness_seconds 0.4',
        'post_rate_clock_offset_seconds -0.25',
        'post_rate_consumer_lag_messages{partition="2"} 6',
        'post_rate_lease_seconds_left{name="relay:0/1"} 9',
        'post_rate_lease_term{name="relay:0/1"} 4',
        'post_rate_dependency_up{dependency="postgres"} 1',
        'post_rate_role_healthy{role="relay"} 1',
      ])
        t.true(text.split('\n').includes(line), `${line}\n${text}`)
      t.notRegex(text, /dependency="kafka"|role="consumer"/)
    }
  })

  test('GET /metrics: without a status the counters remain, and no gauge is made up', async (t) => {
    const get = await startOps(t, () => Promise.reject(new Error('away')))
    const { status, text } = await get('/metrics')
    t.is(status, 200)
    t.regex(text, /^post_rate_rated_total 3$/m)
    t.notRegex(text, /^post_rate_(outbox|freshness|dependency)/m)
  })

  test("GET /metrics: a registry of the host's keeps its own metrics", async (t) => {
    const registry = new Registry()
    new Counter({ name: 'host_total', help: 'h', registers: [registry] }).inc()
    const get = await startOps(t, async () => statusNow(), { registry })
    t.regex((await get('/metrics')).text, /^host_total 1$/m)
    t.regex(await registry.metrics(), /^post_rate_outbox_rows 7$/m)
  })

  test('operational endpoints: HEAD as GET, OPTIONS 204, 405 with Allow, other paths fall through', async (t) => {
    const get = await startOps(t, async () => statusNow())
    t.is((await get('/livez', 'HEAD')).status, 200)
    t.is((await get('/livez', 'OPTIONS')).status, 204)
    const refused = await get('/metrics', 'POST')
    t.is(refused.status, 405)
    t.is(refused.headers.get('allow'), 'GET, HEAD, OPTIONS')
    t.is((await get('/posts')).text, 'fell through')
  })
}
