import { readFileSync } from 'node:fs'
import * as api from '@post-rate/express'
import test from 'ava'
import { describeApi } from '../../packages/express/src/openapi.ts'

test('the package exports exactly its public list', (t) => {
  t.deepEqual(Object.keys(api).sort(), ['createOpsRouter', 'createProblemHandler', 'createRouter'])
})

test('the OpenAPI document has the version of the package', (t) => {
  const manifest = new URL('../../packages/express/package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  t.is(describeApi([])('').info.version, version)
})
