import { startCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { judge } from '../helpers/judge.ts'
import { withServices } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'

const posts = 300

withServices(
  'two equal and two different ratings of one user at the same instant, 300 times, by two servers',
  async (t) => {
    t.timeout(120_000)
    const database = await testDatabase(t)
    const redis = testRedis(t)
    const kafka = await testTopic(t)
    const env = {
      DATABASE_URL: database,
      REDIS_URL: redis.url,
      POST_RATE_REDIS_PREFIX: redis.prefix,
      KAFKA_BROKERS: kafka.brokers.join(),
      POST_RATE_TOPIC: kafka.topic,
      POST_RATE_GROUP: kafka.group,
    }
    await runSql(
      database,
      `insert into post_rate.posts (title, content, created_by)
       select 'Post ' || n, 'Text', 'author' from generate_series(1, $1::int) n`,
      [posts],
    )
    const servers = [0, 1].map(() => startCommand(t, ['serve', '--port', '0', '--auth', 'header:X-User'], env))
    startCommand(t, ['consumer'], env)
    const urls = await Promise.all(servers.map(async (server) => (await server.says(/http:\/\/[\d.:]+/))[0]))
    const rate = async (server: number, post: number, user: string, score: number) => {
      const answer = await fetch(`${urls[server]}/posts/${post}/rating`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json', 'X-User': user },
        body: JSON.stringify({ score }),
      })
      return { status: answer.status, ...((await answer.json()) as { previousScore: number | null; changed: boolean }) }
    }
    for (let post = 1; post <= posts; post++) {
      const [a, b, c, d] = await Promise.all([
        rate(0, post, 'equal', 4),
        rate(1, post, 'equal', 4),
        rate(0, post, 'different', 1),
        rate(1, post, 'different', 5),
      ])
      t.deepEqual([a.status, b.status, c.status, d.status], [200, 200, 200, 200])
      // Of two equal ones exactly one changed something; of two different ones the second replaced the first.
      t.is(Number(a.changed) + Number(b.changed), 1)
      t.deepEqual([c.previousScore, d.previousScore], c.previousScore === null ? [null, 1] : [5, null])
    }
    await eventually(async () => (await runSql(database, 'select 1 from post_rate.rating_outbox')).length === 0, {
      timeout: 20_000,
    })
    const wrong = await runSql(
      database,
      `select s.post_id from post_rate.post_stats s
     join (select post_id, count(*) n, sum(score) total from post_rate.ratings group by 1) r using (post_id)
     where n <> 2 or total not in (5, 9) or
       (select sum(c) from unnest(s.counts) c) <> n or
       (select sum(c * (i - 1)) from unnest(s.counts) with ordinality as u (c, i)) <> total`,
    )
    t.deepEqual(wrong, [])
    await eventually(() => judge(database, redis.url, redis.prefix), { timeout: 20_000 })
  },
)
