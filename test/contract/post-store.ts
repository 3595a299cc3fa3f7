import type { PageKey, PostSort } from '../../packages/post-rate/src/domain/page-cursor.ts'
import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import { addPosts, type Cases, drained, foldAll, type RecordPorts } from './record.ts'

/** What every PostStore that creates posts does. */
export const postStoreCases: Cases = {
  'a post gets the next id and the time, and is found': async (t, create) => {
    const record = await create(t)
    const draft = { title: "O'Neil \\ 𝒳", content: 'é'.repeat(65_536), createdBy: 'ann' }
    const post = await record.postStore.create(draft)
    t.like(post, { id: 1, ...draft })
    t.true(Math.abs(post.createdAt - Date.now()) < 60_000)
    t.deepEqual(await record.postStore.find([1]), [post])
    t.is((await record.postStore.create(draft)).id, 2)
    const found = await record.postStore.find([2, 99, 1, Number.MAX_SAFE_INTEGER])
    t.deepEqual(found.map(({ id }) => id).sort(), [1, 2])
    t.deepEqual(await record.postStore.find([]), [])
  },

  'a new post has a state before anybody rates it': async (t, create) => {
    const record = await create(t)
    const { id } = await record.postStore.create({ title: 'T', content: 'C', createdBy: 'ann' })
    const { states } = await record.recordReader.read([], [id])
    t.like(states[0], { postId: id, version: 0, counts: [0, 0, 0, 0, 0, 0], windowEnd: null, stepAt: null })
  },

  'everything is visible to everybody': async (t, create) => {
    const record = await create(t)
    const ids = await addPosts(record, 3)
    t.deepEqual((await record.postStore.visible(ids, 'ann')).sort(), ids)
    t.deepEqual((await record.postStore.visible(ids, null)).sort(), ids)
    t.deepEqual(await record.postStore.visible([], null), [])
  },

  'deleting says whether there was one, and takes the ratings along': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 2)
    await record.ratingStore.rate([1, 2].map((postId) => ({ postId, userId: 'u', score: 3 })))
    t.true(await record.postStore.delete(1))
    t.false(await record.postStore.delete(1))
    t.false(await record.postStore.delete(99))
    t.deepEqual(await record.postStore.find([1]), [])
    const { scores } = await record.recordReader.read([{ userId: 'u', postIds: [1, 2] }], [])
    t.deepEqual([...(scores[0] ?? [])], [[2, 3]])
    t.is((await record.postStore.create({ title: 'T', content: 'C', createdBy: 'ann' })).id, 3)
  },

  'newest first: a walk gives every post once, whatever the size of a page': async (t, create) => {
    const record = await create(t)
    const ids = await addPosts(record, 7)
    await record.postStore.delete(4)
    const expected = ids.filter((id) => id !== 4).reverse()
    for (const limit of [1, 2, 3, 6, 100]) t.deepEqual(await walk(record, 'newest', limit), expected, `${limit} a page`)
  },

  'top: by what is displayed, then count, then id; unrated posts included; every post once': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 9)
    t.deepEqual(await walk(record, 'top', 4), [9, 8, 7, 6, 5, 4, 3, 2, 1])
    // 2 and 3 tie with the prior's own mean and stand above the unrated ones by their count.
    await rate(record, { 5: [5, 5, 5], 1: [5], 3: [2, 3], 2: [2, 3, 2, 3], 7: [0], 8: [5] })
    await foldAll(record)
    // Only the first rating of each is displayed so far.
    const displayed: Record<number, Score> = { 5: 5, 1: 5, 8: 5, 3: 2, 2: 2, 7: 0 }
    t.deepEqual(Object.keys(displayed).length, 6)
    const order = [8, 5, 1, 9, 6, 4, 3, 2, 7]
    for (const limit of [1, 2, 4, 9, 50]) t.deepEqual(await walk(record, 'top', limit), order, `${limit} a page`)
    await record.postStore.delete(5)
    await drained(record)
    t.deepEqual(
      await walk(record, 'top', 3),
      order.filter((id) => id !== 5),
    )
  },

  'top: equal ranks go by count': async (t, create) => {
    const record = await create(t, { settings: { display: 'live' } })
    await addPosts(record, 4)
    await rate(record, { 1: [2, 3, 2, 3], 3: [2, 3] })
    await foldAll(record)
    t.deepEqual(await walk(record, 'top', 1), [1, 3, 4, 2])
  },

  'top: a changed prior ranks every post anew': async (t, create) => {
    const record = await create(t, { settings: { display: 'live' } })
    await addPosts(record, 3)
    await rate(record, { 1: [5, 4], 2: [4, 4, 4, 4, 4, 4, 4] })
    await foldAll(record)
    t.deepEqual(await walk(record, 'top', 2), [2, 1, 3])
    const { settings } = await record.settingsStore.load()
    await record.settingsStore.change({ ...settings, prior: { weight: 0.5, mean: 4.6 } }, 0)
    t.deepEqual(await walk(record, 'top', 2), [3, 1, 2])
    await rate(record, { 3: [5] })
    await foldAll(record)
    t.deepEqual(await walk(record, 'top', 2), [3, 1, 2])
  },
}

/** The ids of all pages. */
async function walk({ postStore }: RecordPorts, sort: PostSort, limit: number): Promise<number[]> {
  const ids: number[] = []
  for (let after: PageKey | null = null; ; ) {
    const page = await postStore.page({ sort, limit, after })
    ids.push(...page.map(({ post }) => post.id))
    if (page.length < limit) return ids
    after = page.at(-1)?.key ?? null
  }
}

async function rate({ ratingStore }: RecordPorts, scores: Record<number, Score[]>): Promise<void> {
  for (const [postId, given] of Object.entries(scores))
    for (const [n, score] of given.entries())
      await ratingStore.rate([{ postId: Number(postId), userId: `rater-${n}`, score }])
}
