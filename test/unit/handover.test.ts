import test from 'ava'
import type { OutgoingChange } from '../../packages/post-rate/src/ports/outbox.ts'
import { Handover } from '../../packages/post-rate/src/services/handover.ts'

const change = (n: number) => ({ id: String(n), message: { version: n } }) as unknown as OutgoingChange
const changes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => change(from + n))
const ids = (taken: readonly OutgoingChange[]) => taken.map(({ id }) => Number(id))

/** An outbox of what was folded and not published yet. */
function withOutbox() {
  const outbox: OutgoingChange[] = []
  let reads = 0
  const handover = new Handover(async (limit) => {
    reads++
    return outbox.slice(0, limit)
  })
  const published: number[] = []
  return {
    outbox,
    handover,
    published,
    reads: () => reads,
    fold(from: number, to: number) {
      outbox.push(...changes(from, to))
      handover.offer(changes(from, to))
    },
    async publish(limit = 100) {
      const taken = await handover.next(limit)
      published.push(...ids(taken))
      for (const one of taken)
        outbox.splice(
          outbox.findIndex(({ id }) => id === one.id),
          1,
        )
      return taken.length
    },
  }
}

test('what was folded before it began comes first, out of the outbox; what is folded then is not read again', async (t) => {
  const { outbox, handover, published, fold, publish, reads } = withOutbox()
  outbox.push(...changes(1, 5))
  await publish(3)
  await publish(3)
  t.is(reads(), 2)
  fold(6, 8)
  await publish()
  fold(9, 9)
  await publish()
  t.deepEqual(published, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.is(reads(), 2)
  t.deepEqual(await handover.next(10), [])
})

test('what was taken and not published is taken again, in order, with what came after it', async (t) => {
  const { handover, published, fold, publish } = withOutbox()
  await publish()
  fold(1, 4)
  t.deepEqual(ids(await handover.next(2)), [1, 2])
  handover.failed()
  fold(5, 6)
  while ((await publish(3)) > 0);
  t.deepEqual(published, [1, 2, 3, 4, 5, 6])
})

test('what was folded without an answer is found in the outbox', async (t) => {
  const { outbox, handover, published, fold, publish } = withOutbox()
  await publish()
  fold(1, 2)
  outbox.push(...changes(3, 4))
  handover.doubt()
  fold(5, 6)
  while ((await publish()) > 0);
  t.deepEqual(published, [1, 2, 3, 4, 5, 6])
})

test('a bus that is away makes nothing pile up: the rest is left to the outbox', async (t) => {
  const { handover, published, fold, publish } = withOutbox()
  await publish()
  for (let n = 0; n < 30; n++) fold(n * 1_000 + 1, (n + 1) * 1_000)
  // Waiting for room would only delay the fold.
  const began = performance.now()
  await handover.room()
  t.true(performance.now() - began < 500)
  while ((await publish(2_000)) > 0);
  t.is(published.length, 30_000)
  t.is(new Set(published).size, 30_000)
  t.true(published.every((id, n) => n === 0 || id > (published[n - 1] as number)))
})

test('folding waits for a publisher that is about to catch up', async (t) => {
  const { handover, fold, publish } = withOutbox()
  await publish()
  fold(1, 13_000)
  let waited = false
  const room = handover.room().then(() => {
    waited = true
  })
  await new Promise(setImmediate)
  t.false(waited)
  await publish(2_000)
  await room
  await handover.room()
  t.true(waited)
})
