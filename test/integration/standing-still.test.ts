import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { TcpProxy } from '../faults/proxy.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'

withPostgres('readers give up a PostgreSQL that stands still, and read again when it goes on', async (t) => {
  const url = new URL(await testDatabase(t))
  const proxy = await TcpProxy.start(Number(url.port || 5432), url.hostname)
  cleanUp(t, () => proxy.close())
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const postRate = createTimedPostRate({ database: url.toString() }, { readTimeoutMs: 1_000 })
  cleanUp(t, () => postRate.close())
  await postRate.posts.create({ title: 't', content: 'c', createdBy: 'ada' })
  t.is((await postRate.posts.list({ userId: 'ada' })).items.length, 1)
  proxy.blackHole()
  const began = performance.now()
  // One on a connection that is there, and more than there are connections.
  const readers = Array.from({ length: 15 }, () => postRate.posts.list({ userId: 'ada' }))
  for (const outcome of await Promise.allSettled(readers))
    t.like(outcome, { status: 'rejected', reason: { code: 'UNAVAILABLE' } })
  t.true(performance.now() - began < 4_000)
  proxy.heal()
  t.is((await postRate.posts.list({ userId: 'ada' })).items.length, 1)
})
