import test from 'ava'
import fc from 'fast-check'
import { checkPostId, checkUserId, isPostId, parsePostId } from '../../packages/post-rate/src/domain/ids.ts'

test('a post id is a positive integer below 2^53', (t) => {
  for (const id of [1, 2 ** 31, 2 ** 53 - 1]) t.is(checkPostId(id), id)
  for (const id of [0, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, 1n, {}, [1]]) {
    t.false(isPostId(id))
    t.throws(() => checkPostId(id, 'id'), { code: 'INVALID_INPUT', message: /^id: / })
  }
})

test('every post id survives as text, and no other text is one', (t) => {
  fc.assert(fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => parsePostId(String(id)) === id))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+ 0-9.e]{0,20}$/)), (text) => {
      const id = parsePostId(text)
      return id === null || String(id) === text
    }),
  )
  for (const text of [
    '',
    '0',
    '01',
    '+1',
    '-1',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '１',
    '9007199254740992',
    '99999999999999999999',
  ])
    t.is(parsePostId(text), null, text)
})

test('a user id is any text of 1 to 255 characters without control characters', (t) => {
  for (const id of ['a', ':', '{}', '*', '👩‍🚀', '𝒳'.repeat(255), ' ', 'null', '0']) t.is(checkUserId(id), id)
  for (const id of [
    '',
    'a\0',
    'a\n',
    '\x7f',
    '\x85',
    '\ud800',
    'a\udc00b',
    'x'.repeat(256),
    '𝒳'.repeat(256),
    1,
    null,
    undefined,
    ['a'],
  ])
    t.throws(() => checkUserId(id), { code: 'INVALID_INPUT' }, JSON.stringify(id))
})

test('what passes as a user id comes back from UTF-8 as it was', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (text) => {
      try {
        checkUserId(text)
      } catch {
        return true
      }
      return Buffer.from(text).toString() === text && !text.includes('\0') && [...text].length <= 255
    }),
  )
  t.pass()
})
