import test from 'ava'
import fc from 'fast-check'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { settingsAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { averageOf, type Histogram } from '../../packages/post-rate/src/domain/histogram.ts'
import { foldEvent, type PostStats, type RatingEvent } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import { readDisplayOptions } from '../../packages/post-rate/src/domain/settings.ts'
import { showStats } from '../../packages/post-rate/src/domain/shown-stats.ts'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { addPosts, foldAll } from '../contract/record.ts'
import { contextOf, created, foldInto, noon, Ratings, settingsOf, stepTo, windowMs } from './rating-events.ts'

const context = contextOf({ settings: settingsOf({ display: 'guard' }) })

/** Bursts of strangers: how many, what they think, how long after the burst before, and how long the relay sleeps then. */
const crowds = fc.array(
  fc.record({
    people: fc.integer({ min: 1, max: 40 }),
    score: fc.integer({ min: 0, max: 5 }),
    pause: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 3 * windowMs })),
  }),
  { minLength: 1, maxLength: 12 },
)

test('a relay that was down writes what it would have written, state by state', (t) => {
  const length = fc.constantFrom(4, 60, 300)
  check(
    fc.property(crowds, length, fc.integer({ min: 0, max: 90 }), (list, windowSeconds, rest) => {
      const context = contextOf({ settings: settingsOf({ display: 'guard', windowSeconds }) })
      const events = eventsOf(list, new Ratings(), windowSeconds / 300)
      const end = (events.at(-1)?.at ?? noon) + rest * windowSeconds * 1_000
      let present = created()
      const there: PostStats[] = []
      for (const [time, event] of [...events.map((event) => [event.at, event] as const), [end, null] as const]) {
        while (present.stepAt !== null && present.stepAt < time) note(stepTo(present, present.stepAt, context))
        if (event) for (const { stats } of foldEvent(present, event, context)) note(stats)
      }
      const late = foldInto(created(), events, context).map(({ stats }) => stats)
      const last = stepTo(late.at(-1) as PostStats, end, context)
      t.deepEqual(last, stepTo(present, end, context))
      // Whatever one has shown, the other has shown at the same moment.
      t.deepEqual(shownBy(late), shownBy(there).slice(0, shownBy(late).length))

      function note(stats: PostStats): void {
        present = stats
        there.push(stats)
      }
    }),
  )
  t.pass()
})

test('a very long absence ends in the same state, with no more than a hundred and one steps', (t) => {
  const flood = armedPost(5, 60)
  const end = noon + 60 * 24 * 3_600_000
  const [slow, fast] = [1, 7].map((hours) => {
    let state = flood
    for (let time = noon; time <= end; time += hours * 3_600_000) state = stepTo(state, time, context)
    return stepTo(state, end, context)
  }) as [PostStats, PostStats]
  const leap = stepWindowsOf(flood, end)
  t.true(leap.steps <= 101, String(leap.steps))
  for (const state of [fast, leap.state]) t.deepEqual({ ...state, version: 0 }, { ...slow, version: 0 })
  t.is(slow.displayed.average, averageOf(slow.counts))
  t.is(slow.stepAt, null)
})

test('the order of the ratings within a window makes no difference', (t) => {
  check(
    fc.property(crowds, fc.nat(), (list, seed) => {
      const before = armedPost(4, 20)
      const at = noon + 2 * windowMs + 1_000
      const events = list.flatMap(({ people, score }, n) =>
        Array.from({ length: people }, (_, i) => strangerAt(`${n}-${i}`, score, at)),
      )
      const shuffled = events
        .map((event, n) => ({ event, key: (n * 7_919 + seed) % 104_729 }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event)
      const [one, other] = [events, shuffled].map((some) => {
        const state = foldInto(before, some, context).at(-1)?.stats as PostStats
        return stepTo(state, at + 2 * windowMs, context)
      })
      t.deepEqual(one, other)
    }),
  )
  t.pass()
})

test('a rating that is repeated arrives once in five minutes, however short the windows', (t) => {
  const short = contextOf({ settings: settingsOf({ display: 'guard', windowSeconds: 4 }) })
  const ratings = new Ratings()
  const flips = Array.from({ length: 60 }, (_, n) => ratings.change('a', n % 2 === 0 ? 0 : 5, noon + n * 4_500))
  const last = foldInto(
    created(),
    flips.flatMap((event) => event ?? []),
    short,
  ).at(-1)?.stats
  t.true((last?.activity ?? 0) <= 2, String(last?.activity))
})

test('a duplicate is a no-op: the same score again changes neither state nor version', async (t) => {
  const given = fc.record({
    user: fc.nat(30),
    score: fc.integer({ min: 0, max: 5 }),
    pause: fc.nat(windowMs / 4),
    again: fc.nat(3),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 60 }), async (list) => {
      const folded = async (repeated: boolean) => {
        const clock = { time: noon }
        const record = new MemoryRecord({
          clock: { now: () => clock.time },
          settings: settingsOf({ display: 'guard' }),
        })
        const ports = memoryPorts(record)
        await addPosts(ports, 1)
        for (const { user, score, pause, again } of list) {
          clock.time += pause
          const rating = { postId: 1, userId: `user ${user}`, score: score as Score }
          for (let n = 0; n <= (repeated ? again : 0); n++) {
            const [receipt] = await ports.ratingStore.rate([rating])
            if (n > 0) t.like(receipt, { changed: false })
          }
          await foldAll(ports)
        }
        return record.stateOf(1)
      }
      t.deepEqual(await folded(true), await folded(false))
    }),
    { numRuns: 60 },
  )
})

test('a release shows at the promised moment, not before, and means nothing to a post that is not guarded', (t) => {
  const state = armedPost(5, 60)
  const release = { kind: 'released', postId: 1, at: noon + 2 * windowMs } as const
  const before = stepTo(state, release.at, context)
  const [change] = foldEvent(before, release, context)
  const released = change?.stats as PostStats
  const time = { now: release.at, watermark: release.at }
  t.deepEqual(showStats(released, context.settings, time), showStats(before, context.settings, time))
  t.is(released.version, before.version + 1)
  const after = stepTo(released, released.stepAt as number, context)
  t.is(after.displayed.average, averageOf(after.counts))
  t.is(showStats(after, context.settings, time).guard, null)
  t.is(after.stepAt, null)

  const [calm] = foldEvent(after, { ...release, at: after.displayed.asOf + 1 }, context)
  t.deepEqual({ ...calm?.stats, version: 0 }, { ...after, version: 0 })
})

test('nothing that readers see changes before the promised moment: crowds, releases, other settings', (t) => {
  const step = fc.record({
    pause: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 3 * windowMs })),
    people: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
    score: fc.integer({ min: 0, max: 5 }),
    release: fc.boolean(),
    change: fc.option(
      fc.record({
        display: fc.constantFrom('guard' as const, 'guard' as const, 'freeze' as const, 'live' as const),
        windowSeconds: fc.constantFrom(4, 60, 300),
        starPerDay: fc.constantFrom(0.1, 50),
        minCount: fc.constantFrom(0, 5, 30),
      }),
      { freq: 6 },
    ),
  })
  let held = 0
  check(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      let stats = foldInto(
        created(),
        Array.from({ length: 12 }, (_, i) => strangerAt(`fan ${i}`, 5, noon)),
        context,
      ).at(-1)?.stats as PostStats
      let settings = settingsOf({ display: 'guard' })
      let now = noon
      let watermark = noon
      const promises: { until: number; shown: string }[] = []
      for (const [n, { pause, people, score, release, change }] of steps.entries()) {
        now += pause + 1
        if (change) {
          const { relayShards, ...old } = settings
          const previous = old.previous !== null && now < old.effectiveAt ? old.previous : old
          settings = { ...settings, ...change, effectiveAt: now + 10_000, previous }
        }
        const crowd = Array.from({ length: people }, (_, i) => strangerAt(`${n} ${i}`, score, now))
        const events = release ? [...crowd, { kind: 'released', postId: 1, at: now } as const] : crowd
        const folded = foldBatch({
          states: [stats],
          events: events.map((event, id) => ({ id: String(id), event })),
          context: contextOf({ settings, watermark }),
          now,
        })
        stats = folded.at(-1)?.change.stats ?? stats
        watermark = now
        const told = showStats(stats, settingsAt(settings, 1, now), { now, watermark })
        if (told.guard !== null) held++
        const { nextUpdateAt, ...figures } = told
        const shown = JSON.stringify(figures)
        for (const promise of promises)
          if (promise.until > now) t.is(shown, promise.shown, `promised until ${promise.until}, now ${now}`)
        if (nextUpdateAt !== null) promises.push({ until: Date.parse(nextUpdateAt), shown })
      }
    }),
  )
  t.true(held > 10, String(held))
})

test('off is freeze, bit for bit', (t) => {
  check(
    fc.property(crowds, (list) => {
      const events = eventsOf(list, new Ratings(), 1)
      const [off, freeze] = [readDisplayOptions({ spikeGuard: 'off' }), { display: 'freeze' as const }].map((display) =>
        foldInto(created(), events, contextOf({ settings: settingsOf(display) })),
      )
      t.deepEqual(off, freeze)
    }),
  )
  t.pass()
})

test('a crowd of the same opinion: the guard is off some hours after it, and then nothing is stepped', (t) => {
  const state = armedPost(4, 40, [0, 0, 0, 0, 40, 0])
  const after = stepTo(state, noon + 2 * windowMs, context)
  t.true(after.displayed.guard?.armed)
  t.is(after.displayed.average, 4)
  t.not(after.stepAt, null)
  const settled = stepTo(state, noon + 36 * 3_600_000, context)
  t.like(settled, { stepAt: null, displayed: { average: 4, guard: { armed: false, gap: 0 } } })
})

/** A post that many liked, then one window of strangers with another opinion. */
function armedPost(score: number, people: number, liked: Histogram = [0, 30, 0, 0, 0, 0]): PostStats {
  const fans = liked.flatMap((n, s) => Array.from({ length: n }, (_, i) => strangerAt(`fan ${s} ${i}`, s, noon)))
  const crowd = Array.from({ length: people }, (_, i) => strangerAt(`crowd ${i}`, score, noon + windowMs + 1_000))
  return foldInto(created(), [...fans, ...crowd], context).at(-1)?.stats as PostStats
}

function strangerAt(userId: string, score: number, at: number): RatingEvent {
  return new Ratings().change(userId, score, at) as RatingEvent
}

function eventsOf(
  list: { people: number; score: number; pause: number }[],
  ratings: Ratings,
  pace: number,
): RatingEvent[] {
  let at = noon
  return list.flatMap(({ people, score, pause }, n) => {
    at += Math.round(pause * pace)
    return Array.from({ length: people }, (_, i) => ratings.change(`${n} ${i}`, score, at++)).flatMap((e) => e ?? [])
  })
}

function stepWindowsOf(state: PostStats, time: number): { steps: number; state: PostStats } {
  const end = stepTo(state, time, context)
  return { steps: end.version - state.version, state: end }
}

function shownBy(states: readonly PostStats[]): unknown[] {
  const moments = new Map(states.map(({ displayed }) => [displayed.asOf, displayed]))
  return [...moments.values()]
}

function check(property: unknown): void {
  fc.assert(property as fc.IRawProperty<unknown>, { numRuns: Number(process.env.RUNS ?? 200) })
}
