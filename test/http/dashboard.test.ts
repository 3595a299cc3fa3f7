import { readFileSync } from 'node:fs'
import { createOpsRouter, createRouter, type RouterOptions } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import type { PostRate } from 'post-rate'
import { Registry } from 'prom-client'
import { FakePostRate } from './fake-post-rate.ts'
import { listen } from './http-host.ts'

const dashboard = JSON.parse(
  readFileSync(new URL('../../examples/deploy/grafana/post-rate.json', import.meta.url), 'utf8'),
) as { panels: { title: string; targets: { expr: string }[] }[] }

/** A host that has one registry for the API and the operational endpoints. */
async function startMeasured(t: ExecutionContext) {
  const registry = new Registry()
  const postRate = new FakePostRate()
  postRate.seed(2)
  const app = express()
  const counters = {} as PostRate['counters']
  app.use(createOpsRouter({ postRate: { counters, status: () => Promise.reject(new Error('away')) }, registry }))
  for (const prefix of ['/api', '/other'])
    app.use(
      prefix,
      createRouter({ postRate: postRate as unknown as RouterOptions['postRate'], getUser: () => 'ada', registry }),
    )
  const url = `http://127.0.0.1:${await listen(t, app)}`
  return { registry, url, metrics: async () => (await fetch(`${url}/metrics`)).text() }
}

test('every metric of the dashboard is one that /metrics has, with the labels that it asks for', async (t) => {
  const { url, metrics, registry } = await startMeasured(t)
  await fetch(`${url}/api/posts`)
  const text = await metrics()
  const names = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name))
  const known = new Set([...names, 'post_rate_http_seconds_bucket', 'post_rate_http_seconds_count'])
  const labels = new Map(
    [...names].map((name) => [
      name,
      (registry.getSingleMetric(name) as unknown as { labelNames: string[] }).labelNames,
    ]),
  )
  const asked = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))
  t.true(asked.length > 15)
  for (const { title, expr } of asked) {
    const used = expr.match(/post_rate_\w+/g) ?? []
    t.true(used.length > 0, title)
    for (const name of used) t.true(known.has(name), `${title} asks for ${name}`)
    const named = labels.get((used[0] ?? '').replace(/_(bucket|count)$/, '')) ?? []
    const wanted = [...expr.matchAll(/by \((\w+)\)|(\w+)=~?"/g)].map(([, by, matched]) => by ?? matched ?? '')
    for (const label of wanted) t.true(label === 'le' || named.includes(label), `${title} asks for the label ${label}`)
  }
})

test('requests are measured by method, path and status, in the registry of the host', async (t) => {
  const { url, metrics } = await startMeasured(t)
  for (const path of ['/api/posts', '/api/posts/1', '/other/posts/2', '/api/posts/99', '/api/elsewhere'])
    await (await fetch(url + path)).text()
  const text = await metrics()
  const counts = [...text.matchAll(/^post_rate_http_seconds_count\{(.*)\} (\d+)$/gm)].map(
    ([, labels, n]) => `${labels} ${n}`,
  )
  t.deepEqual(counts.sort(), [
    'method="GET",path="/posts",status="200" 1',
    'method="GET",path="/posts/{id}",status="200" 2',
    'method="GET",path="/posts/{id}",status="404" 1',
  ])
})
