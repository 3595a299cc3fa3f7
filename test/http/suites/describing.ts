import { createHash } from 'node:crypto'
import test from 'ava'
import { startHost } from '../http-host.ts'

const table: Record<string, string[]> = {
  '/posts': ['get', 'post'],
  '/posts/{id}': ['get'],
  '/posts/{id}/history': ['get'],
  '/posts/{id}/rating': ['delete', 'put'],
  '/ratings': ['post'],
  '/openapi.json': ['get'],
  '/docs': ['get'],
}

export function describingSuite(): void {
  test('GET /openapi.json: OpenAPI 3.1 of every row of the API', async (t) => {
    const { send, prefix } = await startHost(t)
    const { json: document, status, headers } = await send('GET', '/openapi.json')
    t.is(status, 200)
    t.regex(headers['content-type'] ?? '', /^application\/json\b/)
    t.is(document.openapi, '3.1.0')
    t.deepEqual(document.servers, [{ url: prefix }])
    t.is(typeof document.info.title, 'string')
    t.is(typeof document.info.version, 'string')
    t.deepEqual(
      Object.fromEntries(
        Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods as object).sort()]),
      ),
      table,
    )
  })

  test('GET /openapi.json: operations have unique ids, path parameters, answers; every $ref leads somewhere', async (t) => {
    const { send } = await startHost(t)
    const { json: document } = await send('GET', '/openapi.json')
    const ids = new Set<string>()
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods as Record<string, Operation>)) {
        t.false(ids.has(operation.operationId))
        ids.add(operation.operationId)
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        const parameters = operation.parameters ?? []
        t.deepEqual(
          parameters.filter((p) => p.in === 'path').map((p) => p.name),
          named,
        )
        for (const parameter of parameters) {
          t.is(typeof parameter.schema.type, 'string')
          t.is(parameter.required, parameter.in === 'path')
        }
        t.true(Object.keys(operation.responses).some((code) => /^2\d\d$/.test(code)))
        for (const response of Object.values(operation.responses)) t.is(typeof response.description, 'string')
      }
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref as string)
    t.true(references.length > 10)
    for (const reference of references) {
      const [, ...steps] = reference.split('/')
      t.truthy(
        steps.reduce((part, step) => part?.[step], document),
        reference,
      )
    }
    t.notRegex(JSON.stringify(document), /"\$(schema|id|defs)"/)
  })

  test('GET /openapi.json: the schemas are those that validate', async (t) => {
    const { send } = await startHost(t)
    const { paths, components } = (await send('GET', '/openapi.json')).json
    const { Score, Rating, PostDraft } = components.schemas
    t.like(Score.properties.score, { type: 'integer', minimum: 0, maximum: 5 })
    t.deepEqual(Rating.required, ['postId', 'score'])
    t.like(Rating.properties.postId, { type: 'integer', minimum: 1, maximum: 2 ** 53 - 1 })
    t.like(PostDraft.properties.title, { type: 'string', minLength: 1, maxLength: 300 })
    t.like(PostDraft.properties.content, { type: 'string', minLength: 1, maxLength: 65_536 })
    const [limit, after, sort] = paths['/posts'].get.parameters
    t.like(limit, { name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } })
    t.like(after, { name: 'after', schema: { type: 'string' } })
    t.deepEqual(sort.schema.enum, ['newest', 'top'])
    t.like(paths['/posts/{id}'].get.parameters[0].schema, { type: 'integer', minimum: 1, maximum: 2 ** 53 - 1 })
  })

  test('GET /openapi.json: every problem that an operation can answer with is there', async (t) => {
    const { send } = await startHost(t)
    const { paths } = (await send('GET', '/openapi.json')).json
    const codes = (operation: Operation) => Object.keys(operation.responses).map(Number)
    t.deepEqual(codes(paths['/posts'].get), [200, 304, 400, 429, 503])
    t.deepEqual(codes(paths['/posts/{id}'].get), [200, 304, 400, 404, 429, 503])
    t.deepEqual(codes(paths['/posts/{id}/history'].get), [200, 304, 400, 404, 429, 503])
    t.deepEqual(codes(paths['/posts'].post), [201, 400, 401, 403, 413, 415, 422, 429, 503])
    t.deepEqual(codes(paths['/posts/{id}/rating'].put), [200, 400, 401, 403, 404, 413, 415, 422, 429, 503])
    t.deepEqual(codes(paths['/ratings'].post), [200, 400, 401, 403, 404, 413, 415, 422, 429, 503])
    t.deepEqual(codes(paths['/posts/{id}/rating'].delete), [204, 400, 401, 403, 404, 422, 429, 503])
    for (const path of ['/docs', '/openapi.json']) t.deepEqual(codes(paths[path].get), [200, 304, 429])
  })

  test('GET /docs: a page that names every operation and needs no other host and no script', async (t) => {
    const { send, prefix } = await startHost(t)
    const { text, status, headers } = await send('GET', '/docs')
    t.is(status, 200)
    t.regex(headers['content-type'] ?? '', /^text\/html; charset=utf-8$/)
    for (const path of Object.keys(table)) t.true(text.includes(`${prefix}${path}</code>`), path)
    t.notRegex(text, /https?:\/\/|<script|<img|<link|undefined|\[object/)
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href as string)
    for (const link of links) {
      if (link.startsWith('#')) t.true(text.includes(`id="${link.slice(1)}"`), link)
      else t.is(link, './openapi.json')
    }
  })

  test('GET /docs: a Content-Security-Policy that allows its own style and nothing else', async (t) => {
    const { send } = await startHost(t)
    const { text, headers } = await send('GET', '/docs')
    const policy = String(headers['content-security-policy'])
    t.true(policy.startsWith("default-src 'none'"))
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? ''
    t.true(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`))
    t.notRegex(policy, /unsafe/)
    t.notRegex(text, / style="/)
  })
}

interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: { type?: string } }[]
  responses: Record<string, { description: string }>
}
