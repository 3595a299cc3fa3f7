import { readFileSync } from 'node:fs'
import * as api from '@post-rate/express'
import test from 'ava'
import { z } from 'zod'
import { defineEndpoint } from '../../packages/express/src/endpoint.ts'
import { describeApi } from '../../packages/express/src/openapi.ts'

test('the package exports exactly its public list', (t) => {
  t.deepEqual(Object.keys(api).sort(), [
    'createModerationRouter',
    'createOpsRouter',
    'createProblemHandler',
    'createRouter',
  ])
})

test('the OpenAPI document has the version of the package', (t) => {
  const manifest = new URL('../../packages/express/package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  t.is(describeApi([])('').info.version, version)
})

test('an endpoint whose answer has no name in the OpenAPI document is refused at once', (t) => {
  const docs = { operationId: 'x', summary: '', description: '', status: 200, result: '', schema: z.object({}) }
  const answer = async () => ({ status: 200 })
  const endpoint = defineEndpoint({ method: 'GET', path: '/x', action: null, docs, answer })
  t.throws(() => describeApi([endpoint] as never), { message: /needs a name: \.register\(schemaNotes/ })
})
