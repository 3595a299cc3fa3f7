import type { Bench, Program } from './bench.ts'
import { fill } from './rated-posts.ts'

export const backlogPosts = 10_000

/** A million messages of a deployment, in as many topics as there are runs, made when they are first asked for. */
export interface Backlog {
  /** The deployment's database. */
  database: string
  /** Messages of each topic. */
  messages: number
  /** Sends what it prepares as fast as kafkajs does. */
  producer: Program
  /** Sends the messages of topic `n`; messages per second. */
  send(n: number): Promise<number>
  /** The name of topic `n`, once its messages are in it. */
  topic(n: number): Promise<string>
}

const backlogs = new WeakMap<Bench, Promise<Backlog>>()

/** The same for all rows that ask for it. */
export function backlogOf(bench: Bench): Promise<Backlog> {
  const known = backlogs.get(bench) ?? make(bench)
  backlogs.set(bench, known)
  return known
}

async function make(bench: Bench): Promise<Backlog> {
  const database = await bench.database()
  await fill(bench, database, { posts: backlogPosts, ratingsPerPost: 0 })
  const [row] = await bench.sql<{ source: string }>(database, 'select source from post_rate.settings')
  const kafka = await bench.kafka()
  const producer = await bench.program('produce-loop', { kafka, posts: backlogPosts, source: row?.source })
  const messages = Math.round((1_000_000 / bench.runs) * bench.scale)
  const sent = new Map<number, Promise<number>>()
  const send = async (n: number) => {
    await makeTopic(bench, kafka, `backlog-${n}`)
    // Before all others the first state of every post: a copy to begin with.
    await producer.ask({ what: 'prepare', ...(n > 0 && { messages }) })
    return producer.ask<number>({ what: 'send', topic: `backlog-${n}` })
  }
  const once = (n: number) => {
    const known = sent.get(n) ?? send(n)
    sent.set(n, known)
    return known
  }
  await once(0)
  const topic = async (n: number) => {
    await once(n)
    return `backlog-${n}`
  }
  return { database, messages, producer, send: once, topic }
}

export async function makeTopic(bench: Bench, kafka: string, topic: string): Promise<void> {
  const admin = bench.kafkaClient(kafka).admin()
  await admin.connect()
  try {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 6, replicationFactor: 1 }] })
  } finally {
    await admin.disconnect()
  }
}
