import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { addPosts } from '../contract/record.ts'
import { eventually } from '../helpers/eventually.ts'

const missingAfterMs = 50

test('ratings wait and no relay runs: said once, with what to start', async (t) => {
  const { postRate, rate, warnings } = await host(t)
  await rate('ada')
  await eventually(() => warnings.length > 0)
  t.regex(warnings[0] ?? '', /^No relay runs: .*`postRate\.start\(\{ relay: true \}\)`.*`post-rate relay`/)
  await rate('grace')
  await postRate.ratings.withdraw({ postId: 1, userId: 'ada' })
  await sleep(3 * missingAfterMs)
  t.is(warnings.length, 1)
})

test('a relay in this process, in another one, and nothing that waits: nothing is said', async (t) => {
  const own = await host(t)
  await own.postRate.start({ relay: true })
  await own.rate('ada')
  const other = await host(t)
  await other.ports.leaseStore.acquire(['relay:0/1'], 'another process', 60)
  await other.rate('ada')
  const idle = await host(t)
  await idle.postRate.start()
  await sleep(3 * missingAfterMs)
  t.deepEqual([own.warnings, other.warnings, idle.warnings], [[], [], []])
})

test('a process that only reads says it too, of ratings that came by SQL or from another process', async (t) => {
  const { postRate, ports, warnings } = await host(t)
  await ports.ratingStore.rate([{ postId: 1, userId: 'ada', score: 4 }])
  await postRate.start()
  await eventually(() => warnings.length > 0)
  t.is(warnings.length, 1)
})

test('after a relay was seen, its loss is said again', async (t) => {
  const { rate, ports, warnings } = await host(t)
  await rate('ada')
  await eventually(() => warnings.length === 1)
  await ports.leaseStore.acquire(['relay:0/1'], 'another process', 60)
  await rate('grace')
  await sleep(3 * missingAfterMs)
  await ports.leaseStore.release('another process')
  await rate('alan')
  await eventually(() => warnings.length > 1)
  t.is(warnings.length, 2)
})

test('a process that has been closed says nothing', async (t) => {
  const { postRate, rate, warnings } = await host(t)
  await rate('ada')
  await postRate.close()
  await sleep(3 * missingAfterMs)
  t.deepEqual(warnings, [])
})

async function host(t: ExecutionContext) {
  const ports = memoryPorts(new MemoryRecord())
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) }
  await addPosts(ports, 1)
  const database = 'postgres://nowhere'
  const postRate = createTimedPostRate({ database, overrides: ports, logger }, { relay: { missingAfterMs } })
  t.teardown(() => postRate.close())
  const rate = (userId: string) => postRate.ratings.rate({ postId: 1, userId, score: 4 })
  return { postRate, ports, rate, warnings }
}
