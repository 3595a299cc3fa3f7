import test from 'ava'
import { createPostRate } from 'post-rate'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import { PostRateError } from '../../packages/post-rate/src/errors.ts'
import { testStatsStore } from '../contract/stats-store.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { MirroredStatsStore } from './mirrored-stats-store.ts'

testStatsStore('a store of your own', test as never, {
  create: () => new MirroredStatsStore(new MemoryStatsStore(), new MemoryStatsStore()),
})

withPostgres('a store of your own is filled and read by the library, and checked by verify', async (t) => {
  const [first, second] = [new MemoryStatsStore(), new MemoryStatsStore()]
  const postRate = createPostRate({
    database: await testDatabase(t),
    overrides: { statsStore: new MirroredStatsStore(first, second) },
  })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  const { id: postId } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'ada' })
  await postRate.ratings.rate({ postId, userId: 'grace', score: 4 })
  await eventually(async () => (await second.read([postId])).states.get(postId)?.version)
  t.like(await postRate.stats.verify(), { checked: 1, drift: [] })
  first.read = () => Promise.reject(new PostRateError('UNAVAILABLE', 'gone'))
  t.like((await postRate.stats.get([postId]))[0], { source: 'redis', live: { count: 1, sum: 4 } })
})
