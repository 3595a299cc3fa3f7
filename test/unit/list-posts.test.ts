import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import { decodeCursor } from '../../packages/post-rate/src/domain/page-cursor.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { recentFigure } from '../../packages/post-rate/src/domain/recent-figure.ts'
import { type DisplayPolicyName, defaultDisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { silentLogger } from '../../packages/post-rate/src/ports/logger.ts'
import type { PostStore } from '../../packages/post-rate/src/ports/post-store.ts'
import { Deployment } from '../../packages/post-rate/src/services/deployment.ts'
import { ListPosts, type PostPage } from '../../packages/post-rate/src/services/list-posts.ts'
import { ReadStats } from '../../packages/post-rate/src/services/read-stats.ts'
import { RecentFigures } from '../../packages/post-rate/src/services/recent-figures.ts'
import { ShownPage, type ShownPost } from '../../packages/post-rate/src/services/shown-page.ts'
import { addPosts, foldAll } from '../contract/record.ts'

test('readers within a second share one query for the page, and each has the own score of the moment', async (t) => {
  const { list, calls, rate } = await listing()
  await list.list({ userId: 'ada' })
  await rate('ada', 1, 3)
  const scores = await Promise.all(
    ['ada', 'grace', null].map(async (userId) => (await list.list({ userId })).items.map(({ myScore }) => myScore)),
  )
  t.deepEqual(scores, [
    [null, null, 3],
    [null, null, null],
    [null, null, null],
  ])
  t.is(calls.pages, 1)
})

test('another limit, order or cursor is another page', async (t) => {
  const { list, calls } = await listing()
  const { next } = await list.list({ limit: 1 })
  const rest = await list.list({ limit: 1, after: next })
  await list.list({ limit: 2 })
  await list.list({ limit: 1, sort: 'top' })
  t.deepEqual(
    rest.items.map(({ id }) => id),
    [2],
  )
  t.is(calls.pages, 4)
})

test('a text is at most as old as it may be; with 0 nothing is kept', async (t) => {
  for (const [maxAgeMs, pages] of [
    [40, 2],
    [0, 3],
  ] as const) {
    const { list, calls, record } = await listing({ maxAgeMs })
    await list.list({})
    await list.list({})
    const post = record.posts.get(1)
    if (post) record.posts.set(1, { ...post, title: 'Changed by hand' })
    await sleep(60)
    t.is((await list.list({})).items.at(-1)?.title, 'Changed by hand')
    t.is(calls.pages, pages)
  }
})

test('a post that this process makes or deletes is there or gone at once', async (t) => {
  const { list, ports } = await listing()
  await list.list({})
  const post = await list.create({ title: 'New', content: 'Text', createdBy: 'ada' })
  t.is((await list.list({})).items[0]?.id, post.id)
  await ports.postStore.delete(post.id)
  list.forgetPages()
  t.not((await list.list({})).items[0]?.id, post.id)
})

test('a page that is read while a post comes is not kept', async (t) => {
  const { list, hold } = await listing()
  const release = hold()
  const early = list.list({})
  await sleep(1)
  const made = list.create({ title: 'New', content: 'Text', createdBy: 'ada' })
  await made
  release()
  await early
  t.is((await list.list({})).items[0]?.title, 'New')
})

test('figures are kept until they may change, not longer, and a first rating shows at once', async (t) => {
  const clock = { time: Date.now() }
  const { list, rate, fold } = await listing({ clock, maxAgeMs: 60_000 })
  const counts = async () => (await list.list({})).items.map(({ stats }) => stats.count)
  t.deepEqual(await counts(), [0, 0, 0])
  await rate('ada', 1, 3)
  await fold()
  t.deepEqual(await counts(), [0, 0, 1])
  await rate('grace', 1, 5)
  await fold()
  t.deepEqual(await counts(), [0, 0, 1])
  const due = (await list.list({})).items[2]?.stats.nextUpdateAt as string
  clock.time = Date.parse(due) - 1
  t.deepEqual(await counts(), [0, 0, 1])
  clock.time += 2
  await fold()
  t.deepEqual(await counts(), [0, 0, 2])
})

test('listJson is list as JSON, with and without own scores, and the same object while nothing changes', async (t) => {
  const clock = { time: Date.now() }
  const { list, rate, fold } = await listing({ clock })
  for (const id of [1, 2, 3]) await rate('ada', id, id)
  await fold()
  for (const query of [{}, { userId: 'ada' }, { limit: 2 }, { limit: 2, userId: 'ada' }]) {
    const { items, next } = await list.list(query)
    const json = await list.listJson(query)
    t.deepEqual(JSON.parse(json.items), JSON.parse(JSON.stringify(items)))
    t.is(json.next, next)
    t.is(json.nextUpdateAt, Math.min(...items.map(({ stats }) => Date.parse(stats.nextUpdateAt as string))))
    t.false(json.unpromised)
  }
  const first = await list.listJson({})
  t.is(await list.listJson({}), first)
  clock.time = (first.nextUpdateAt as number) + 1
  await fold()
  t.not(await list.listJson({}), first)
})

test('a reader who may not see a post gets neither it nor its figures, whoever saw the page before', async (t) => {
  const { list } = await listing({ visibleTo: (userId) => (userId === 'ada' ? [1, 2, 3] : [3, 1]) })
  const idsOf = async (userId: string | null) => (await list.list({ userId })).items.map(({ id }) => id)
  t.deepEqual(await idsOf('ada'), [3, 2, 1])
  t.deepEqual(await idsOf(null), [3, 1])
  t.deepEqual(
    JSON.parse((await list.listJson({})).items).map(({ id }: { id: number }) => id),
    [3, 1],
  )
  t.deepEqual(await idsOf('ada'), [3, 2, 1])
})

test('a cursor names the last post that its reader sees, and the walk gives every visible post once', async (t) => {
  for (const visible of [[7, 4, 1], [7, 6, 5], [1], [2, 1], [7], [], [7, 6, 5, 4, 3, 2, 1]])
    for (const sort of ['newest', 'top'] as const)
      for (const limit of [1, 2, 3, 7, 100]) {
        const { list, ports } = await listing({ visibleTo: () => visible })
        await addPosts(ports, 4)
        const seen: number[] = []
        for (let after: string | null = null, pages = 0; ; pages++) {
          const { items, next }: PostPage = await list.list({ limit, sort, after })
          t.deepEqual((await list.listJson({ limit, sort, after })).next, next)
          seen.push(...items.map(({ id }) => id))
          if (next === null) break
          t.true(items.length > 0 && pages < 8, 'a page that has a next one has a post')
          t.is(decodeCursor(next, sort)?.postId, items.at(-1)?.id)
          after = next
        }
        t.deepEqual(seen, visible, `${sort}, ${limit} of ${visible}`)
      }
})

test('hidden posts are skipped in large steps', async (t) => {
  const { list, ports, calls } = await listing({ visibleTo: () => [1] })
  await addPosts(ports, 247)
  const { items, next } = await list.list({ limit: 1 })
  t.deepEqual([items.map(({ id }) => id), next], [[1], null])
  t.is(calls.pages, 4)
})

test('a recent figure stands beside the one of all time, still for as long, and leaves out what is old', async (t) => {
  const clock = { time: Date.parse('2026-03-01T12:00:00Z') }
  const { list, rate, fold } = await listing({ maxAgeMs: 0, clock, recentDays: 30 })
  const stats = async () => (await list.get(1, null)).stats
  const days = (n: number) => {
    clock.time += n * 86_400_000
  }
  t.false('recent' in (await (await listing()).list.get(1, null)).stats)
  t.deepEqual((await stats()).recent, { days: 30, count: 0, average: null })
  await rate('ada', 1, 5)
  await fold()
  t.like(await stats(), { count: 1, recent: { days: 30, count: 1, average: 5 } })
  clock.time += 1000
  await rate('grace', 1, 0)
  await fold()
  t.like(await stats(), { count: 1, recent: { count: 1, average: 5 } })
  days(20)
  await fold()
  t.like(await stats(), { count: 2, average: 2.5, recent: { count: 2, average: 2.5 } })
  days(9)
  await rate('grace', 1, 1)
  days(2)
  await fold()
  t.like(await stats(), { count: 2, average: 3, recent: { count: 1, average: 1 } })
  t.is((await list.list({})).items.find(({ id }) => id === 1)?.stats.recent?.count, 1)
  t.regex((await list.listJson({})).items, /"recent":\{"days":30,"count":1,"average":1\}/)
  days(31)
  await fold()
  t.like(await stats(), { count: 2, recent: { days: 30, count: 0, average: null } })
})

test('while the relay is behind, a recent figure does not show ratings that the guard has not seen', async (t) => {
  for (const display of ['guard', 'freeze', 'live'] as const) {
    const clock = { time: Date.parse('2026-03-01T12:00:00Z') }
    const { list, rate, fold } = await listing({ maxAgeMs: 0, clock, recentDays: 30, display })
    const stats = async () => (await list.get(1, null)).stats
    for (const user of ['a', 'b', 'c']) await rate(user, 1, 5)
    await fold()
    clock.time += 600_000
    await fold()
    clock.time += 1_000
    for (let n = 0; n < 20; n++) await rate(`raid ${n}`, 1, 0)
    clock.time += 3_600_000
    t.like(await stats(), { count: 3, average: 5, recent: { count: 3, average: 5 } }, display)
    // Without a consumer, a cached state of the policy `live` stays what it is.
    if (display === 'live') continue
    await fold()
    clock.time += 600_000
    await fold()
    const { guard, recent } = await stats()
    t.is(recent?.count, guard === null ? 23 : undefined, display)
  }
})

test('while the guard holds a post it has no recent figure, and below the least count no recent average', async (t) => {
  const { list, rate, fold, record } = await listing({ maxAgeMs: 0, recentDays: 30 })
  await rate('ada', 1, 5)
  await fold()
  const stats = record.stateOf(1) as PostStats
  const guard = { armed: true, gap: 1, since: 0, memory: { rate: 1 } }
  record.writeState({ ...stats, displayed: { ...stats.displayed, guard } })
  const held = (await list.get(1, null)).stats
  t.is(held.guard?.gap, 1)
  t.false('recent' in held)
  t.is((await list.get(2, null)).stats.recent?.count, 0)
  t.deepEqual(recentFigure([0, 0, 0, 0, 0, 4], 7, 5), { days: 7, count: 4, average: null })
  t.deepEqual(recentFigure([0, 0, 0, 0, 0, 5], 7, 5), { days: 7, count: 5, average: 5 })
})

test('of two readings that overtake each other the newer state is shown', (t) => {
  const text = { id: 1, title: 'Title', content: 'Text', createdBy: 'ada', createdAt: 0 }
  const page = new ShownPage([{ post: text, key: { sort: 'newest', postId: 1 } }], false)
  const shown = (version: number) => ({
    post: { id: 1 } as ShownPost['post'],
    json: `${version}`,
    version,
    until: null,
  })
  page.show([shown(2)])
  page.show([shown(1)])
  t.is(page.posts[0]?.version, 2)
  page.show([shown(2), shown(3)])
  t.is(page.posts[0]?.version, 3)
})

interface Options {
  maxAgeMs?: number
  clock?: { time: number }
  visibleTo?: (userId: string | null) => number[]
  recentDays?: number
  display?: DisplayPolicyName
}

/** Three posts without ratings. */
async function listing({ maxAgeMs = 1_000, clock, visibleTo, recentDays, display = 'guard' }: Options = {}) {
  const time = { now: () => clock?.time ?? Date.now() }
  const record = new MemoryRecord({ clock: time, settings: { ...defaultDisplaySettings, display } })
  const ports = memoryPorts(record)
  await addPosts(ports, 3)
  const calls = { pages: 0 }
  let held: Promise<void> = Promise.resolve()
  const posts: PostStore = {
    create: (draft) => ports.postStore.create(draft),
    find: (ids) => ports.postStore.find(ids),
    delete: (id) => ports.postStore.delete(id),
    page: async (query) => {
      calls.pages++
      const page = await ports.postStore.page(query)
      await held
      return page
    },
    visible: async (ids, userId) => (visibleTo ? visibleTo(userId).filter((id) => ids.includes(id)) : [...ids]),
  }
  const deployment = new Deployment(ports.settingsStore)
  const stats = new ReadStats(new MemoryStatsStore(), ports.recordReader, deployment, time, silentLogger)
  const list = new ListPosts(
    posts,
    stats,
    new RecentFigures(ports.recordReader, recentDays ?? null),
    deployment,
    time,
    maxAgeMs,
  )
  const rate = (userId: string, postId: number, score: number) =>
    ports.ratingStore.rate([{ postId, userId, score: score as 0 | 1 | 2 | 3 | 4 | 5 }])
  const hold = () => {
    let release = () => {}
    held = new Promise((resolve) => {
      release = resolve
    })
    return () => release()
  }
  return { list, calls, record, ports, rate, fold: () => foldAll(ports), hold }
}
