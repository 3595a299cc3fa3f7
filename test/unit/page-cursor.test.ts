import test from 'ava'
import fc from 'fast-check'
import { decodeCursor, encodeCursor, type PageKey } from '../../packages/post-rate/src/domain/page-cursor.ts'

const posts = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const keys: fc.Arbitrary<PageKey> = fc.oneof(
  posts.map((postId) => ({ sort: 'newest' as const, postId })),
  fc.record({
    sort: fc.constant('top' as const),
    rank: fc.bigInt({ min: 0n, max: 5n * 10n ** 12n }).map((n) =>
      n
        .toString()
        .padStart(13, '0')
        .replace(/(.{12})$/, '.$1'),
    ),
    count: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    postId: posts,
  }),
)

test('a cursor gives back the key that it was made of, and fits into a URL', (t) => {
  fc.assert(
    fc.property(keys, (key) => {
      const cursor = encodeCursor(key)
      t.deepEqual(decodeCursor(cursor, key.sort), key)
      return /^[A-Za-z0-9_-]{1,100}$/.test(cursor)
    }),
  )
})

test('a cursor of another sort is none', (t) => {
  fc.assert(fc.property(keys, (key) => decodeCursor(encodeCursor(key), key.sort === 'top' ? 'newest' : 'top') === null))
  t.pass()
})

test('a cursor that was cut or changed is none, or the key of its own text', (t) => {
  fc.assert(
    fc.property(keys, fc.nat(200), fc.string({ maxLength: 3 }), (key, at, text) => {
      const cursor = encodeCursor(key)
      const changed = cursor.slice(0, at % cursor.length) + text
      const read = decodeCursor(changed, key.sort)
      return read === null || encodeCursor(read) === changed
    }),
  )
  t.pass()
})

test('text that is no cursor is none', (t) => {
  const forged = (text: string) => Buffer.from(text).toString('base64url')
  for (const cursor of [
    '',
    'x',
    '!!!',
    'n|1',
    forged('n|0'),
    forged('n|01'),
    forged('n|-1'),
    forged('n|9007199254740992'),
    forged('n|1 '),
    forged('n|1\n'),
    `${forged('n|1')}=`,
    'A'.repeat(10_000),
    forged('n|1|2'),
  ])
    t.is(decodeCursor(cursor, 'newest'), null, cursor.slice(0, 20))
  for (const text of [
    't|6.000000000000|1|1',
    't|2.5|1|1',
    't|2.500000000000|01|1',
    't|2.500000000000|1|0',
    't|2.500000000000|9007199254740993|1',
    't|2.500000000000|1',
  ])
    t.is(decodeCursor(forged(text), 'top'), null, text)
  t.is(decodeCursor(forged('n|1'), 'newest'), null, 'without its check sum')
})
