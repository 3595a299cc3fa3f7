import type { ExecutionContext } from 'ava'
import { Cluster, Redis } from 'ioredis'
import { createRedisClients } from '../../packages/post-rate/src/adapters/redis/redis-client.ts'
import { RedisStatsStore } from '../../packages/post-rate/src/adapters/redis/redis-stats-store.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis, privateRedisCluster } from '../helpers/private-servers.ts'
import { withRedis, withRedisServer } from '../helpers/requires.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { damped, stateOf, tombstoneOf } from './states.ts'
import { idsOf, markOf, testStatsStore } from './stats-store.ts'

const trusted = { trusted: true, ceiling: 2 ** 40 }
const untrusted = { trusted: false, ceiling: 2 ** 40 }

testStatsStore('redis', withRedis, { create: (t) => onRedis(t).store })

withRedis.serial('redis: the hash can be read by a person', async (t) => {
  const { store, redis, prefix } = onRedis(t)
  await store.apply([stateOf(123, 4), damped(5, 3)], trusted)
  t.deepEqual(await redis.hgetall(`${prefix}{123}`), {
    ...{ version: '4', count: '3', sum: '7', h0: '1', h1: '0', h2: '1', h3: '0', h4: '0', h5: '1', activity: '4' },
    ...{ shownCount: '3', shownSum: '7', shownAverage: '2.3333' },
    ...{ s0: '1', s1: '0', s2: '1', s3: '0', s4: '0', s5: '1', shownActivity: '4', guard: '' },
    ...{
      asOf: '2025-01-01T00:00:00.004Z',
      nextUpdateAt: '2025-01-01T00:05:00.000Z',
      stepAt: '2025-01-01T00:05:00.000Z',
    },
  })
  t.deepEqual(JSON.parse((await redis.hget(`${prefix}{5}`, 'guard')) as string).memory, {
    rate: 1,
    low: 2.5,
    rankedCount: 3,
  })
  t.is(await redis.pttl(`${prefix}{123}`), -1)
})

withRedis.serial('redis: a tombstone says so and expires after the topic forgot the post', async (t) => {
  const { store, redis, prefix } = onRedis(t)
  await store.apply([tombstoneOf(1, 4), stateOf(2, 4)], trusted)
  t.is(await redis.hget(`${prefix}{1}`, 'deleted'), '1')
  const days = (await redis.pttl(`${prefix}{1}`)) / 86_400_000
  t.true(days > 7.9 && days <= 8)
  // A lifetime that somebody took away or gave comes back to what it was.
  await redis.persist(`${prefix}{1}`)
  await redis.expire(`${prefix}{2}`, 1000)
  t.deepEqual(await store.apply([tombstoneOf(1, 4), stateOf(2, 4)], trusted), ['same', 'same'])
  t.true((await redis.pttl(`${prefix}{1}`)) > 0)
  t.is(await redis.pttl(`${prefix}{2}`), -1)
  t.deepEqual(await store.apply([stateOf(1, 5)], trusted), ['written'])
  t.is(await redis.pttl(`${prefix}{1}`), -1)
  t.is(await redis.hexists(`${prefix}{1}`, 'deleted'), 0)
})

const damages: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  'a version that is no number': (redis, key) => redis.hset(key, 'version', 'abc'),
  'a version with a sign': (redis, key) => redis.hset(key, 'version', '+5'),
  'a version with a fraction': (redis, key) => redis.hset(key, 'version', '5.5'),
  'a version of 2^53': (redis, key) => redis.hset(key, 'version', '9007199254740992'),
  'a version of 9e18': (redis, key) => redis.hset(key, 'version', '9000000000000000000'),
  'a missing field': (redis, key) => redis.hdel(key, 'h3'),
  'a missing guard': (redis, key) => redis.hdel(key, 'guard'),
  'an extra field': (redis, key) => redis.hset(key, 'note', 'hello'),
  'a negative count': (redis, key) => redis.hset(key, 'h3', '-1'),
  'a count that is not the sum of the histogram': (redis, key) => redis.hset(key, 'count', '1000'),
  'a shown histogram that adds up to something else': (redis, key) => redis.hset(key, 's5', '1000'),
  'an average out of range': (redis, key) => redis.hset(key, 'shownAverage', '5.5'),
  'a time that is none': (redis, key) => redis.hset(key, 'asOf', 'yesterday'),
  'an empty time': (redis, key) => redis.hset(key, 'asOf', ''),
  'a guard that is not JSON': (redis, key) => redis.hset(key, 'guard', '{'),
  'a guard too deep for the parser': (redis, key) => redis.hset(key, 'guard', '['.repeat(100_000)),
  'a string in its place': (redis, key) => redis.set(key, 'oops'),
  'a list in its place': async (redis, key) => {
    await redis.del(key)
    await redis.rpush(key, 'oops')
  },
}

for (const [name, damage] of Object.entries(damages)) {
  withRedis.serial(`redis: ${name} counts as missing and is overwritten`, async (t) => {
    const { store, redis, prefix } = onRedis(t)
    await store.apply([stateOf(1, 6), stateOf(2, 6)], trusted)
    await damage(redis, `${prefix}{1}`)
    t.deepEqual([...(await store.read([1, 2])).states.keys()], [2])
    t.deepEqual(await store.apply([stateOf(1, 6)], untrusted), ['unknown'])
    t.deepEqual(await store.apply([stateOf(1, 6)], trusted), ['written'])
    t.deepEqual((await store.read([1])).states.get(1), stateOf(1, 6))
  })
}

withRedis.serial('redis: tampering that adds up is a conflict', async (t) => {
  const { store, redis, prefix } = onRedis(t)
  await store.apply([stateOf(1, 6)], trusted)
  await redis.hset(`${prefix}{1}`, 'h5', '2', 'count', '3', 'sum', '12')
  t.deepEqual(await store.apply([stateOf(1, 6)], trusted), ['conflict'])
  t.deepEqual(await store.apply([stateOf(1, 7)], untrusted), ['written'])
})

withRedis.serial('redis: a copy that was tampered with is not taken for the one that is known', async (t) => {
  const { store, redis, prefix } = onRedis(t)
  const known = [1, 2, 3, 4, 5].map((id) => stateOf(id, 6))
  await store.apply(known, trusted)
  await redis.hset(`${prefix}{1}`, 'activity', '7')
  await redis.hdel(`${prefix}{2}`, 'guard')
  await redis.hset(`${prefix}{2}`, 'other', '')
  await redis.set(`${prefix}{3}`, 'text')
  await redis.del(`${prefix}{4}`)
  const { states } = await store.read([1, 2, 3, 4, 5], { known })
  t.deepEqual([...states.keys()].sort(), [1, 5])
  t.is(states.get(1)?.activity, 7)
  // Nothing was sent of the one that is equal.
  t.is(states.get(5), known[4])
})

withRedis.serial('redis: foreign keys are neither listed nor touched; a prefix is no pattern', async (t) => {
  const { url, prefix } = testRedis(t)
  const store = storeAt(t, url, `${prefix}a*[b]?\\:`)
  const other = storeAt(t, url, `${prefix}aXb?\\:`)
  await store.apply([stateOf(1, 1)], trusted)
  await other.apply([stateOf(2, 1)], trusted)
  const redis = connect(t, url)
  for (const id of ['01', '0', '-1', '1e3', '9007199254740993', 'x', '1}{2', ''])
    await redis.set(`${prefix}a*[b]?\\:{${id}}`, 'foreign')
  t.deepEqual(await idsOf(store), [1])
  t.deepEqual(await idsOf(other), [2])
})

withRedis.serial('redis: a prefix that cannot be part of a key is refused', (t) => {
  const clients = createRedisClients(process.env.TEST_REDIS_URL as string)
  cleanUp(t, () => clients.close())
  for (const prefix of ['', 'a{', '}', 'a\n', 'x'.repeat(101), '\ud800'])
    t.throws(() => new RedisStatsStore(clients, { prefix }), { code: 'INVALID_INPUT' }, JSON.stringify(prefix))
  t.notThrows(() => new RedisStatsStore(clients, { prefix: 'ünïcödé 🙂:' }))
})

withRedis.serial("redis: a host's client keeps its own prefix and stays open", async (t) => {
  const { url, prefix } = testRedis(t)
  const host = connect(t, url, { keyPrefix: `${prefix}host*:` })
  const clients = createRedisClients(host)
  const store = new RedisStatsStore(clients, { prefix: 'pr:' })
  await store.apply([stateOf(1, 1), stateOf(2, 1)], trusted)
  t.deepEqual((await idsOf(store)).sort(), [1, 2])
  t.is((await store.read([1])).states.size, 1)
  await store.remove([1])
  t.deepEqual(await idsOf(store), [2])
  await clients.close()
  t.is(await host.ping(), 'PONG')
})

withRedis.serial('redis: a mark of the wrong type is lost, then set anew', async (t) => {
  const { store, redis, prefix } = onRedis(t)
  await redis.set(`${prefix}mark`, 'oops')
  t.deepEqual(await store.mark(), { identity: null, watermark: null, source: null })
  t.is((await store.read([1])).watermark, null)
  t.is((await store.mark(markOf(5))).watermark, 5)
  await redis.set(`${prefix}mark`, 'oops')
  t.like(await store.mark({ source: 'one', holdMs: 1_000 }), { holder: 'one', source: 'one', watermark: null })
})

withRedisServer.serial('redis: SCRIPT FLUSH in the middle heals', async (t) => {
  const server = await privateRedis(t)
  const redis = connect(t, server.url)
  const store = storeAt(t, server.url, 'p:')
  for (let version = 1; version <= 20; version++) {
    const states = Array.from({ length: 1200 }, (_, i) => stateOf(i + 1, version))
    const [outcomes] = await Promise.all([store.apply(states, trusted), redis.script('FLUSH')])
    t.true(outcomes.every((outcome) => outcome === 'written'))
  }
  t.is((await idsOf(store)).length, 1200)
})

withRedisServer.serial('redis: a flushed or restarted server has another identity', async (t) => {
  const server = await privateRedis(t)
  const redis = connect(t, server.url)
  const store = storeAt(t, server.url, 'p:')
  const { identity } = await store.mark(markOf(1))
  await redis.flushall()
  t.is((await store.mark()).identity, null)
  t.not((await store.mark(markOf(2))).identity, identity)
})

withRedisServer.serial('redis: a full server refuses, keeps what it has, and works again', async (t) => {
  const server = await privateRedis(t)
  const redis = connect(t, server.url)
  const store = storeAt(t, server.url, 'p:')
  await store.apply([stateOf(1, 1)], trusted)
  await redis.config('SET', 'maxmemory', '1')
  const error = await t.throwsAsync(store.apply([stateOf(2, 1)], trusted), { code: 'UNAVAILABLE' })
  t.regex(error?.message ?? '', /OOM/)
  t.is((await store.read([1, 2])).states.size, 1)
  await redis.config('SET', 'maxmemory', '0')
  t.deepEqual(await store.apply([stateOf(2, 1)], trusted), ['written'])
})

withRedisServer.serial('redis: a stopped server fails readers fast, and is used again when it goes on', async (t) => {
  const server = await privateRedis(t)
  const store = storeAt(t, server.url, 'p:')
  await store.apply([stateOf(1, 1)], trusted)
  await store.read([1])
  server.signal('SIGSTOP')
  for (let i = 0; i < 20; i++) {
    const before = Date.now()
    await t.throwsAsync(store.read([1]), { code: 'UNAVAILABLE' })
    t.true(Date.now() - before < 450)
  }
  server.signal('SIGCONT')
  const read = await eventually(() => store.read([1]))
  t.is(read.states.size, 1)
})

withRedisServer.serial('redis: a killed server says where it was and what to do, without the password', async (t) => {
  const server = await privateRedis(t)
  const { host, port } = new URL(server.url)
  await connect(t, server.url).config('SET', 'requirepass', 'sesame-street')
  const store = storeAt(t, `redis://:sesame-street@${host}`, 'p:')
  await store.apply([stateOf(1, 1)], trusted)
  await server.stop()
  const error = await t.throwsAsync(
    eventuallyFails(() => store.read([1])),
    { code: 'UNAVAILABLE' },
  )
  t.regex(error?.message ?? '', new RegExp(`^Cannot reach Redis at 127\\.0\\.0\\.1:${port}: .*docker compose up`))
  const wrong = storeAt(t, `redis://:sesame-street@127.0.0.1:1`, 'p:')
  const refused = await t.throwsAsync(wrong.apply([stateOf(1, 1)], trusted), { code: 'UNAVAILABLE' })
  for (const failure of [error, refused]) t.false(JSON.stringify(inspectable(failure)).includes('sesame'))
})

withRedisServer.serial('redis: a wrong password is a clear refusal without the password', async (t) => {
  const server = await privateRedis(t)
  await connect(t, server.url).config('SET', 'requirepass', 'sesame-street')
  const store = storeAt(t, server.url.replace('redis://', 'redis://:wrong-secret@'), 'p:')
  const error = await t.throwsAsync(store.apply([stateOf(1, 1)], trusted), { code: 'UNAVAILABLE' })
  t.regex(error?.message ?? '', /^Cannot use Redis at .* refused the login.*WRONGPASS/)
  t.false(JSON.stringify(inspectable(error)).includes('wrong-secret'))
})

withRedisServer.serial('cluster: three masters, each with its own share and its own mark', async (t) => {
  const server = await privateRedisCluster(t)
  const store = storeAt(t, `${server.url}?cluster=true`, 'p:')
  const states = Array.from({ length: 3000 }, (_, i) => stateOf(i + 1, 5))
  t.true((await store.apply(states, trusted)).every((outcome) => outcome === 'written'))
  t.true((await store.apply(states, untrusted)).every((outcome) => outcome === 'same'))
  const read = await store.read(states.slice(0, 100).map((state) => state.postId))
  t.deepEqual([...read.states.values()], states.slice(0, 100))
  t.is((await idsOf(store)).length, 3000)

  const { identity } = await store.mark(markOf(1000))
  t.deepEqual(await store.mark(), { identity, ...markOf(1000) })
  const cluster = new Cluster([server.url])
  cleanUp(t, () => cluster.disconnect())
  await cluster.ping()
  const shares = await Promise.all(cluster.nodes('master').map((node) => node.dbsize()))
  t.is(shares.length, 3)
  t.true(shares.every((share) => share > 800))
  t.is((await store.mark({ source: 'this deployment', holdMs: 60_000 })).holder, 'this deployment')
  t.is((await store.mark({ source: 'another', holdMs: 60_000 })).holder, 'this deployment')
  await cluster.nodes('master')[1]?.flushall()
  t.is((await store.mark()).identity, null)
  t.is((await store.read(states.slice(0, 50).map((state) => state.postId))).watermark, null)
  t.true((await idsOf(store)).length < 2200)
  await Promise.all(cluster.nodes('master').map((node) => node.script('FLUSH')))
  const again = await store.apply(states, trusted)
  t.true(again.includes('written') && again.includes('same'))
  await store.remove(states.slice(10).map((state) => state.postId))
  t.is((await idsOf(store)).length, 10)
})

withRedisServer.serial('cluster: slots that move to another node meanwhile are followed', async (t) => {
  const server = await privateRedisCluster(t)
  const store = storeAt(t, `${server.url}?cluster=true`, 'p:')
  const states = (version: number) => Array.from({ length: 600 }, (_, i) => stateOf(i + 1, version))
  await store.apply(states(1), trusted)
  const cluster = new Cluster([server.url])
  cleanUp(t, () => cluster.disconnect())
  await cluster.ping()
  const nodes = cluster.nodes('master')
  const [from, to] = nodes as [Redis, Redis]
  const [fromId, toId] = (await Promise.all([from, to].map((node) => node.cluster('MYID')))) as [string, string]
  let moved = 0
  for (let slot = 0; slot < 16_384 && moved < 40; slot++) {
    const keys = (await from.cluster('GETKEYSINSLOT', slot, 10).catch(() => [])) as string[]
    if (keys.length === 0) continue
    await to.cluster('SETSLOT', slot, 'IMPORTING', fromId)
    await from.cluster('SETSLOT', slot, 'MIGRATING', toId)
    for (const key of keys) await from.migrate(to.options.host as string, to.options.port as number, key, 0, 2000)
    if (moved % 2 === 0) for (const node of nodes) await node.cluster('SETSLOT', slot, 'NODE', toId)
    moved++
  }
  t.true(moved > 10)
  t.true((await store.apply(states(2), trusted)).every((outcome) => outcome === 'written'))
  const read = await store.read(
    states(2).map((state) => state.postId),
    { patient: true },
  )
  t.deepEqual([...read.states.values()], states(2))
})

function connect(t: ExecutionContext<unknown>, url: string, options: { keyPrefix?: string } = {}): Redis {
  const redis = new Redis(url, options)
  redis.on('error', () => {})
  cleanUp(t, () => redis.disconnect())
  return redis
}

function storeAt(t: ExecutionContext<unknown>, url: string, prefix: string): RedisStatsStore {
  const clients = createRedisClients(url)
  cleanUp(t, () => clients.close())
  return new RedisStatsStore(clients, { prefix })
}

function onRedis(t: ExecutionContext<unknown>): { store: RedisStatsStore; redis: Redis; prefix: string } {
  const { url, prefix } = testRedis(t)
  return { store: storeAt(t, url, prefix), redis: connect(t, url), prefix }
}

async function eventuallyFails(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) await attempt()
}

/** Everything that a log line could make of an error. */
function inspectable(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  return { ...error, message: error.message, stack: error.stack, cause: inspectable(error.cause) }
}
