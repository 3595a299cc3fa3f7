import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { addPosts, type Cases, foldAll, type RecordPorts, rateMany, wholeShard } from './record.ts'

/** What every StateStore does. */
export const stateStoreCases: Cases = {
  'ranges give every post in order, never-rated ones included': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 5)
    await rateMany(record, 3, 2)
    await foldAll(record)
    const page = async (after: number, limit: number) =>
      (await record.stateStore.range(after, limit)).map(({ postId, version }) => [postId, version])
    t.deepEqual(await page(0, 3), [
      [1, 0],
      [2, 0],
      [3, 2],
    ])
    t.deepEqual(await page(3, 3), [
      [4, 0],
      [5, 0],
    ])
    t.deepEqual(await page(5, 3), [])
    const [state] = await record.stateStore.range(2, 1)
    const { states } = await record.recordReader.read([], [3])
    t.deepEqual([state], states)
  },

  'what changed lately, and a watermark that it covers': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    await foldAll(record)
    await record.wait(700)
    await rateMany(record, 2, 1)
    await record.outbox.fold(wholeShard, 100, foldBatch)
    t.deepEqual(await changedIds(record, 0.5), [2])
    t.true(Number.isInteger((await record.stateStore.changedWithin(0.5)).watermark))
    t.deepEqual(await changedIds(record, 60), [1, 2, 3])
    const [raised] = await record.stateStore.raise([1])
    t.true((await changedIds(record, 0.5)).includes(1), 'a raised version is a change')
    t.is(raised?.version, 1)
  },

  'what was seen is left out, and nothing else': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    await rateMany(record, 1, 1)
    await rateMany(record, 2, 1)
    await foldAll(record)
    const { seen } = await record.stateStore.changedWithin(60)
    t.deepEqual(await changedIds(record, 60, seen), [])
    await rateMany(record, 2, 1, 'later')
    await foldAll(record)
    t.deepEqual(await changedIds(record, 60, seen), [2])
    t.deepEqual(await changedIds(record, 60), [1, 2, 3])
    const later = (await record.stateStore.changedWithin(60, seen)).seen
    await record.stateStore.raise([3])
    t.deepEqual(await changedIds(record, 60, seen), [2, 3])
    t.deepEqual(await changedIds(record, 60, later), [3])
    t.deepEqual(await changedIds(record, 60, 'of another server/0'), [1, 2, 3])
    // A copy that was read before the deletion may arrive after it, so tombstones are looked at again.
    await record.postStore.delete(1)
    await foldAll(record)
    const buried = (await record.stateStore.changedWithin(60, later)).seen
    t.deepEqual(await changedIds(record, 60, buried), [1])
  },

  'raising a version changes nothing else, and goes above the floor': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    await rateMany(record, 1, 3)
    await foldAll(record)
    const { states: before } = await record.recordReader.read([], [1])
    const raised = await record.stateStore.raise([1, 99])
    t.deepEqual(
      raised,
      before.map((stats) => ({ ...stats, version: 4 })),
    )
    t.deepEqual((await record.recordReader.read([], [1])).states, raised)
    await record.stateStore.raiseFloor(2 ** 40)
    await record.stateStore.raiseFloor(7)
    t.is((await record.settingsStore.load()).versionFloor, 2 ** 40)
    t.is((await record.stateStore.raise([1]))[0]?.version, 2 ** 40 + 1)
    t.is((await record.stateStore.raise([1]))[0]?.version, 2 ** 40 + 2)
    t.deepEqual(await record.stateStore.raise([]), [])
  },

  'a database that stayed where it was has not moved': async (t, create) => {
    const record = await create(t)
    t.false(await record.stateStore.moved())
    await record.stateStore.raiseFloor(1)
    t.false(await record.stateStore.moved())
  },
}

async function changedIds({ stateStore }: RecordPorts, seconds: number, seen?: string): Promise<number[]> {
  const ids: number[] = []
  for await (const states of (await stateStore.changedWithin(seconds, seen)).pages)
    ids.push(...states.map(({ postId }) => postId))
  return ids.sort((a, b) => a - b)
}
