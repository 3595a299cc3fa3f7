import { execFile } from 'node:child_process'
import type { Redis } from 'ioredis'
import { eventually } from '../helpers/eventually.ts'
import { type PrivateNode, privateRedisCluster } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { askRedis } from '../helpers/services/redis.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { Deployment } from './deployment.ts'

/** A scan over everything every 3 s instead of every 20. */
const timings = { reconciler: { comparisonEveryMs: 3_000 } }
const withCluster = needs('postgres', 'kafka', 'redis-server')

withCluster.serial('a Redis Cluster under load: a node flushed, lost and relieved of its slots', async (t) => {
  t.timeout(300_000)
  const database = await testDatabase(t)
  const cluster = await privateRedisCluster(t)
  const { brokers, topic, group } = testTopic(t)
  const redis = cluster.nodes.map(({ url }) => url)
  const deployment = await Deployment.start(t, {
    ...{ database, redis, posts: 90, writesPerSecond: 40, readsPerSecond: 20, timings },
    env: {
      ...{ DATABASE_URL: database, REDIS_URL: redis.join(','), KAFKA_BROKERS: brokers.join() },
      ...{ POST_RATE_TOPIC: topic, POST_RATE_GROUP: group },
    },
  })
  const { load } = deployment
  const [first, second, third] = cluster.nodes as [PrivateNode, PrivateNode, PrivateNode]

  load.start()
  await deployment.answered(90)
  await deployment.settled('rated')
  for (const { url } of cluster.nodes) t.true((await postsOn(url)).length > 3, 'a node has no share')
  await deployment.run('stats', 'verify')

  load.start()
  await ask(first, (node) => node.script('FLUSH'))
  await deployment.answered(60)
  await deployment.settled('scripts of one node forgotten')

  load.start()
  t.true((await postsOn(second.url)).length > 0)
  await ask(second, (node) => node.flushall())
  await deployment.answered(60)
  await deployment.settled('one node flushed')

  // Nobody rates these posts, so only a scan over every node finds them.
  const unknown = await Promise.all(cluster.nodes.map((node) => plantUnknownPost(node)))
  load.start()
  await eventually(
    async () => {
      const left = await Promise.all(unknown.map(({ node, key }) => ask(node, (client) => client.exists(key))))
      return left.every((exists) => exists === 0)
    },
    { timeout: 60_000, interval: 200, message: 'keys of unknown posts were not removed from every node' },
  )
  await deployment.settled('unknown posts on every node')

  load.start()
  await deployment.answered(30)
  const moved = await reshard(first, second, 2_000)
  t.true(moved > 0, 'no key was moved')
  await reshard(third, first, 1_000)
  await deployment.settled(`3000 slots moved, ${moved} keys with the first 2000`)

  load.start()
  await deployment.answered(30)
  third.signal('SIGKILL')
  await stateOf(first, 'fail')
  await deployment.answered(60)
  await third.restart()
  t.deepEqual(await postsOn(third.url), [], 'it kept its keys')
  await stateOf(first, 'ok')
  await deployment.settled('one master dead for seconds, and back without its data')

  await deployment.run('stats', 'rebuild')
  await deployment.run('stats', 'verify')
})

function ask<T>(node: PrivateNode, question: (redis: Redis) => Promise<T>): Promise<T> {
  return askRedis(node.url, question)
}

function postsOn(url: string): Promise<string[]> {
  return askRedis(url, (redis) => redis.keys('post-rate:{*}'))
}

/** Waits until a node thinks so of the cluster. */
async function stateOf(node: PrivateNode, state: 'ok' | 'fail'): Promise<void> {
  const told = async () => (await ask(node, (redis) => redis.cluster('INFO'))).includes(`cluster_state:${state}`)
  await eventually(told, { timeout: 30_000, message: `the cluster's state is not ${state}` })
}

/** A key for a post that does not exist, on this very node. */
async function plantUnknownPost(node: PrivateNode): Promise<{ node: PrivateNode; key: string }> {
  const port = Number(new URL(node.url).port)
  return ask(node, async (redis) => {
    const slots = await redis.cluster('SLOTS')
    for (let id = 700_000; ; id++) {
      const key = `post-rate:{${id}}`
      const slot = await redis.cluster('KEYSLOT', key)
      if (!slots.some(([from, to, master]) => master?.[1] === port && slot >= from && slot <= to)) continue
      await redis.hset(key, 'version', '1')
      return { node, key }
    }
  })
}

/** Moves slots with their keys; resolves to how many keys the first node lost. */
async function reshard(from: PrivateNode, to: PrivateNode, slots: number): Promise<number> {
  const id = (node: PrivateNode) => ask(node, (redis) => redis.cluster('MYID') as Promise<string>)
  const before = (await postsOn(from.url)).length
  const [source, target] = await Promise.all([id(from), id(to)])
  await new Promise<void>((resolve, reject) => {
    const args = [
      ...['--cluster', 'reshard', new URL(from.url).host, '--cluster-from', source, '--cluster-to', target],
      ...['--cluster-slots', String(slots), '--cluster-yes'],
    ]
    // Not waited for synchronously: the load runs in this process.
    execFile('redis-cli', args, { maxBuffer: 2 ** 26 }, (error) => (error ? reject(error) : resolve()))
  })
  return before - (await postsOn(from.url)).length
}
