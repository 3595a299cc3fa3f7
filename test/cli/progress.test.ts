import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Progress } from '../../packages/cli/src/progress.ts'

test('progress tells the part done, the rate and the time left, of what is done now', async (t) => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const progress = new Progress(stream, 'Rebuilt', { rewrite: true })
  progress.startAt(1000)
  await sleep(200)
  progress.update(1100, 2000, '3 to repair')
  const [, done, rate, left] =
    /Rebuilt: (1100) of 2000 \(55 %\), (\d+)\/s, ([\d.]+) s left, 3 to repair$/.exec(stream.read()) ?? []
  t.is(done, '1100')
  // Not the 1100 of all runs in 0.2 s.
  t.true(Number(rate) <= 500, rate)
  t.true(Math.abs(Number(left) * Number(rate) - 900) < 90)
})

test('progress of an unknown total has no time left', async (t) => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const progress = new Progress(stream, 'Imported lines', { rewrite: true })
  await sleep(110)
  progress.update(10, null)
  t.regex(stream.read(), /Imported lines: 10, \d+\/s$/)
})
