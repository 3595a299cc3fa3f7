import type { ExecutionContext } from 'ava'
import { createPostRate } from 'post-rate'
import { runCommand, startCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { fullProfile } from '../helpers/full-profile.ts'
import { runSql } from '../helpers/test-database.ts'

/** Long, wide, from right to left, and with what would move a terminal's cursor. */
const titles = [
  'A title that goes on and on, as titles do where nobody has told their author that a list has columns',
  '漢字とかな、全角の見出し',
  'שלום עולם: a title from right to left',
  'Ten recipes for 🍞 and 🥐 that work 👨‍👩‍👧',
  'Cleared \u001b[2J and coloured \u001b[31m',
]
/** Enough for a rebuild to take some seconds. */
const olderPosts = 60_000

/** PostgreSQL, Kafka and Redis with a relay and a consumer, many posts, and one that is raided. */
export async function livelyDeployment(t: ExecutionContext) {
  const { options, ...profile } = await fullProfile(t)
  const env = {
    DATABASE_URL: profile.database,
    REDIS_URL: profile.redis.url,
    POST_RATE_REDIS_PREFIX: profile.redis.prefix,
    KAFKA_BROKERS: profile.kafka.brokers.join(),
    POST_RATE_TOPIC: profile.kafka.topic,
    POST_RATE_GROUP: profile.kafka.group,
  }
  const postRate = createPostRate(options)
  t.teardown(() => postRate.close())
  await postRate.migrate({ settings: { windowSeconds: 20 } })
  await runSql(
    profile.database,
    `insert into post_rate.posts (title, content, created_by)
select 'Post number ' || n, 'Text', 'u' || n % 100 from generate_series(1, $1::int) n`,
    [olderPosts],
  )
  await startCommand(t, ['relay'], env).says(/The relay runs/)
  await startCommand(t, ['consumer'], env).says(/The consumer runs/)
  await runCommand(t, ['seed', '--posts', '40', '--users', '200', '--ratings', '2500'], env)
  const ids: number[] = []
  for (const title of titles) ids.push((await postRate.posts.create({ title, content: 'Text', createdBy: 'ada' })).id)
  const [raided = 0, ...posts] = ids
  const rate = (user: string, score: number) => postRate.ratings.rate({ postId: raided, userId: user, score })
  for (let n = 0; n < 60; n++) await rate(`fan ${n}`, 4 + (n % 2))
  await eventually(async () => (await postRate.stats.get([raided]))[0]?.displayed.count === 60, { timeout: 60_000 })
  for (let n = 0; n < 300; n++) await rate(`raider ${n}`, 0)
  await eventually(async () => (await postRate.guard.armed()).length > 0, { timeout: 60_000 })
  return { database: profile.database, env, postRate, posts, raided }
}
