import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { Loop, type LoopTimings, loopTimings } from '../../packages/post-rate/src/services/loop.ts'
import { eventually } from '../helpers/eventually.ts'

test('rounds follow each other with the pause that they ask for', async (t) => {
  const { rounds } = looping(t, async () => 30)
  await eventually(() => rounds.length >= 4)
  for (let n = 1; n < 4; n++) t.true((rounds[n] as number) - (rounds[n - 1] as number) >= 28)
})

test('waking ends a pause', async (t) => {
  const { loop, rounds } = looping(t, async () => 60_000)
  await eventually(() => rounds.length === 1, { interval: 1 })
  loop.wake()
  await eventually(() => rounds.length === 2, { interval: 1 })
  t.is(rounds.length, 2)
})

test('waking during a round lets another follow at once', async (t) => {
  const { loop, rounds } = looping(t, async () => {
    await sleep(20)
    return 60_000
  })
  await eventually(() => rounds.length === 1, { interval: 1 })
  loop.wake()
  await eventually(() => rounds.length === 2, { interval: 1 })
  await sleep(60)
  t.is(rounds.length, 2)
})

test('a round that fails is tried again with a growing pause, which waking does not cut short', async (t) => {
  const said: string[] = []
  let fails = true
  const { loop, rounds } = looping(
    t,
    async () => {
      if (fails) throw new Error('the bus is away')
      return 60_000
    },
    { said, timings: { ...loopTimings, retryMs: 40 } },
  )
  const waking = setInterval(() => loop.wake(), 2)
  await eventually(() => rounds.length === 4, { interval: 1 })
  clearInterval(waking)
  // 20-40 ms, then 40-80, then 80-160. A timer may fire a millisecond early.
  const pauses = rounds.slice(1).map((began, n) => began - (rounds[n] as number))
  t.true(
    pauses.every((pause, n) => pause >= 20 * 2 ** n - 1),
    String(pauses),
  )
  t.is(loop.problem(), 'testing: the bus is away')
  t.deepEqual(said, ['testing failed; trying again'])
  fails = false
  await eventually(() => loop.problem() === '')
  t.deepEqual(said, ['testing failed; trying again', 'testing works again'])
})

test('stopping waits for the round under way, cuts every pause short, and starts nothing more', async (t) => {
  let ended = false
  const { loop, rounds } = looping(t, async () => {
    await sleep(30)
    ended = true
    return 0
  })
  await eventually(() => rounds.length === 1, { interval: 1 })
  await loop.stop()
  t.true(ended)
  const before = rounds.length
  loop.wake()
  await sleep(20)
  t.is(rounds.length, before)
  await loop.stop()

  const failing = looping(
    t,
    async () => {
      throw new Error('away')
    },
    { timings: { ...loopTimings, retryMs: 5_000 } },
  )
  await eventually(() => failing.loop.problem() !== '', { interval: 1 })
  const began = performance.now()
  await failing.loop.stop()
  t.true(performance.now() - began < 100)
})

function looping(
  t: ExecutionContext<unknown>,
  round: () => Promise<number>,
  { said = [], timings = loopTimings }: { said?: string[]; timings?: LoopTimings } = {},
) {
  const rounds: number[] = []
  const say = (message: string) => {
    said.push(message)
  }
  const loop = new Loop(
    'testing',
    () => {
      rounds.push(performance.now())
      return round()
    },
    { ...silentLogger, warn: say, info: say },
    timings,
  )
  t.teardown(() => loop.stop())
  return { loop, rounds }
}
