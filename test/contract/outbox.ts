import { randomUUID } from 'node:crypto'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { deletionCases } from './outbox-deletion.ts'
import { foldCases } from './outbox-fold.ts'
import { rateOne } from './rating-store.ts'
import { addPosts, type Cases, countsOf, foldAll, publishAll, rateMany, wholeShard } from './record.ts'

/** What every Outbox does. */
export const outboxCases: Cases = {
  ...foldCases,
  ...deletionCases,

  'a change is given out with the same content until it is acknowledged, also to another process': async (
    t,
    create,
  ) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateMany(record, 1, 5)
    await foldAll(record)
    const first = await record.outbox.unpublished(wholeShard, 3)
    await rateMany(record, 1, 3, 'later')
    t.is(first.length, 3)
    // A crash between fold and publish: whoever comes next finds the same.
    const other = record.another()
    await foldAll(other)
    t.deepEqual(await other.outbox.unpublished(wholeShard, 3), first)
    const acknowledged = first.slice(0, 2).map(({ id }) => id)
    await other.outbox.acknowledge(acknowledged)
    await record.outbox.acknowledge(acknowledged)
    const rest = await record.outbox.unpublished(wholeShard, 100)
    t.is(rest.length, 6)
    t.deepEqual(rest[0], first[2])
    await record.outbox.acknowledge([])
    t.is((await record.outbox.backlog()).rows, 6)
  },

  'what another history of the database gave out is not acknowledged': async (t, create) => {
    const [record, restored] = [await create(t), await create(t)]
    for (const one of [record, restored]) {
      await addPosts(one, 1)
      await rateOne(one, { postId: 1, userId: 'u', score: 2 })
      await foldAll(one)
    }
    const given = await record.outbox.unpublished(wholeShard, 10)
    t.is(given.length, 1)
    await restored.outbox.acknowledge(given.map(({ id }) => id))
    t.is((await restored.outbox.unpublished(wholeShard, 10)).length, 1)
    await record.outbox.acknowledge(given.map(({ id }) => id))
    t.is((await record.outbox.unpublished(wholeShard, 10)).length, 0)
  },

  'nothing is acknowledged before it was folded': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    await rateMany(record, 1, 20)
    await record.outbox.fold(wholeShard, 5, foldBatch)
    const given = await record.outbox.unpublished(wholeShard, 100)
    t.is(given.length, 5)
    await record.outbox.acknowledge([...given.map(({ id }) => id), '7', `8/${randomUUID()}`])
    t.is((await record.outbox.backlog()).rows, 15)
    t.is(await foldAll(record), 15)
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 20, 0, 0]])
  },

  'the backlog counts what is not acknowledged, and its age': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    t.deepEqual(await record.outbox.backlog(), { rows: 0, oldestSeconds: 0, folded: 0 })
    await rateMany(record, 1, 3)
    await record.wait(200)
    const waiting = await record.outbox.backlog()
    t.like(waiting, { rows: 3, folded: 0 })
    t.true(waiting.oldestSeconds >= 0.2 && waiting.oldestSeconds < 60)
    await foldAll(record)
    t.like(await record.outbox.backlog(), { rows: 3, folded: 3 })
    await publishAll(record)
    t.deepEqual(await record.outbox.backlog(), { rows: 0, oldestSeconds: 0, folded: 3 })
  },

  'a large backlog is told about, exactly up to 1,000 and never below 1,001 above': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const rate = (from: number, to: number) =>
      record.ratingStore.rate(
        Array.from({ length: to - from }, (_, n) => ({ postId: 1, userId: `user-${from + n}`, score: 3 })),
      )
    const rowsOf = async () => (await record.outbox.backlog()).rows
    await rate(0, 1000)
    t.is(await rowsOf(), 1000)
    await rate(1000, 3000)
    t.is(await rowsOf(), 3000, 'their ids are without a gap')
    await foldAll(record)
    const given = await record.outbox.unpublished(wholeShard, 3000)
    // One row that stays behind makes the estimate too large, and the count of few rows is exact again.
    await record.outbox.acknowledge(given.slice(1, 1500).map(({ id }) => id))
    t.true((await rowsOf()) >= 1501)
    await record.outbox.acknowledge(given.slice(1500, 2500).map(({ id }) => id))
    t.is(await rowsOf(), 501)
  },
}
