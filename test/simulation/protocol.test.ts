import test from 'ava'
import { faultKinds } from './network.ts'
import { simulate } from './simulate.ts'

const schedules = 10_000

test('no schedule of requests, faults and losses breaks a promise', async (t) => {
  t.timeout(600_000)
  const seed = Math.floor(Math.random() * 2 ** 31)
  const { failure, tally, seconds } = await simulate({ schedules, seed })
  t.log(`seed ${seed}: ${schedules} schedules, ${seconds.toFixed(1)} s of CPU`)
  if (failure) {
    const again = `npm run simulate:protocol -- --seed ${seed} --path ${failure.path}`
    return t.fail(`${failure.violation}\n${failure.schedule}\nagain: ${again}`)
  }
  // A run in which nothing happened proves nothing.
  const never = whatMustHappen.filter((what) => tally.of(what) === 0)
  t.deepEqual(never, [], 'never happened')
})

const oftenCalled = [
  ...['ratingStore.rate', 'postStore.visible', 'recordReader.read', 'settingsStore.load', 'leaseStore.acquire'],
  ...['outbox.fold', 'outbox.unpublished', 'outbox.acknowledge'],
  ...['stateStore.range', 'stateStore.changedWithin', 'stateStore.moved'],
  ...['statsStore.read', 'statsStore.apply', 'statsStore.mark'],
  ...['kafka.send', 'kafka.fetch', 'kafka.join', 'kafka.metadata', 'kafka.offsets'],
]

const whatMustHappen = [
  ...oftenCalled.flatMap((call) => faultKinds.map((kind) => `${kind}: ${call}`)),
  ...['written', 'same', 'stale', 'conflict', 'unknown'].map((outcome) => `gate: ${outcome}`),
  ...['delete topic', 'grow', 'lose newest', 'lose oldest', 'repeat', 'rewind'].map((what) => `kafka: ${what}`),
  ...['unknown post', 'impossible version', 'wrong figures', 'garbage', 'foreign', 'future'].map(
    (what) => `forged: ${what}`,
  ),
  ...['flush', 'lose', 'regress', 'differ', 'ahead', 'corrupt', 'stranger'].map((what) => `store: ${what}`),
  ...['restored on another server', 'restored on the same server', 'triggers bypassed', 'posts rebuilt'],
  ...['write unknown', 'write refused', 'published again', 'promise kept', 'process stopped'],
  ...['member evicted', 'zombie commit refused', 'offset out of range', 'floor raised'],
  // Writes that meet theirs are too rare to be sure of: 13 in 100,000 schedules.
  'deadline: statsStore.read',
]
