import test from 'ava'
import fc from 'fast-check'
import { averageOf, type Histogram } from '../../packages/post-rate/src/domain/histogram.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import {
  decodeDisplayed,
  encodeStats,
  messageSchema,
  type RatingChange,
  readMessage,
} from '../../packages/post-rate/src/domain/rating-change.ts'

const histogram = fc.tuple(
  ...([1, 2, 3, 4, 5, 6].map(() => fc.nat({ max: 2 ** 40 })) as unknown as [
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
  ]),
)
const time = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }).map(Number)
const guard = fc.record({
  armed: fc.boolean(),
  gap: fc.double({ min: -5, max: 5, noNaN: true }).map((gap) => gap + 0),
  since: time,
  memory: fc.dictionary(
    fc.stringMatching(/^[a-zA-Z]{1,12}$/),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    { maxKeys: 8 },
  ),
})

const stats: fc.Arbitrary<PostStats> = fc
  .record({
    postId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    counts: histogram,
    activity: fc.nat(),
    shown: fc.oneof(histogram, fc.constant<Histogram>([0, 0, 0, 0, 0, 0])),
    asOf: time,
    shownActivity: fc.nat(),
    guard: fc.option(guard),
    windowEnd: fc.option(time),
    stepAt: fc.option(time),
    deleted: fc.boolean(),
  })
  .map(({ shown, asOf, shownActivity, guard, ...rest }) => ({
    ...rest,
    displayed: { counts: shown, average: averageOf(shown), asOf, activity: shownActivity, guard },
  }))

function messageOf(state: PostStats, kind: RatingChange['kind'] = 'rating'): RatingChange {
  return { schema: messageSchema, kind, source: 's', eventId: 'e', ...encodeStats(state) }
}

const sample: PostStats = {
  postId: 12,
  version: 34,
  counts: [1, 0, 2, 0, 0, 3],
  activity: 7,
  displayed: { counts: [1, 0, 1, 0, 0, 3], average: 3.4, asOf: 1_750_000_000_000, activity: 6, guard: null },
  windowEnd: 1_750_000_300_000,
  stepAt: 1_750_000_300_000,
  deleted: false,
}

test('every state survives its message, whatever kind of change it came with', (t) => {
  fc.assert(
    fc.property(stats, fc.constantFrom('rating' as const, 'display' as const), (state, kind) => {
      const text = JSON.stringify(messageOf(state, kind))
      t.deepEqual(readMessage(text), { kind: 'state', source: 's', stats: state })
      t.deepEqual(readMessage(new TextEncoder().encode(text)), { kind: 'state', source: 's', stats: state })
    }),
  )
})

test('a deletion is a tombstone', (t) => {
  const read = readMessage(JSON.stringify(messageOf(sample, 'deleted')))
  t.true(read.kind === 'state' && read.stats.deleted)
})

test('random bytes and random JSON never throw and are never a state', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => readMessage(bytes).kind === 'unreadable'))
  fc.assert(fc.property(fc.json(), (json) => readMessage(json).kind === 'unreadable'))
  fc.assert(
    fc.property(fc.anything(), (value) => {
      decodeDisplayed(value)
    }),
  )
  t.pass()
})

test('a message with one part replaced by anything is read or refused, never thrown over, and never half read', (t) => {
  const message = messageOf(sample)
  const paths = [...Object.keys(message), ...Object.keys(message.displayed).map((key) => `displayed.${key}`)]
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
      const changed = structuredClone(message) as unknown as Record<string, unknown>
      const [first, second] = path.split('.') as [string, string?]
      if (second === undefined) changed[first] = value
      else (changed[first] as Record<string, unknown>)[second] = value
      const read = readMessage(JSON.stringify(changed))
      if (read.kind === 'state') t.notThrows(() => encodeStats(read.stats))
    }),
    { numRuns: 2000 },
  )
})

test('what cannot be is unreadable', (t) => {
  const good = messageOf(sample)
  const bad: Record<string, unknown> = {
    'no value': null,
    'a list': [],
    'no schema': { ...good, schema: undefined },
    'schema 0': { ...good, schema: 0 },
    'schema as text': { ...good, schema: '2' },
    'an unknown kind': { ...good, kind: 'other' },
    'no source': { ...good, source: 5 },
    'version 0': { ...good, version: 0 },
    'a version above 2^53': { ...good, version: 9e18 },
    'a version as text': { ...good, version: '5' },
    'a negative count': { ...good, counts: [-1, 0, 0, 0, 0, 0] },
    'seven scores': { ...good, counts: [0, 0, 0, 0, 0, 0, 0] },
    'counts that add up above 2^53': { ...good, counts: Array(6).fill(Number.MAX_SAFE_INTEGER) },
    'a count that is not the histogram': { ...good, displayed: { ...good.displayed, count: 1 } },
    'a sum that is not the histogram': { ...good, displayed: { ...good.displayed, sum: 1 } },
    'an average above 5': { ...good, displayed: { ...good.displayed, average: 5.1 } },
    'no average': { ...good, displayed: { ...good.displayed, average: null } },
    'a time without milliseconds': { ...good, displayed: { ...good.displayed, asOf: '2025-01-01T00:00:00Z' } },
    'a time that is none': { ...good, displayed: { ...good.displayed, asOf: '2025-02-30T00:00:00.000Z' } },
    'a guard of another shape': { ...good, displayed: { ...good.displayed, guard: { armed: 1 } } },
    'deleted as text': { ...good, deleted: 'true' },
    'too long': { ...good, userId: 'x'.repeat(70_000) },
  }
  for (const [name, message] of Object.entries(bad)) t.is(readMessage(JSON.stringify(message)).kind, 'unreadable', name)
  t.is(readMessage(null).kind, 'unreadable')
})

test('a schema from the future is told from an unreadable one', (t) => {
  t.deepEqual(readMessage('{"schema":2}'), { kind: 'future', schema: 2 })
  t.is(readMessage('{"schema":1e300}').kind, 'unreadable')
})
