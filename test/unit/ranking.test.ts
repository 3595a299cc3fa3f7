import test from 'ava'
import fc from 'fast-check'
import { averageOf, type Histogram } from '../../packages/post-rate/src/domain/histogram.ts'
import { rankOf } from '../../packages/post-rate/src/domain/ranking.ts'

const prior = { weight: 10, mean: 2.5 }
const histograms = fc
  .array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 6, maxLength: 6 })
  .map((counts) => counts as unknown as Histogram)

test('a post without ratings ranks at the prior’s mean', (t) => {
  t.is(rank([0, 0, 0, 0, 0, 0]), '2.500000000000')
  t.is(rank([0, 0, 0, 0, 0, 0], { weight: 0.0001, mean: 4.9999 }), '4.999900000000')
})

test('ranks that were computed by hand', (t) => {
  t.is(rank([0, 0, 0, 0, 0, 1]), '2.727272727273')
  t.is(rank([1, 0, 0, 0, 0, 0]), '2.272727272727')
  t.is(rank([0, 0, 0, 0, 0, 1_000_000]), '4.999975000250')
  // 1/3 is shown as 0.3333, and ranked as it is shown.
  t.is(rank([2, 1, 0, 0, 0, 0]), '1.999992307692')
})

test('a rank is the exact rational number, rounded at the 12th place', (t) => {
  fc.assert(
    fc.property(
      histograms,
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.integer({ min: 0, max: 50_000 }),
      (counts, weight, mean) => {
        const text = rank(counts, { weight: weight / 10_000, mean: mean / 10_000 })
        const count = BigInt(counts.reduce((sum, n) => sum + n, 0))
        const average = BigInt(Math.round((averageOf(counts) ?? 0) * 10_000))
        const [numerator, denominator] = [
          BigInt(weight) * BigInt(mean) + average * count * 10_000n,
          BigInt(weight) + count * 10_000n,
        ]
        // |text − numerator / (denominator · 10^4)| ≤ half a unit of the 12th place, without a division.
        const error = 2n * (BigInt(text.replace('.', '')) * denominator - numerator * 10n ** 8n)
        return /^[0-5]\.\d{12}$/.test(text) && error <= denominator && error > -denominator - 1n
      },
    ),
  )
  t.pass()
})

test('one more rating above the mean raises the rank, one below lowers it, and text orders as numbers do', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 6, maxLength: 6 }), (list) => {
      const counts = list as unknown as Histogram
      const more = [...counts] as number[]
      more[5] = (more[5] as number) + 1
      const less = [...counts] as number[]
      less[0] = (less[0] as number) + 1
      return rank(more as unknown as Histogram) >= rank(counts) && rank(less as unknown as Histogram) <= rank(counts)
    }),
  )
  t.pass()
})

test('the mean that is shown counts, not the one that is true', (t) => {
  const displayed = { counts: [0, 0, 0, 0, 0, 10] as const, average: 3, asOf: 0, activity: 0, guard: null }
  t.is(rankOf(displayed, prior), '2.750000000000')
})

function rank(counts: Histogram, by = prior): string {
  return rankOf({ counts, average: averageOf(counts), asOf: 0, activity: 0, guard: null }, by)
}
