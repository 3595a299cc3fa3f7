import test from 'ava'
import fc from 'fast-check'
import { settingsAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { foldEvent, type PostStats, type RatingEvent } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { DisplaySettings, Settings } from '../../packages/post-rate/src/domain/settings.ts'
import { showStats } from '../../packages/post-rate/src/domain/shown-stats.ts'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import {
  contextOf,
  created,
  eventsOf,
  intentions,
  noon,
  Ratings,
  settingsOf,
  stepTo,
  windowMs,
} from './rating-events.ts'

const displays = fc.constantFrom('guard' as const, 'freeze' as const, 'live' as const)

test('live figures are the ratings that stand, whatever happened before', (t) => {
  fc.assert(
    fc.property(intentions, displays, (list, display) => {
      const ratings = new Ratings()
      let stats = created()
      const context = contextOf({ settings: settingsOf({ display }) })
      for (const event of eventsOf(list, ratings)) {
        const changes = foldEvent(stats, event, context)
        for (const change of changes) {
          if (change.stats.version !== stats.version + 1) return false
          if (change.stats.activity < stats.activity) return false
          stats = change.stats
        }
      }
      t.deepEqual([...stats.counts], ratings.counts())
      const shown = stepTo(stats, noon + 1_000 * windowMs, context)
      t.deepEqual([...shown.displayed.counts], ratings.counts())
      return true
    }),
  )
  t.pass()
})

test('catching up in batches of any size gives the states that being there would have given', (t) => {
  fc.assert(
    fc.property(
      intentions,
      displays,
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 0, max: 5 * windowMs }),
      (list, display, sizes, rest) => {
        const settings = settingsOf({ display })
        const events = eventsOf(list)
        const now = (events.at(-1)?.at ?? noon) + rest
        // Being there: each event is folded as it happens, and every window is stepped at its end.
        let present = created()
        for (const event of events) {
          while (present.stepAt !== null && present.stepAt < event.at)
            present = foldOf([], present, present.stepAt, settings)
          present = foldOf([event], present, event.at, settings, event.at - 1)
        }
        while (present.stepAt !== null && present.stepAt < now) present = foldOf([], present, present.stepAt, settings)
        present = foldOf([], present, now, settings, now - 1)
        const versions: number[] = []
        let late = created()
        for (let from = 0, n = 0; from < events.length; n++) {
          const size = sizes[n % sizes.length] as number
          const last = from + size >= events.length
          const batch = events.slice(from, from + size)
          late = foldOf(batch, late, last ? now : (batch.at(-1)?.at ?? now), settings)
          versions.push(late.version)
          from += size
        }
        if (events.length === 0) late = foldOf([], late, now, settings)
        t.deepEqual(late, present)
      },
    ),
  )
})

/**
 * The whole promise: whatever a reader was told, by any copy as complete as its watermark says, holds until
 * `nextUpdateAt`, although events become visible late and the settings change.
 */
test('nothing that is displayed changes before the promised moment', (t) => {
  const settingsChange = fc.record({
    display: displays,
    windowSeconds: fc.constantFrom(1, 60, 300, 3_600),
    delay: fc.integer({ min: 0, max: 400_000 }),
  })
  const step = fc.record({
    pause: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 2 * windowMs })),
    user: fc.integer({ min: 1, max: 3 }).map((n) => `u${n}`),
    score: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 5 }),
    /** How many rounds of the relay pass before the rating's transaction commits. */
    hidden: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
    ),
    relayRuns: fc.boolean(),
    change: fc.option(settingsChange, { freq: 6 }),
    /** How many steps the copy that is read is behind. */
    copyAge: fc.integer({ min: 0, max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(1_000), (steps, postId) => {
      const ratings = new Ratings(postId + 1)
      let stats = { ...created(), postId: postId + 1 }
      let settings = settingsOf()
      let watermark = Number.NEGATIVE_INFINITY
      let now = noon
      let pending: { event: RatingEvent; hidden: number }[] = []
      const copies: { stats: PostStats; watermark: number }[] = []
      const promises: { until: number; shown: string }[] = []
      for (const { pause, user, score, hidden, relayRuns, change, copyAge } of steps) {
        now += pause
        if (change) settings = changed(settings, change, now)
        // A user's next rating waits for the row that a hidden one has locked.
        const locked = pending.some(({ event, hidden }) => event.userId === user && hidden > 0)
        const event = locked ? undefined : ratings.change(user, score, now)
        if (event) pending.push({ event, hidden })
        if (relayRuns) {
          const visible = pending.filter(({ hidden }) => hidden <= 0).map(({ event }) => event)
          stats = foldOf(visible, stats, now, settings, watermark)
          watermark = now
          pending = pending
            .filter(({ hidden }) => hidden > 0)
            .map(({ event, hidden }) => ({ event, hidden: hidden - 1 }))
        }
        copies.push({ stats, watermark })
        const copy = copies[Math.max(0, copies.length - 1 - copyAge)] as (typeof copies)[number]
        const told = showStats(copy.stats, settingsAt(settings, stats.postId, now), { now, watermark: copy.watermark })
        if (told.nextUpdateAt !== null)
          promises.push({ until: Date.parse(told.nextUpdateAt), shown: figures(copy.stats) })
        const shown = figures(stats)
        for (const promise of promises)
          if (promise.until > now && promise.shown !== shown)
            throw new Error(`promised ${promise.shown} until ${promise.until}, shown ${shown} at ${now}`)
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 500) },
  )
  t.pass()
})

/** What was displayed is never of an earlier moment than what it replaces, and never of the future. */
test('asOf only rises, and lies in the past', (t) => {
  fc.assert(
    fc.property(intentions, displays, (list, display) => {
      let stats = created()
      for (const event of eventsOf(list)) {
        for (const change of foldEvent(stats, event, contextOf({ settings: settingsOf({ display }) }))) {
          if (change.stats.displayed.asOf < stats.displayed.asOf || change.stats.displayed.asOf > event.at) return false
          stats = change.stats
        }
      }
      return true
    }),
  )
  t.pass()
})

function foldOf(
  events: RatingEvent[],
  stats: PostStats,
  now: number,
  settings: Settings,
  watermark = Number.NEGATIVE_INFINITY,
): PostStats {
  const folded = foldBatch({
    states: [stats],
    events: events.map((event, n) => ({ id: String(n), event })),
    context: contextOf({ settings, watermark }),
    now,
  })
  return folded.at(-1)?.change.stats ?? stats
}

function figures({ displayed }: PostStats): string {
  return JSON.stringify([displayed.counts, displayed.average, displayed.guard?.gap ?? 0])
}

/** As the settings store makes a change. */
function changed(
  { relayShards, ...old }: Settings,
  { display, windowSeconds, delay }: Pick<DisplaySettings, 'display' | 'windowSeconds'> & { delay: number },
  now: number,
): Settings {
  const previous = old.previous !== null && now < old.effectiveAt ? old.previous : old
  return { ...old, display, windowSeconds, relayShards, effectiveAt: now + delay, previous }
}
