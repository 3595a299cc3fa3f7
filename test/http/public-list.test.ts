import * as api from '@post-rate/express'
import test from 'ava'

test('the package exports exactly its public list', (t) => {
  t.deepEqual(Object.keys(api).sort(), ['createOpsRouter', 'createProblemHandler', 'createRouter', 'createTokenBucket'])
})
