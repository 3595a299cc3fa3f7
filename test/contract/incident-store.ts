import type { ExecutionContext } from 'ava'
import { averageOf } from '../../packages/post-rate/src/domain/histogram.ts'
import { type IncidentRecord, incidentPauseMs } from '../../packages/post-rate/src/domain/incident.ts'
import type { IncidentPage } from '../../packages/post-rate/src/ports/incident-store.ts'
import type { FoldBatch } from '../../packages/post-rate/src/ports/outbox.ts'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import {
  addPosts,
  type Cases,
  type CreateRecord,
  foldAll,
  publishAll,
  type RecordPorts,
  type TestRecord,
  wholeShard,
} from './record.ts'

const minute = 60_000
/** Some days ago: what is displayed is dated by these tests, hours go by without waiting. */
const start = Math.floor(Date.now() / minute) * minute - 5 * 24 * 60 * minute
export const everything: IncidentPage = { state: null, postId: null, limit: 10, after: null }
const times = { leaseSeconds: 60, giveUpSeconds: 3_600 }
const decision = { by: 'ada', reason: 'a raid' }

/** What every IncidentStore does, and the outbox with it. */
export const incidentStoreCases: Cases = {
  'a rush opens one incident with its evidence, and each receiver gets one event': async (t, create) => {
    const record = await raided(t, create, 2)
    const found = await record.incidentStore.list(everything)
    t.deepEqual(found.map(({ postId }) => postId).sort(), [1, 2])
    const [first] = found
    t.like(first, { state: 'open', to: null, arrivals: 40, decidedBy: null, decidedAt: null, reason: null })
    t.deepEqual(first?.before, [0, 0, 0, 0, 0, 20])
    t.deepEqual(first?.scores, [40, 0, 0, 0, 0, 0])
    t.is(first?.largestGap, 2.5)
    t.is(first?.from, start)
    for (const receiver of ['hook', 'webhook'] as const) {
      const events = await record.another().incidentEvents.claim(receiver, 10, times)
      t.deepEqual(
        events.map(({ kind, incident, attempts }) => [kind, incident.state, attempts]),
        [
          ['opened', 'open', 1],
          ['opened', 'open', 1],
        ],
      )
      t.deepEqual(events.map(({ incident }) => incident.id).sort(), found.map(({ id }) => id).sort())
    }
    // Live figures come without a window's end; the largest gap stays.
    const { id, postId } = first as NonNullable<typeof first>
    await rate(record, postId, 'late', 3, 1)
    await foldAll(record)
    await show(record, postId, start + 6 * minute, { armed: true, gap: -1 })
    const live = (await record.another().incidentStore.get(id))?.incident
    t.like(live, { arrivals: 44, largestGap: 2.5 })
    t.deepEqual(live?.scores, [40, 3, 0, 1, 0, 0])
    const figures = await record.incidentStore.figures()
    t.like(figures, { open: 2, deadLetters: 0 })
    t.true(figures.oldestSeconds > 4 * 86_400)
    t.is(await record.incidentStore.get(99), null)
    t.deepEqual(
      (await record.incidentStore.list({ ...everything, after: id })).map((one) => one.id),
      [found[1]?.id],
    )
    t.deepEqual(await record.incidentStore.list({ ...everything, state: 'expired' }), [])
    t.is((await record.incidentStore.list({ ...everything, postId: 2 })).length, 1)
  },

  'the disarming closes it; a rush within six hours continues it, a later one is another': async (t, create) => {
    const record = await raided(t, create)
    const [open] = await record.incidentStore.list(everything)
    const end = start + 60 * minute
    await show(record, 1, end, { armed: false })
    const closed = (await record.incidentStore.list(everything))[0]
    t.like(closed, { id: open?.id, state: 'expired', to: end, arrivals: 41 })
    t.deepEqual(await record.incidentStore.list({ ...everything, state: 'open' }), [])
    t.like(await record.incidentStore.figures(), { open: 0, oldestSeconds: 0 })

    await show(record, 1, end + incidentPauseMs, { armed: false })
    await show(record, 1, end + incidentPauseMs + minute, { armed: true, gap: 3 })
    t.like(await record.incidentStore.list(everything), [
      { id: open?.id, from: open?.from, to: null, state: 'open', arrivals: 43, largestGap: 3 },
    ])
    await show(record, 1, end + incidentPauseMs + 2 * minute, { armed: false })
    const again = end + 2 * incidentPauseMs + 3 * minute
    await show(record, 1, again, { armed: false })
    await show(record, 1, again + minute, { armed: true })
    const [next, before, ...others] = await record.incidentStore.list(everything)
    t.deepEqual(others, [])
    t.like(before, { id: open?.id, to: end + incidentPauseMs + 2 * minute, state: 'expired' })
    t.like(next, { state: 'open', from: again, to: null, arrivals: 1 })
    t.deepEqual(await kindsOf(record), ['opened', 'closed', 'opened', 'closed', 'opened'])
  },

  'a decision is kept by the folds after it, and the next rush is an incident of its own': async (t, create) => {
    const record = await raided(t, create)
    const [incident] = (await record.incidentStore.list(everything)) as [IncidentRecord]
    const { id } = incident
    const decided = await record.another().incidentStore.decide(incident, { ...decision, state: 'released' })
    t.like(decided, { id, state: 'released', decidedBy: 'ada', reason: 'a raid', arrivals: 40 })
    t.true(Number.isInteger(decided?.decidedAt))
    t.is(await record.incidentStore.decide({ ...incident, id: 99 }, { ...decision, state: 'released' }), null)
    const end = start + 60 * minute
    await show(record, 1, end, { armed: false })
    const closed = (await record.incidentStore.get(id))?.incident
    t.like(closed, { state: 'released', decidedBy: 'ada', decidedAt: decided?.decidedAt as number, to: end })
    await show(record, 1, end + minute, { armed: true })
    t.like(await record.incidentStore.list(everything), [{ state: 'open', from: end, to: null }, { id }])
    t.deepEqual(await kindsOf(record), ['opened', 'decided', 'closed', 'opened'])
  },

  'an excluded incident keeps its evidence; ten arrivals after it are another one': async (t, create) => {
    const record = await raided(t, create)
    const [incident] = (await record.incidentStore.list(everything)) as [IncidentRecord]
    const { id } = incident
    await record.wait(10)
    const period = { postId: 1, from: Date.now() - 60 * minute, to: Date.now() + minute }
    t.is((await record.moderationStore.exclude(period, decision))?.moved, 40)
    await foldAll(record)
    t.like(await record.incidentStore.decide(incident, { ...decision, state: 'excluded' }), { arrivals: 40 })
    await rate(record, 1, 'next', 8)
    await show(record, 1, start + 10 * minute, { armed: true })
    t.like((await record.incidentStore.list(everything))[0], { id, to: null, arrivals: 40 })
    await show(record, 1, start + 20 * minute, { armed: true })
    const [next, excluded, ...others] = await record.incidentStore.list(everything)
    t.deepEqual(others, [])
    t.like(excluded, { id, state: 'excluded', arrivals: 40, to: start + 10 * minute })
    t.deepEqual(excluded?.scores, [40, 0, 0, 0, 0, 0])
    t.like(next, { state: 'open', from: start + 10 * minute, to: null })
    t.deepEqual(await kindsOf(record), ['opened', 'decided', 'closed', 'opened'])
  },

  'a guard that has nothing to do for six hours ends its incident': async (t, create) => {
    const record = await raided(t, create, 2)
    await record.incidentStore.tidy()
    t.is((await record.incidentStore.list({ ...everything, state: 'open' })).length, 2)
    await show(record, 1, start + 10 * minute, { armed: true, quiet: true })
    await record.incidentStore.tidy()
    await record.another().incidentStore.tidy()
    t.like(await record.incidentStore.list({ ...everything, postId: 1 }), [
      { state: 'expired', to: start + 10 * minute, arrivals: 41 },
    ])
    t.is((await record.incidentStore.list({ ...everything, state: 'open' })).length, 1)
    t.deepEqual(await kindsOf(record), ['opened', 'opened', 'closed'])
  },

  'a deleted post takes its incidents and their events along': async (t, create) => {
    const record = await raided(t, create, 2)
    t.true(await record.postStore.delete(1))
    await foldAll(record)
    t.like(await record.incidentStore.list(everything), [{ postId: 2 }])
    t.is((await record.incidentStore.list(everything)).length, 1)
    const events = await record.incidentEvents.claim('webhook', 10, times)
    t.deepEqual(
      events.map(({ incident }) => incident.postId),
      [2],
    )
  },

  'an event goes to one process, again after a failure or an unsettled claim, and never once it was delivered': async (
    t,
    create,
  ) => {
    const record = await raided(t, create)
    const { incidentEvents: other } = record.another()
    const claim = async (events: RecordPorts['incidentEvents'], leaseSeconds = 60) =>
      (await events.claim('webhook', 10, { ...times, leaseSeconds }))[0]
    t.deepEqual(await other.claim('webhook', 10, { ...times, giveUpSeconds: 0 }), [])
    const claims = await Promise.all([claim(record.incidentEvents), claim(other)])
    const [event, ...others] = claims.filter((one) => one !== undefined)
    t.deepEqual(others, [])
    const id = event?.id as string
    await other.failed('webhook', id, 0)
    t.like(await claim(other, 0.01), { id, kind: 'opened', attempts: 2 })
    await record.wait(50)
    t.like(await claim(record.incidentEvents), { id, attempts: 3 })
    await record.incidentEvents.delivered('webhook', id)
    await record.incidentEvents.failed('webhook', id, 0)
    t.is(await claim(other), undefined)
    // The other receiver has it still.
    t.like((await other.claim('hook', 10, times))[0], { id, attempts: 1 })
    await record.incidentStore.tidy()
    t.is((await record.incidentStore.list(everything)).length, 1)
  },
}

/** Posts with 20 fives that are displayed as of `start`; then 40 zeros, and a guard that holds them back. */
export async function raided(t: ExecutionContext<unknown>, create: CreateRecord, posts = 1): Promise<TestRecord> {
  const record = await create(t)
  for (const postId of await addPosts(record, posts)) {
    await record.ratingStore.import(
      Array.from({ length: 20 }, (_, n) => ({ postId, userId: `fan${n}`, score: 5 as const, ratedAt: start - minute })),
      { createPosts: false },
    )
    await show(record, postId, start, { armed: false, arrive: false })
    await rate(record, postId, 'raider', 40)
    await show(record, postId, start + 5 * minute, { armed: true, gap: 2.5, arrive: false })
  }
  await publishAll(record)
  return record
}

let visitors = 0

/**
 * Folds, and ends a window of the post at `at` with a guard as given; with one rating of 3 more, unless `arrive` is false. `quiet`: the
 * next window's end has nothing to show.
 */
async function show(
  record: RecordPorts,
  postId: number,
  at: number,
  { armed, gap = 0, arrive = true, quiet = false }: { armed: boolean; gap?: number; arrive?: boolean; quiet?: boolean },
): Promise<void> {
  if (arrive) await record.ratingStore.rate([{ postId, userId: `visitor${++visitors}`, score: 3 }])
  await record.outbox.fold(wholeShard, 500, endingWindow(postId, at, { armed, gap, quiet }))
}

export function endingWindow(
  postId: number,
  asOf: number,
  { armed, gap, quiet }: { armed: boolean; gap: number; quiet: boolean },
): FoldBatch {
  return (batch) => {
    const folded = foldBatch(batch)
    const newest = folded.findLast(({ change }) => change.stats.postId === postId)?.change.stats
    if (newest === undefined) throw new Error(`nothing is folded for post ${postId}`)
    const { counts, activity, version } = newest
    // What the guard remembers is its own: nothing here depends on it.
    const guard = { armed, gap, since: asOf, memory: [] as never }
    const displayed = { counts, average: averageOf(counts), asOf, activity, guard }
    const stats = { ...newest, version: version + 1, displayed, ...(quiet ? { stepAt: null } : {}) }
    return [...folded, { eventId: null, change: { kind: 'display', stats } }]
  }
}

function rate({ ratingStore }: RecordPorts, postId: number, who: string, people: number, score: 0 | 1 = 0) {
  return ratingStore.rate(Array.from({ length: people }, (_, n) => ({ postId, userId: `${who}${n}`, score })))
}

/** The events of all incidents so far, in their order. */
async function kindsOf(record: RecordPorts): Promise<string[]> {
  return (await record.incidentEvents.claim('hook', 100, times)).map(({ kind }) => kind)
}
