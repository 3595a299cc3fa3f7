import test from 'ava'
import { Random } from '../helpers/random.ts'
import { keyOf, Ledger } from './ledger.ts'
import { Promises, type SeenPost } from './promises.ts'

function sent(ledger: Ledger, value: number | null, outcome: 'accepted' | 'unknown' | 'refused'): void {
  ledger.takePair(1, 'ada')
  ledger.settle(1, 'ada', value, outcome)
}

function compared(ledger: Ledger, stored: number | null): number {
  return ledger.compare(new Map(stored === null ? [] : [[keyOf(1, 'ada'), stored]])).length
}

test('the ledger wants the last acknowledged rating, and takes an unknown one for either', (t) => {
  const ledger = new Ledger()
  sent(ledger, 4, 'accepted')
  t.deepEqual(
    [4, 3, null].map((stored) => compared(ledger, stored)),
    [0, 1, 1],
  )
  sent(ledger, 3, 'unknown')
  t.deepEqual(
    [4, 3, null].map((stored) => compared(ledger, stored)),
    [0, 0, 1],
  )
  // What was given up must not come after what was acknowledged later.
  sent(ledger, null, 'accepted')
  t.deepEqual(
    [4, 3, null].map((stored) => compared(ledger, stored)),
    [1, 1, 0],
  )
  sent(ledger, 2, 'refused')
  t.is(compared(ledger, 2), 1)
  t.is(new Ledger().compare(new Map([[keyOf(1, 'nobody'), 5]])).length, 1)
})

test('the ledger knows what a reader must see as the own score, and when it cannot know', (t) => {
  const ledger = new Ledger()
  t.is(ledger.certain(1, 'ada', Date.now()), null)
  sent(ledger, 4, 'accepted')
  t.is(ledger.certain(1, 'ada', Date.now() + 1), 4)
  t.is(ledger.certain(1, 'ada', 0), undefined)
  t.true(ledger.takePair(1, 'ada'))
  t.false(ledger.takePair(1, 'ada'))
  t.is(ledger.certain(1, 'ada', Date.now() + 1), undefined)
})

test('a database that went back costs what it no longer has, and invents nothing', (t) => {
  const ledger = new Ledger()
  sent(ledger, 4, 'accepted')
  sent(ledger, 5, 'accepted')
  t.deepEqual(ledger.rebase(new Map([[keyOf(1, 'ada'), 4]])), { lost: 1, invented: [] })
  t.is(compared(ledger, 4), 0)
  t.is(ledger.rebase(new Map([[keyOf(1, 'ada'), 1]])).invented.length, 1)
})

function seen(count: number, asOf: number, nextUpdateAt: number): SeenPost {
  const at = (time: number) => new Date(time).toISOString()
  const stats = { count, average: 1, histogram: [0, count, 0, 0, 0, 0], asOf: at(asOf), nextUpdateAt: at(nextUpdateAt) }
  return { id: 1, stats, myScore: null }
}

test('what is displayed may not change before its promise is over, nor go back', (t) => {
  const promises = new Promises()
  promises.observe(seen(1, 0, 10_000), 1_000, 1_100, 'a')
  promises.observe(seen(1, 0, 10_000), 2_000, 2_100, 'b')
  t.deepEqual([promises.broken.length, promises.checked], [0, 1])
  promises.observe(seen(2, 0, 10_000), 3_000, 3_100, 'b')
  t.is(promises.broken.length, 2)
  promises.broken.length = 0
  promises.observe(seen(2, 10_000, 20_000), 10_500, 10_600, 'a')
  t.is(promises.broken.length, 0)
  promises.observe(seen(1, 0, 10_000), 10_700, 10_800, 'b')
  t.true(promises.broken.some((text) => text.includes('asOf went back')))
})

test('answers that cross each other on the way prove nothing', (t) => {
  const promises = new Promises()
  promises.observe(seen(1, 10_000, 20_000), 10_100, 10_500, 'a')
  promises.observe(seen(2, 0, 10_000), 9_900, 10_600, 'b')
  t.is(promises.broken.length, 0)
})

test('a seed gives the same choices again', (t) => {
  const choices = (seed: number) => {
    const random = new Random(seed)
    return Array.from({ length: 20 }, () => random.below(1_000))
  }
  t.deepEqual(choices(7), choices(7))
  t.notDeepEqual(choices(7), choices(8))
})
