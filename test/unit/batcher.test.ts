import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Batcher, type BatcherOptions } from '../../packages/post-rate/src/services/batcher.ts'

test('an idle batcher starts at once, and callers of one tick share a batch', async (t) => {
  const { batcher, batches } = recording()
  t.is(await batcher.add('a'), 'A')
  t.deepEqual(await Promise.all([batcher.add('b'), batcher.add('c')]), ['B', 'C'])
  t.deepEqual(batches, [['a'], ['b', 'c']])
})

test('what comes while the lanes are busy gathers, and runs as one batch', async (t) => {
  const { batcher, batches, gate } = recording({ lanes: 1 }, true)
  const first = batcher.add('a')
  await sleep(1)
  const others = ['b', 'c', 'd'].map((item) => batcher.add(item))
  await sleep(5)
  t.deepEqual(batches, [['a']])
  gate.open()
  t.deepEqual(await Promise.all([first, ...others]), ['A', 'B', 'C', 'D'])
  t.deepEqual(batches, [['a'], ['b', 'c', 'd']])
})

test('a blocked item runs again alone, and the others do not wait for it', async (t) => {
  const { batcher, batches, release } = blocking()
  const blocked = ['x1', 'x2'].map((item) => batcher.add(item))
  t.deepEqual(await Promise.all([batcher.add('a'), batcher.add('b')]), ['A', 'B'])
  t.is(await batcher.add('c'), 'C')
  await sleep(10)
  t.is(await Promise.race([...blocked, 'nobody yet']), 'nobody yet')
  release('x')
  t.deepEqual(await Promise.all(blocked), ['X1', 'X2'])
  t.deepEqual(batches[0], ['x1', 'x2', 'a', 'b'])
  t.true(batches.slice(2).every((batch) => batch.length === 1))
})

test('what blocks one item does not keep another cause waiting', async (t) => {
  const { batcher, release } = blocking({ maxWaitMs: 5_000 })
  const all = ['x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8', 'y1'].map((item) => batcher.add(item))
  await sleep(5)
  release('y')
  const began = performance.now()
  t.is(await all.at(-1), 'Y1')
  t.true(performance.now() - began < 500)
  release('x')
  await Promise.all(all)
})

test('a blocked item keeps its key, and is refused in time', async (t) => {
  const { batcher, batches, release } = blocking({ maxWaitMs: 400, keyOf: (item) => item.toLowerCase() })
  const refused = [batcher.add('x1'), batcher.add('X1')].map((answer) =>
    t.throwsAsync(answer, { code: 'OVERLOADED' } as object),
  )
  await refused[0]
  // The second item gets the key when the first one is refused, and may run once before this test goes on.
  t.true(batches.length > 2 && batches.filter(([item]) => item === 'X1').length <= 1)
  await refused[1]
  release('x')
  t.is(await batcher.add('x1'), 'X1')
  const kept = blocking({ keyOf: (item) => item.toLowerCase() })
  const [first, second] = [kept.batcher.add('x1'), kept.batcher.add('X1')]
  await sleep(10)
  kept.release('x')
  await Promise.all([first, second])
  t.deepEqual(kept.batches.at(-1), ['X1'])
})

test('blocked items beyond the limit are refused at once, and closing refuses the others', async (t) => {
  const { batcher } = blocking()
  const answers = Array.from({ length: 12 }, (_, n) =>
    batcher.add(`x${n}`).catch((error: { code: string }) => error.code),
  )
  await sleep(5)
  t.is(await Promise.race([...answers.slice(10), 'nobody']), 'OVERLOADED')
  await batcher.close()
  t.deepEqual([...new Set((await Promise.all(answers)).slice(0, 10))], ['UNAVAILABLE'])
})

test('what waits for a lane is refused by a timer, not when the lane is free', async (t) => {
  const { batcher, gate } = recording({ lanes: 1, maxWaitMs: 20 }, true)
  // The timer alone keeps no process alive; the statement that is waited for does.
  const statement = setInterval(() => {}, 1_000)
  const running = batcher.add('a')
  await sleep(1)
  await t.throwsAsync(batcher.add('b'), { code: 'OVERLOADED' } as object)
  clearInterval(statement)
  gate.open()
  t.is(await running, 'A')
})

test('what has waited for too long is refused, and never run later', async (t) => {
  const { batcher, batches, gate } = recording({ lanes: 1, maxWaitMs: 20 }, true)
  const first = batcher.add('a')
  await sleep(1)
  const late = t.throwsAsync(batcher.add('b'), { code: 'OVERLOADED' } as object)
  await sleep(40)
  const other = batcher.add('c')
  gate.open()
  await late
  t.deepEqual(await Promise.all([first, other]), ['A', 'C'])
  t.deepEqual(batches, [['a'], ['c']])
})

test('a batch is never larger than asked, and lanes run beside each other', async (t) => {
  const { batcher, batches, gate } = recording({ lanes: 2, maxBatch: 3 }, true)
  const all = [...'abcdefgh'].map((item) => batcher.add(item))
  await sleep(1)
  t.deepEqual(batches, [[...'abc'], [...'def']])
  gate.open()
  t.is((await Promise.all(all)).join(''), 'ABCDEFGH')
  t.deepEqual(batches[2], ['g', 'h'])
})

test('items of one key never share a batch nor overtake each other, whatever the lanes', async (t) => {
  const running = new Set<string>()
  const done: string[] = []
  const batcher = new Batcher<string, string>({
    maxBatch: 3,
    limit: 1_000,
    lanes: 3,
    keyOf: (item) => item[0] as string,
    run: async (items) => {
      for (const item of items) {
        if (running.has(item[0] as string)) throw new Error(`two of ${item[0]} at once`)
        running.add(item[0] as string)
      }
      await sleep(Math.random() * 4)
      for (const item of items) {
        running.delete(item[0] as string)
        done.push(item)
      }
      return items
    },
  })
  const items = Array.from({ length: 120 }, (_, n) => `${'abcde'[(n * n) % 5]}${n}`)
  t.deepEqual(await Promise.all(items.map((item) => batcher.add(item))), items)
  for (const key of 'abcde') {
    const ofKey = (list: string[]) => list.filter((item) => item.startsWith(key))
    t.deepEqual(ofKey(done), ofKey(items))
  }
})

test('a full queue refuses at once, and takes again what comes later', async (t) => {
  const { batcher, gate } = recording({ lanes: 1, limit: 2 }, true)
  const running = batcher.add('a')
  await sleep(1)
  const waiting = [batcher.add('b'), batcher.add('c')]
  await t.throwsAsync(batcher.add('d'), { code: 'OVERLOADED' })
  gate.open()
  t.deepEqual(await Promise.all([running, ...waiting]), ['A', 'B', 'C'])
  t.is(await batcher.add('e'), 'E')
})

test('from spreadFrom on free lanes share what waits', async (t) => {
  const { batcher, batches, gate } = recording({ lanes: 2, spreadFrom: 4 }, true)
  const all = [...'abcdef'].map((item) => batcher.add(item))
  await sleep(1)
  t.deepEqual(batches, [[...'abc'], [...'def']])
  gate.open()
  t.is((await Promise.all(all)).join(''), 'ABCDEF')
  await Promise.all([...'abc'].map((item) => batcher.add(item)))
  t.deepEqual(batches[2], [...'abc'])
})

test('owners take turns: a flood of one neither fills the batches nor the queue', async (t) => {
  const fairness = { ownerOf: (item: string) => item[0] as string, perBatch: 2, limit: 5 }
  const { batcher, batches, gate } = recording({ lanes: 1, maxBatch: 4, limit: 8, fairness }, true)
  const running = batcher.add('z')
  await sleep(1)
  const flood = ['a1', 'a2', 'a3', 'a4', 'a5'].map((item) => batcher.add(item))
  await t.throwsAsync(batcher.add('a6'), { code: 'OVERLOADED' })
  const others = ['b1', 'c1'].map((item) => batcher.add(item))
  gate.open()
  await Promise.all([running, ...flood, ...others])
  t.deepEqual(batches, [['z'], ['a1', 'a2', 'b1', 'c1'], ['a3', 'a4'], ['a5']])
})

test('a batch that fails is its callers’ alone, and frees its keys', async (t) => {
  let fails = true
  const batcher = new Batcher<string, string>({
    maxBatch: 10,
    limit: 10,
    lanes: 1,
    keyOf: (item) => item,
    run: async (items) => {
      if (fails) throw new Error('away')
      return items
    },
  })
  const results = await Promise.allSettled([batcher.add('a'), batcher.add('b')])
  t.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  fails = false
  t.is(await batcher.add('a'), 'a')
})

test('idle waits for everything that was added', async (t) => {
  const { batcher, gate } = recording({ lanes: 1 }, true)
  const answered: string[] = []
  for (const item of 'abc') void batcher.add(item).then((answer) => answered.push(answer))
  const idle = batcher.idle()
  setTimeout(() => gate.open(), 5)
  await idle
  await sleep(0)
  t.deepEqual(answered, ['A', 'B', 'C'])
  await batcher.idle()
})

/** Items that begin with x or y are blocked until their letter is released. */
function blocking(options: Partial<BatcherOptions<string, string>> = {}) {
  const held = new Set(['x', 'y'])
  const batches: string[][] = []
  const { batcher } = recording({
    run: async (items) => {
      batches.push(items)
      await sleep(1)
      return items.map((item) => (held.has((item[0] as string).toLowerCase()) ? 'blocked' : item.toUpperCase()))
    },
    blocking: {
      isBlocked: (result) => result === 'blocked',
      causeOf: (item) => (item[0] as string).toLowerCase(),
      limit: 10,
      pauseMs: 2,
    },
    ...options,
  })
  return { batcher, batches, release: (letter: string) => held.delete(letter) }
}

function recording(options: Partial<BatcherOptions<string, string>> = {}, closed = false) {
  let open = () => {}
  const opened = closed
    ? new Promise<void>((resolve) => {
        open = resolve
      })
    : Promise.resolve()
  const batches: string[][] = []
  const batcher = new Batcher<string, string>({
    maxBatch: 100,
    limit: 100,
    lanes: 2,
    run: async (items) => {
      batches.push(items)
      await opened
      return items.map((item) => item.toUpperCase())
    },
    ...options,
  })
  return { batcher, batches, gate: { open: () => open() } }
}
