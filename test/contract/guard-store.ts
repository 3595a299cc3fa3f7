import type { ExecutionContext } from 'ava'
import { addPosts, type Cases, type CreateRecord, foldAll, publishAll, type TestRecord } from './record.ts'

/** What every GuardStore does. */
export const guardStoreCases: Cases = {
  'guarded posts are listed, the widest gap first, and no others': async (t, create) => {
    const record = await attacked(t, create)
    const armed = await record.guardStore.armed(10)
    t.deepEqual(
      armed.map(({ postId }) => postId),
      [2, 1],
    )
    t.is(await record.guardStore.count(), 2)
    for (const { displayed, stepAt } of armed) {
      t.true(displayed.guard?.armed)
      t.not(stepAt, null)
    }
    t.deepEqual(
      (await record.another().guardStore.armed(1)).map(({ postId }) => postId),
      [2],
    )
  },

  'a release goes through the outbox and shows at the end of the window': async (t, create) => {
    const { record, before, unfolded, released } = await releasedWithinWindow(t, create)
    t.deepEqual(unfolded.displayed, before)
    t.deepEqual({ ...released.displayed, guard: null }, { ...before, guard: null })
    t.is(released.displayed.guard?.memory.released, 1)
    // The other post's window may end in the same moment.
    const published = (await publishAll(record)).filter(({ postId }) => postId === 2)
    t.is(published.at(-1)?.kind, 'display')
    await record.wait(windowMs + 50)
    await foldAll(record)
    const after = await stateOf(record, 2)
    t.false(after.displayed.guard?.armed)
    t.is(after.displayed.guard?.gap, 0)
    t.not(after.displayed.average, before.average)
    t.deepEqual(
      (await record.guardStore.armed(10)).map(({ postId }) => postId),
      [1],
    )
  },

  'what is not guarded cannot be released; twice is once': async (t, create) => {
    const record = await attacked(t, create)
    for (const id of [3, 4, 999]) t.false(await record.guardStore.release(id))
    t.true(await record.guardStore.release(1))
    t.true(await record.another().guardStore.release(1))
    t.is(await foldAll(record), 2)
    t.is((await stateOf(record, 1)).displayed.guard?.memory.released, 1)
  },
}

const windowMs = 2_000

/** Posts 1 and 2 are flooded, 2 worse; post 3 is rated, post 4 is not. */
async function attacked(t: ExecutionContext<unknown>, create: CreateRecord): Promise<TestRecord> {
  const record = await create(t, { settings: { windowSeconds: windowMs / 1_000 } })
  await addPosts(record, 4)
  const rate = (postId: number, who: string, people: number, score: 0 | 2 | 5) =>
    record.ratingStore.rate(Array.from({ length: people }, (_, n) => ({ postId, userId: `${who}${n}`, score })))
  for (const id of [1, 2, 3]) await rate(id, 'fan', 20, 5)
  await foldAll(record)
  await record.wait(windowMs + 50)
  await foldAll(record)
  await rate(1, 'raider', 60, 2)
  await rate(2, 'raider', 60, 0)
  await foldAll(record)
  await record.wait(windowMs + 50)
  await foldAll(record)
  return record
}

/** Releases post 2. Tries again where its window ended meanwhile, as it may on a busy machine. */
async function releasedWithinWindow(t: ExecutionContext<unknown>, create: CreateRecord) {
  for (let triesLeft = 4; ; triesLeft--) {
    const record = await attacked(t, create)
    const { displayed: before } = await stateOf(record, 2)
    t.true(await record.guardStore.release(2))
    const unfolded = await stateOf(record, 2)
    await foldAll(record)
    const released = await stateOf(record, 2)
    if (released.displayed.asOf === before.asOf || triesLeft === 0) return { record, before, unfolded, released }
  }
}

async function stateOf(record: TestRecord, postId: number) {
  const [stats] = (await record.recordReader.read([], [postId])).states
  if (stats === undefined) throw new Error(`post ${postId} has no state`)
  return stats
}
