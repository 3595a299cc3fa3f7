import test from 'ava'
import { createPostRate, type Hooks } from 'post-rate'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { addPosts } from '../contract/record.ts'

test('rated: after the commit, before the caller goes on, only where something changed', async (t) => {
  const record = new MemoryRecord()
  const order: string[] = []
  const rate = await host(record, {
    rated: ({ userId, score, previousScore }) => {
      t.is(record.ratingOf(1, userId)?.score, score)
      order.push(`hook ${score} after ${previousScore}`)
    },
  })
  await rate(4).then(() => order.push('answer'))
  await rate(4).then(() => order.push('answer'))
  await rate(0).then(() => order.push('answer'))
  t.deepEqual(order, ['hook 4 after null', 'answer', 'answer', 'hook 0 after 4', 'answer'])
  await t.throwsAsync(rate(6), { code: 'INVALID_INPUT' })
  t.is(order.length, 5)
})

test('rated: one that throws or rejects, or never ends, costs no rating and is logged', async (t) => {
  const errors: string[] = []
  const answers = [
    () => {
      throw new Error('thrown')
    },
    () => Promise.reject(new Error('rejected')),
    () => new Promise(() => {}),
  ]
  const rate = await host(new MemoryRecord(), { rated: () => answers.shift()?.() }, errors)
  for (const score of [1, 2, 3]) t.is((await rate(score)).score as number, score)
  t.deepEqual(errors, ['the hook rated failed', 'the hook rated failed'])
})

async function host(record: MemoryRecord, hooks: Hooks, errors: string[] = []) {
  const ports = memoryPorts(record)
  await addPosts(ports, 1)
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) }
  const postRate = createPostRate({ database: 'postgres://nowhere', overrides: ports, hooks, logger })
  return (score: number) => postRate.ratings.rate({ postId: 1, userId: 'u', score })
}
