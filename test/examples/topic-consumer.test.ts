import test from 'ava'
import { createPostRate } from 'post-rate'
import { BurstDetector } from '../../examples/topic-consumer/burst-detector.js'
import { cleanUp } from '../helpers/clean-up.ts'
import { withServices } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { startExample } from './start-example.ts'

withServices('a consumer in a group of its own reports a burst and disturbs nobody', async (t) => {
  const [database, redis, { brokers, topic, group }] = [await testDatabase(t), testRedis(t), testTopic(t)]
  const postRate = createPostRate({
    database,
    redis: redis.url,
    redisPrefix: redis.prefix,
    kafka: { brokers },
    topic,
    group,
  })
  cleanUp(t, () => postRate.close())
  // Started first: it waits for the topic.
  const example = startExample(t, 'topic-consumer/main.js', {
    KAFKA_BROKERS: brokers.join(),
    POST_RATE_TOPIC: topic,
    WATCH_GROUP: `${group}-watch`,
    WATCH_RATINGS: '5',
  })
  const [attacked, quiet] = await Promise.all(
    ['Attacked', 'Quiet'].map((title) => postRate.posts.create({ title, content: 'Text.', createdBy: 'ada' })),
  )
  await postRate.start({ relay: true, consumer: true })
  for (let n = 1; n <= 8; n++) {
    await postRate.ratings.rate({ postId: attacked?.id ?? 0, userId: `crowd-${n}`, score: 0 })
    await postRate.ratings.rate({ postId: quiet?.id ?? 0, userId: `crowd-${n}`, score: n % 6 })
  }

  const [line] = await example.printed(/^\{.*\}$/m)
  const burst = JSON.parse(line)
  t.deepEqual(
    { ...burst, since: '', until: '' },
    {
      postId: attacked?.id,
      score: 0,
      ratings: 6,
      seconds: 60,
      since: '',
      until: '',
    },
  )
  t.true(Date.parse(burst.since) <= Date.parse(burst.until))
  const { drift } = await postRate.stats.verify({ wait: 30 })
  t.deepEqual(drift, [], 'The statistics have another consumer, which saw everything, too')

  example.signal('SIGTERM')
  t.is(await example.ended, 0)
  t.is(example.stdout().trim().split('\n').length, 1, 'A burst is reported once')
})

test('the detector counts a repeated message once, forgets what is old, and reports a new burst anew', (t) => {
  const detector = new BurstDetector({ limit: 2, seconds: 60 })
  let made = 0
  const at = (second: number, change: object = {}) =>
    detector.take({
      schema: 1,
      kind: 'rating',
      source: 'here',
      eventId: `e${made++}`,
      postId: 7,
      score: 0,
      ratedAt: new Date(second * 1000).toISOString(),
      ...change,
    })
  t.is(at(0), null)
  t.is(at(1), null)
  t.is(at(1, { eventId: 'e1' }), null)
  t.is(at(2, { score: 5 }), null)
  t.is(at(2, { score: null }), null)
  t.is(at(2, { kind: 'display' }), null)
  t.is(at(2, { schema: 2 }), null)
  t.is(at(2, { source: 'elsewhere' }), null)
  t.deepEqual(at(3), {
    postId: 7,
    score: 0,
    ratings: 3,
    seconds: 60,
    since: '1970-01-01T00:00:00.000Z',
    until: '1970-01-01T00:00:03.000Z',
  })
  t.is(at(4), null)
  t.is(at(70), null)
  t.is(at(71), null)
  t.is(at(72)?.ratings, 3)
  detector.forgetQuiet()
})
