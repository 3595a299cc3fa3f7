import type { ExecutionContext } from 'ava'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { EventBus, StatsHandler } from '../../packages/post-rate/src/ports/event-bus.ts'
import { eventually } from '../helpers/eventually.ts'
import type { Declare } from '../helpers/requires.ts'
import { changeOf, damped, stateOf, tombstoneOf } from './states.ts'

export interface EventBusSubject {
  /** A bus that nobody else uses, whose own source is `source-1`; closed after the test. */
  create(t: ExecutionContext<unknown>): EventBus
}

/** Remembers every batch it got, and the newest state of each post. */
export class Recorder implements StatsHandler {
  readonly batches: PostStats[][] = []
  readonly newest = new Map<number, PostStats>()
  /** Called before a batch is noted; a rejection is a failed batch. */
  before: (states: PostStats[]) => Promise<void> | void = () => {}

  async apply(states: PostStats[], heartbeat: () => Promise<void>): Promise<void> {
    await this.before(states)
    await heartbeat()
    this.batches.push(states)
    for (const stats of states)
      if ((this.newest.get(stats.postId)?.version ?? -1) < stats.version) this.newest.set(stats.postId, stats)
  }
}

/** What every EventBus does. */
export function testEventBus(name: string, test: Declare, { create }: EventBusSubject): void {
  test.serial(`${name}: a subscriber gets what is published, every field of it`, async (t) => {
    const bus = create(t)
    const recorder = new Recorder()
    const subscription = await bus.subscribe(recorder)
    const states = [stateOf(1, 3), damped(2, 4), tombstoneOf(3, 5), stateOf(Number.MAX_SAFE_INTEGER, 6)]
    await bus.publish(states.map((stats) => changeOf(stats)))
    await eventually(() => recorder.newest.size === 4)
    t.deepEqual(
      states.map((stats) => recorder.newest.get(stats.postId)),
      states,
    )
    t.true(subscription.healthy())
    await subscription.stop()
    await subscription.stop()
    await t.notThrowsAsync(subscription.finished)
    t.false(subscription.healthy())
  })

  test.serial(`${name}: of several states of a post the newest arrives, and none after a newer one`, async (t) => {
    const bus = create(t)
    const recorder = new Recorder()
    await bus.subscribe(recorder)
    for (let round = 0; round < 5; round++) {
      const versions = Array.from({ length: 100 }, (_, i) => round * 100 + i + 1)
      await bus.publish(versions.flatMap((version) => [1, 2, 3].map((id) => changeOf(stateOf(id, version)))))
    }
    await eventually(() => [1, 2, 3].every((id) => recorder.newest.get(id)?.version === 500))
    for (const id of [1, 2, 3]) {
      const versions = recorder.batches.flat().flatMap((stats) => (stats.postId === id ? [stats.version] : []))
      t.deepEqual(
        versions,
        [...versions].sort((a, b) => a - b),
      )
    }
  })

  test.serial(`${name}: without a subscriber it takes what is published; nothing in, nothing out`, async (t) => {
    const bus = create(t)
    await t.notThrowsAsync(bus.publish([changeOf(stateOf(1, 1))]))
    await t.notThrowsAsync(bus.publish([]))
    t.true(Array.isArray(await bus.lag()))
    await bus.close()
    await bus.close()
  })

  test.serial(`${name}: what is in hand is finished before stop() resolves`, async (t) => {
    const bus = create(t)
    const recorder = new Recorder()
    let began = false
    recorder.before = async () => {
      began = true
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    const subscription = await bus.subscribe(recorder)
    const published = bus.publish([changeOf(stateOf(1, 1))])
    await eventually(() => began)
    await subscription.stop()
    t.is(recorder.batches.length, 1)
    await published
  })
}
