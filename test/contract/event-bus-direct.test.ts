import test from 'ava'
import { DirectEventBus } from '../../packages/post-rate/src/adapters/memory/direct-event-bus.ts'
import { Recorder, testEventBus } from './event-bus.ts'
import { changeOf, stateOf } from './states.ts'

testEventBus('direct', test as never, { create: () => new DirectEventBus() })

test('direct: publish waits for the subscribers and hands on their failure', async (t) => {
  const bus = new DirectEventBus()
  const recorder = new Recorder()
  await bus.subscribe(recorder)
  await bus.publish([changeOf(stateOf(1, 1))])
  t.is(recorder.batches.length, 1)
  recorder.before = () => Promise.reject(new Error('no'))
  await t.throwsAsync(bus.publish([changeOf(stateOf(1, 2))]), { message: 'no' })
})

test('direct: a drain ends at once, since nothing is kept', async (t) => {
  const subscription = await new DirectEventBus().subscribe(new Recorder(), { once: true })
  await t.notThrowsAsync(subscription.finished)
  await subscription.stop()
})
