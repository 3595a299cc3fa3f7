import type { Cases } from './record.ts'

const options = { restart: false, deadAfterSeconds: 0.5, staleAfterSeconds: 3_600 }
const half = { last: 40, posts: 39, repaired: 7, seconds: 1.5 }

/** What every RebuildStore does. */
export const rebuildStoreCases: Cases = {
  'one at a time: whoever is at work is named, and a dead one is taken over where it was': async (t, create) => {
    const { rebuildStore, another, wait } = await create(t)
    const other = another().rebuildStore
    t.like(await rebuildStore.take('a', options), { holder: 'a', last: 0, posts: 0, repaired: 0, seconds: 0 })
    t.true(await rebuildStore.save('a', half))
    const seen = await other.take('b', options)
    t.like(seen, { holder: 'a', ...half })
    t.true(seen.silentSeconds >= 0 && seen.silentSeconds < 0.5)
    await wait(600)
    const taken = await other.take('b', options)
    t.like(taken, { holder: 'b', ...half, beganAt: seen.beganAt })
    // The first one was only stopped: it learns that the run is no longer its own, and does no harm.
    t.false(await rebuildStore.save('a', { ...half, last: 99 }))
    await rebuildStore.leave('a', true)
    t.like(await other.take('b', options), { holder: 'b', ...half })
  },

  'what was left is gone on with at once; what was finished is forgotten': async (t, create) => {
    const { rebuildStore } = await create(t)
    await rebuildStore.take('a', options)
    await rebuildStore.save('a', half)
    await rebuildStore.leave('a', false)
    t.like(await rebuildStore.take('b', options), { holder: 'b', ...half })
    await rebuildStore.leave('b', true)
    await rebuildStore.leave('b', true)
    t.like(await rebuildStore.take('c', options), { holder: 'c', last: 0, posts: 0, repaired: 0, seconds: 0 })
  },

  'a restart begins anew, and so does whoever comes too late': async (t, create) => {
    const { rebuildStore, wait } = await create(t)
    for (const anew of [
      { ...options, restart: true },
      { ...options, staleAfterSeconds: 0.05 },
    ]) {
      const { beganAt } = await rebuildStore.take('a', options)
      await rebuildStore.save('a', half)
      await rebuildStore.leave('a', false)
      await wait(100)
      const run = await rebuildStore.take('b', anew)
      t.like(run, { holder: 'b', last: 0, posts: 0, repaired: 0, seconds: 0 })
      t.true(run.beganAt > beganAt)
      await rebuildStore.leave('b', true)
    }
  },
}
