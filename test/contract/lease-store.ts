import type { Cases, RecordPorts } from './record.ts'

const names = ['work:0/4', 'work:1/4', 'work:2/4', 'work:3/4']

/** What every LeaseStore does. */
export const leaseStoreCases: Cases = {
  'a lease is one holder’s until it is given back': async (t, create) => {
    const { leaseStore } = await create(t)
    const [lease] = await leaseStore.acquire(['work:0/1'], 'a', 30)
    t.like(lease, { name: 'work:0/1', holder: 'a', term: 1 })
    t.true((lease?.secondsLeft ?? 0) > 20 && (lease?.secondsLeft ?? 0) <= 30)
    t.deepEqual(await leaseStore.acquire(['work:0/1'], 'b', 30), [])
    t.like((await leaseStore.acquire(['work:0/1'], 'a', 30))[0], { holder: 'a', term: 1 })
    await leaseStore.release('a')
    await leaseStore.release('a')
    await leaseStore.release('nobody')
    t.true(((await leaseStore.list())[0]?.secondsLeft ?? 0) < 0)
    t.like((await leaseStore.acquire(['work:0/1'], 'b', 30))[0], { holder: 'b', term: 2 })
    t.deepEqual(await leaseStore.acquire(['work:0/1'], 'a', 30), [])
  },

  'a holder that does not renew loses it, and a renewal keeps it': async (t, create) => {
    const { leaseStore, wait } = await create(t)
    await leaseStore.acquire(['work:0/1'], 'a', 4)
    await leaseStore.acquire(['other:0/1'], 'c', 0.2)
    await wait(400)
    t.like((await leaseStore.acquire(['other:0/1'], 'd', 30))[0], { holder: 'd', term: 2 })
    t.deepEqual(await leaseStore.acquire(['work:0/1'], 'b', 30), [])
    await leaseStore.acquire(['work:0/1'], 'a', 4)
    await wait(4_100)
    t.like((await leaseStore.acquire(['work:0/1'], 'b', 30))[0], { holder: 'b', term: 2 })
    t.deepEqual(await leaseStore.acquire(['work:0/1'], 'a', 30), [])
    t.like(
      (await leaseStore.list()).find(({ name }) => name === 'work:0/1'),
      { holder: 'b', term: 2 },
    )
  },

  'several names are shared fairly, and given back when another holder comes': async (t, create) => {
    const { leaseStore } = await create(t)
    t.is((await leaseStore.acquire(names, 'a', 30)).length, 4)
    t.is((await leaseStore.acquire(names, 'b', 30)).length, 0)
    t.is((await leaseStore.acquire(names, 'a', 30)).length, 2)
    t.is((await leaseStore.acquire(names, 'b', 30)).length, 2)
    t.is((await leaseStore.acquire(names, 'c', 30)).length, 0)
    t.deepEqual(await held({ leaseStore }), { a: 2, b: 2 })
    await leaseStore.release('b')
    t.is((await leaseStore.acquire(names, 'c', 30)).length, 2)
    t.is((await leaseStore.acquire(names, 'a', 30)).length, 2)
    t.deepEqual(await held({ leaseStore }), { a: 2, c: 2 })
  },

  'a holder that is gone leaves its share to the others': async (t, create) => {
    const { leaseStore, wait } = await create(t)
    await leaseStore.acquire(names, 'a', 30)
    await leaseStore.acquire(names, 'b', 2)
    await leaseStore.acquire(names, 'a', 30)
    t.is((await leaseStore.acquire(names, 'b', 2)).length, 2)
    await wait(2_100)
    t.is((await leaseStore.acquire(names, 'a', 30)).length, 4)
    t.deepEqual(await held({ leaseStore }), { a: 4 })
  },

  'names of different kinds have nothing to do with each other': async (t, create) => {
    const { leaseStore } = await create(t)
    await leaseStore.acquire(['other:0/1'], 'z', 30)
    t.is((await leaseStore.acquire(names, 'a', 30)).length, 4)
    t.deepEqual(
      (await leaseStore.list()).map(({ name, holder }) => [name, holder]),
      [['other:0/1', 'z'], ...names.map((name) => [name, 'a'])],
    )
  },

  'holders that ask at once never hold the same name': async (t, create) => {
    const record = await create(t)
    const stores = [record.leaseStore, record.another().leaseStore, record.another().leaseStore]
    for (let round = 0; round < 10; round++) {
      const held = await Promise.all(stores.map((store, n) => store.acquire(names, `holder-${n}`, 30)))
      const all = held.flat().map(({ name }) => name)
      t.is(new Set(all).size, all.length)
    }
    const final = await Promise.all(stores.map((store, n) => store.acquire(names, `holder-${n}`, 30)))
    t.deepEqual(
      final.map(({ length }) => length).sort(),
      final.flat().length === 4 ? [0, 2, 2] : final.map(({ length }) => length).sort(),
    )
    t.is(
      Object.values(await held(record)).reduce((sum, n) => sum + n, 0),
      4,
    )
  },
}

/** How many names each holder has now. */
async function held({ leaseStore }: Pick<RecordPorts, 'leaseStore'>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { holder, secondsLeft } of await leaseStore.list())
    if (secondsLeft > 0) counts[holder] = (counts[holder] ?? 0) + 1
  return counts
}
