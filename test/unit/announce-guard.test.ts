import test from 'ava'
import { DirectEventBus } from '../../packages/post-rate/src/adapters/memory/direct-event-bus.ts'
import type { GuardState, UnusualActivity } from '../../packages/post-rate/src/domain/display-policy.ts'
import { foldEvent, type PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { encodeStats, messageSchema, type RatingChange } from '../../packages/post-rate/src/domain/rating-change.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import { AnnounceGuard } from '../../packages/post-rate/src/services/announce-guard.ts'
import { CounterSet } from '../../packages/post-rate/src/services/counters.ts'
import { contextOf, created, foldInto, noon, Ratings, stepTo, windowMs } from './rating-events.ts'

test('armed and released are told once each, in order, after the bus has them', async (t) => {
  const told: UnusualActivity[] = []
  const { bus, published, counters } = announcing((activity) => {
    t.true(published.length > 0)
    told.push(activity)
  })
  const states = raid()
  await bus.publish(states.map((stats) => messageOf(stats)))
  t.deepEqual(
    told.map(({ state }) => state),
    ['armed', 'released'],
  )
  t.like(told[0], { postId: 1 })
  t.true((told[0]?.gap ?? 0) > 1)
  t.is(told[1]?.gap, 0)
  t.true((told[0]?.at ?? '') < (told[1]?.at ?? ''))
  await bus.publish(states.slice(-1).map((stats) => messageOf(stats)))
  t.is(told.length, 2)
  t.like(counters, { armed: 1, released: 1 })
})

test('ratings and repeated states tell nothing', async (t) => {
  const told: UnusualActivity[] = []
  const { bus } = announcing((activity) => told.push(activity))
  const armed = raid().find(({ displayed }) => displayed.guard?.armed) as PostStats
  await bus.publish([messageOf(armed, 'rating')])
  t.deepEqual(told, [])
  const calm = {
    ...armed,
    displayed: { ...armed.displayed, guard: { ...(armed.displayed.guard as GuardState), since: 5 } },
  }
  await bus.publish([messageOf(calm)])
  t.deepEqual(told, [])
})

test('what the bus refuses is not told; a hook that fails is logged, and the rest goes on', async (t) => {
  const errors: string[] = []
  const told: string[] = []
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) }
  const hook = ({ state }: UnusualActivity) => {
    told.push(state)
    throw new Error('the host’s own')
  }
  const failing = new DirectEventBus()
  failing.publish = () => Promise.reject(new Error('away'))
  const states = raid().map((stats) => messageOf(stats))
  await t.throwsAsync(new AnnounceGuard(failing, new CounterSet(), logger, hook).publish(states), { message: 'away' })
  t.deepEqual(told, [])
  await announcing(hook, logger).bus.publish(states)
  await new Promise(setImmediate)
  t.deepEqual(told, ['armed', 'released'])
  t.is(errors.length, 2)
})

function announcing(hook: (activity: UnusualActivity) => unknown, logger = silentLogger) {
  const published: RatingChange[] = []
  const inner = new DirectEventBus()
  inner.publish = async (changes) => {
    published.push(...changes)
  }
  const counters = new CounterSet()
  return { bus: new AnnounceGuard(inner, counters, logger, hook), published, counters }
}

/** Until the margin of a tenth of a star a day has reached the true average: 52 days. */
const raidWindows = 15_000

/** Every display change of a raid from its beginning to its end. */
function raid(): PostStats[] {
  const ratings = new Ratings()
  const people = (name: string, n: number, score: number, at: number) =>
    Array.from({ length: n }, (_, i) => ratings.change(`${name}${i}`, score, at)).flatMap((event) => event ?? [])
  const events = [...people('fan', 30, 5, noon), ...people('raider', 60, 0, noon + windowMs + 1)]
  const context = contextOf()
  const before = foldInto(created(), events, context).at(-1)?.stats as PostStats
  const later = { kind: 'created', postId: 1, at: noon + raidWindows * windowMs } as const
  return foldEvent(before, later, context)
    .filter(({ kind }) => kind === 'display')
    .map(({ stats }) => stats)
    .concat(stepTo(before, noon + raidWindows * windowMs))
}

function messageOf(stats: PostStats, kind: RatingChange['kind'] = 'display'): RatingChange {
  return { schema: messageSchema, kind, source: 's', eventId: 'e', ...encodeStats(stats) }
}
