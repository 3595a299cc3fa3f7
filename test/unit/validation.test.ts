import test from 'ava'
import { checkPostDraft } from '../../packages/post-rate/src/domain/post.ts'
import { checkRating, isScore } from '../../packages/post-rate/src/domain/rating.ts'
import type { PostRateError } from '../../packages/post-rate/src/errors.ts'

test('a score is an integer from 0 to 5', (t) => {
  for (const score of [0, 1, 2, 3, 4, 5, JSON.parse('5.0')]) t.true(isScore(score))
  for (const score of [-1, 6, 4.5, '5', true, null, undefined, Number.NaN, [5], 5n]) t.false(isScore(score))
})

test('a rating keeps what it is made of and drops the rest', (t) => {
  const input = { postId: 1, userId: 'u', score: 5, admin: true }
  t.deepEqual(checkRating(input), { postId: 1, userId: 'u', score: 5 })
  t.true(Object.is(checkRating({ postId: 1, userId: 'u', score: -0 }).score, 0))
})

test('every bad field of a rating is named', (t) => {
  const error = t.throws<PostRateError>(() => checkRating({ postId: '1', userId: '', score: 7 }), {
    code: 'INVALID_INPUT',
  })
  t.deepEqual(
    error?.problems.map(({ field }) => field),
    ['postId', 'userId', 'score'],
  )
  const one = t.throws<PostRateError>(() => checkRating({ postId: 1, userId: 'u', score: undefined }))
  t.deepEqual(
    one?.problems.map(({ field }) => field),
    ['score'],
  )
})

test('a post’s text has its limits in characters, not in code units', (t) => {
  const draft = { title: '𝒳'.repeat(300), content: '𝒳'.repeat(65_536), createdBy: 'ann' }
  t.deepEqual(checkPostDraft(draft), draft)
  const long = t.throws<PostRateError>(() => checkPostDraft({ ...draft, title: `${draft.title}x`, content: '' }))
  t.deepEqual(
    long?.problems.map(({ field }) => field),
    ['title', 'content'],
  )
  for (const title of ['', 'a\0b', '\ud800', 7, undefined]) t.throws(() => checkPostDraft({ ...draft, title }))
  t.throws(() => checkPostDraft({ ...draft, createdBy: '' }), { message: /^createdBy/ })
})
