import { setTimeout as sleep } from 'node:timers/promises'
import { createPostRate, type RatingChange } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { judge } from '../helpers/judge.ts'
import { readTopic } from '../helpers/read-topic.ts'
import { withServices } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'

const windowSeconds = 3

withServices('an exclusion and its end go through Kafka to Redis, and show at nextUpdateAt', async (t) => {
  t.timeout(60_000)
  const database = await testDatabase(t, { migrated: false })
  const redis = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const options = { database, redis: redis.url, redisPrefix: redis.prefix, kafka: { brokers }, topic, group }
  const postRate = createPostRate(options)
  cleanUp(t, () => postRate.close())
  await postRate.migrate({ settings: { display: 'freeze', windowSeconds } })
  await postRate.start({ relay: true, consumer: true })
  const { id: postId } = await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'author' })
  const published = async () => (await postRate.status()).outbox?.rows === 0

  await postRate.ratings.rate({ postId, userId: 'ada', score: 5 })
  const { ratedAt } = await postRate.ratings.rate({ postId, userId: 'bo', score: 5 })
  const from = new Date(Date.parse(ratedAt) + 1).toISOString()
  await sleep(5)
  for (const userId of ['x', 'y', 'z']) await postRate.ratings.rate({ postId, userId, score: 0 })
  await eventually(async () => (await postRate.posts.get(postId)).stats.count === 5)

  /** What was shown holds until the moment that was promised, then the new figures show. */
  const showsAtTheEnd = async (act: () => Promise<unknown>, average: number) => {
    await eventually(published)
    // Begun early in a window, so that its end is not what the next look is promised.
    const before = await eventually(async () => {
      const { stats } = await postRate.posts.get(postId)
      const left = Date.parse(stats.nextUpdateAt ?? '') - postRate.now()
      return left > 1_500 && stats
    })
    await act()
    await eventually(async () => {
      const { stats } = await postRate.posts.get(postId)
      const now = postRate.now()
      if (stats.average === before.average) return false
      t.true(now >= Date.parse(before.nextUpdateAt as string) - 20, 'it showed before the promised moment')
      return t.is(stats.average, average)
    })
    await eventually(published)
    await eventually(() => judge(database, redis.url, redis.prefix))
    t.like(await postRate.stats.verify({ wait: 5 }), { drift: [], pending: 0 })
  }

  const why = { postId, by: 'mod', reason: 'a raid' }
  await showsAtTheEnd(async () => t.like(await postRate.moderation.exclude({ ...why, from }), { ratings: 3 }), 5)
  t.is((await postRate.posts.get(postId, { userId: 'x' })).myScore, 0)
  t.deepEqual((await postRate.stats.get([postId]))[0]?.live.histogram, [0, 0, 0, 0, 0, 2])
  // Whoever rates again is counted again, while the period stays out.
  await showsAtTheEnd(() => postRate.ratings.rate({ postId, userId: 'x', score: 2 }), 4)
  await showsAtTheEnd(async () => t.like(await postRate.moderation.restore(why), { ratings: 2 }), 2.4)
  t.is(await postRate.users.erase('y'), 1)
  await eventually(published)
  await eventually(() => judge(database, redis.url, redis.prefix))

  const { published: count } = postRate.counters
  const messages = (await readTopic<RatingChange>({ brokers, topic }, count)).map(({ value }) => value)
  const told = (userId: string) =>
    messages.filter((change) => change.userId === userId).map(({ previousScore, score }) => [previousScore, score])
  t.deepEqual(told('x'), [
    [null, 0],
    [0, null],
    [null, 2],
  ])
  t.deepEqual(told('z'), [
    [null, 0],
    [0, null],
    [null, 0],
  ])
})
