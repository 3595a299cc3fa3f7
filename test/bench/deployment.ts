import { setTimeout as sleep } from 'node:timers/promises'
import { makeTopic } from './backlog.ts'
import type { Bench, Program } from './bench.ts'
import { count } from './host.ts'
import { fill } from './rated-posts.ts'

/** PostgreSQL, Kafka and Redis filled with rated posts, and their roles as processes of the command line. */
export interface Deployment {
  database: string
  redis: string
  kafka: string
  topic: string
  /** What the roles are configured with. */
  env: Record<string, string>
  relay(): Promise<Program>
  consumer(): Promise<Program>
  /** Resolves when everything that was rated is in Redis; there must be a relay and a consumer. */
  settled(): Promise<void>
  /** {@link settled}, and the first half minute of a consumer over, in which it brings recent changes again. */
  steady(): Promise<void>
  drop(): Promise<void>
}

/** `name` is the topic's, too. */
export async function deploy(bench: Bench, name: string, posts: number): Promise<Deployment> {
  const [database, redis, kafka] = [await bench.database(), await bench.redis(), await bench.kafka()]
  await fill(bench, database, { posts, ratingsPerPost: 1 })
  await count(bench, { DATABASE_URL: database, REDIS_URL: redis })
  await makeTopic(bench, kafka, name)
  const env = { DATABASE_URL: database, REDIS_URL: redis, KAFKA_BROKERS: kafka, POST_RATE_TOPIC: name }
  const settled = async () => {
    for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
      const [row] = await bench.sql(database, 'select from post_rate.rating_outbox limit 1')
      const copies = await bench.onRedis(redis, (client) => client.dbsize())
      if (row === undefined && copies >= posts) return
      if (Date.now() > deadline) throw new Error(`After a minute Redis has ${copies} of ${posts} posts`)
    }
  }
  return {
    ...{ database, redis, kafka, topic: name, env },
    relay: () => bench.role(['relay'], env, /The relay runs/),
    consumer: () => bench.role(['consumer'], env, /The consumer runs/),
    settled,
    async steady() {
      await Promise.all([settled(), sleep(31_000)])
    },
    drop: () => bench.dropDatabase(database),
  }
}
