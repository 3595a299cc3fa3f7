import test from 'ava'
import { toAggregateRating } from '../../packages/post-rate/src/domain/aggregate-rating.ts'

test('search engines are told what readers are shown, on a scale from 0 to 5', (t) => {
  t.deepEqual(toAggregateRating({ count: 3, average: 3.6667 }), {
    '@type': 'AggregateRating',
    ratingValue: 3.6667,
    ratingCount: 3,
    bestRating: 5,
    worstRating: 0,
  })
  t.is(toAggregateRating({ count: 2, average: 0 })?.ratingValue, 0)
})

test('nothing is told of a post without ratings, or without an average that readers see', (t) => {
  t.is(toAggregateRating({ count: 0, average: null }), null)
  t.is(toAggregateRating({ count: 2, average: null }), null)
})
