import test from 'ava'
import fc from 'fast-check'
import { isoTime, readIsoTime } from '../../packages/post-rate/src/domain/time.ts'

const [firstYear, afterYear9999] = [Date.parse('0000-01-01T00:00:00.000Z'), 253_402_300_800_000]
const times = fc.integer({ min: firstYear, max: afterYear9999 - 1 })

test('a time is written as JavaScript writes it, and read back', (t) => {
  fc.assert(
    fc.property(times, (time) => {
      const text = new Date(time).toISOString()
      return isoTime(time) === text && readIsoTime(text) === time && readIsoTime(text) === time
    }),
  )
  // Of one second, before the epoch and after it.
  for (const time of [-1, -999, -1_000, -1_001, 0, 1, 999, 1_000, -0.5, -1_000.5, 0.5, 999.9])
    t.is(isoTime(time), new Date(time).toISOString())
  t.is(isoTime(afterYear9999), '+010000-01-01T00:00:00.000Z')
  t.throws(() => isoTime(Number.NaN), { instanceOf: RangeError })
  t.throws(() => isoTime(Number.POSITIVE_INFINITY), { instanceOf: RangeError })
})

test('only the one form is read, also where its second is known', (t) => {
  const text = '2026-03-01T12:00:05.250Z'
  t.is(readIsoTime(text), Date.parse(text))
  const others = [
    '2026-03-01T12:00:05.25Z',
    '2026-03-01T12:00:05.2500Z',
    '2026-03-01T12:00:05Z',
    '2026-03-01T12:00:05.250z',
  ]
  const wrong = [
    '2026-03-01T12:00:05.-50Z',
    '2026-03-01T12:00:05.2 0Z',
    '2026-03-01T12:00:05,250Z',
    '2026-02-30T12:00:05.250Z',
  ]
  const odd = [
    '',
    'Z',
    '250Z',
    `${text} `,
    '2026-03-01T24:00:00.000Z',
    '+010000-01-01T00:00:00.000Z',
    '-000001-01-01T00:00:00.000Z',
  ]
  for (const other of [...others, ...wrong, ...odd]) t.is(readIsoTime(other), Number.NaN, other)
})

test('more seconds than are remembered are still read right', (t) => {
  for (let second = 0; second < 10_000; second++) {
    const text = isoTime(second * 1_000 + 7)
    if (readIsoTime(text) !== second * 1_000 + 7) t.fail(text)
  }
  t.is(isoTime(7), '1970-01-01T00:00:00.007Z')
})
