import test from 'ava'
import { cleanUp } from '../helpers/clean-up.ts'
import { withRedis } from '../helpers/requires.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { Violation } from './explore.ts'
import { Copies } from './redis/copies.ts'
import { scenarios } from './redis/scenarios.ts'

let copies: Copies

test.before((t) => {
  const { url, prefix } = testRedis(t)
  copies = new Copies(url, prefix)
  cleanUp(t, () => copies.close())
})

for (const scenario of scenarios)
  withRedis.serial(scenario.name, async (t) => {
    const { interleavings, redundant, complete } = await copies.explore(scenario).catch((error: unknown) => {
      if (error instanceof Violation) t.fail(error.message)
      throw error
    })
    t.log(`${interleavings} interleavings, ${redundant} alike left out`)
    t.true(complete)
  })
