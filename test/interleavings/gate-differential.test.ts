import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { MemoryStatsStore } from '../../packages/post-rate/src/adapters/memory/memory-stats-store.ts'
import { createRedisClients } from '../../packages/post-rate/src/adapters/redis/redis-client.ts'
import { RedisStatsStore } from '../../packages/post-rate/src/adapters/redis/redis-stats-store.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import { damped, stateOf, tombstoneOf } from '../contract/states.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withRedis } from '../helpers/requires.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { seed } from './seed.ts'

/** One command to both stores. What a person or another program does to a key in Redis is, to the other store, a loss. */
type Command =
  | { kind: 'apply'; states: readonly PostStats[]; trusted: boolean; ceiling: number }
  | { kind: 'remove'; ids: readonly number[] }
  | { kind: 'mark'; watermark: number }
  | { kind: 'read' }
  | { kind: 'damage'; id: number; how: keyof typeof damages }
  | { kind: 'forget scripts' }

const ceiling = 2 ** 40
const ids = [1, 2]

const damages: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  'a field is gone': (redis, key) => redis.hdel(key, 'h3'),
  'a version that is no number': (redis, key) => redis.hset(key, 'version', '1e3'),
  'figures that do not add up': (redis, key) => redis.hset(key, 'count', '99'),
  'a text in its place': (redis, key) => redis.set(key, 'text'),
  'it expires': (redis, key) => redis.pexpire(key, 0),
}

withRedis.serial('every order of three commands has the same outcome in Redis and in memory', async (t) => {
  const compare = await stores(t)
  const states = [
    ...[stateOf(1, 9), stateOf(1, 10), stateOf(1, 10, { activity: 77 }), tombstoneOf(1, 10), tombstoneOf(1, 11)],
    stateOf(1, ceiling),
  ]
  const apply = (state: PostStats, trusted: boolean, below = ceiling): Command => {
    return { kind: 'apply', states: [state], trusted, ceiling: below }
  }
  const alphabet: Command[] = [
    ...states.flatMap((state) => [apply(state, true), apply(state, false)]),
    ...[true, false].map((trusted) => apply(stateOf(1, ceiling + 1), trusted, 2 ** 50)),
    { kind: 'remove', ids: [1] },
    ...Object.keys(damages).map((how): Command => ({ kind: 'damage', id: 1, how })),
    { kind: 'forget scripts' },
  ]
  let orders = 0
  for (const first of alphabet)
    for (const second of alphabet)
      for (const third of alphabet) {
        const difference = await compare([first, second, third])
        if (difference !== null) t.fail(difference)
        orders++
      }
  t.log(`${orders} orders of ${alphabet.length} commands`)
  t.is(orders, alphabet.length ** 3)
})

withRedis.serial('any commands have the same outcome in Redis and in memory', async (t) => {
  const compare = await stores(t)
  const version = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(99, 100, ceiling - 1, ceiling, ceiling + 1))
  const state = fc
    .tuple(fc.constantFrom(...ids), version, fc.constantFrom('state', 'other', 'tombstone', 'damped'))
    .map(([id, n, kind]) => {
      if (kind === 'tombstone') return tombstoneOf(id, n)
      if (kind === 'damped') return damped(id, n)
      return kind === 'other' ? stateOf(id, n, { activity: 77 }) : stateOf(id, n)
    })
  const apply = fc.record({
    kind: fc.constant('apply' as const),
    states: fc.array(state, { minLength: 1, maxLength: 4 }),
    trusted: fc.boolean(),
    ceiling: fc.constantFrom(ceiling, ceiling, 2 ** 50),
  })
  const command: fc.Arbitrary<Command> = fc.oneof(
    { weight: 8, arbitrary: apply },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('remove' as const), ids: fc.subarray(ids, { minLength: 1 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('mark' as const), watermark: fc.integer({ min: 1, max: 1e12 }) }),
    },
    { weight: 2, arbitrary: fc.constant<Command>({ kind: 'read' }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('damage' as const),
        id: fc.constantFrom(...ids),
        how: fc.constantFrom(...Object.keys(damages)),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Command>({ kind: 'forget scripts' }) },
  )
  const property = fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
    const difference = await compare(commands)
    if (difference !== null) throw new Error(difference)
  })
  const result = await fc.check(property, { numRuns: 200, seed })
  if (result.failed) t.fail(`${fc.defaultReportMessage(result)}\n${result.errorInstance}`)
  t.log(`${result.numRuns} sequences, seed ${seed}`)
  t.pass()
})

/** Runs commands on both, each from empty; resolves to where they first differ. */
async function stores(t: ExecutionContext<unknown>): Promise<(commands: readonly Command[]) => Promise<string | null>> {
  const { url, prefix } = testRedis(t)
  const redis = new Redis(url)
  const clients = createRedisClients(url)
  cleanUp(t, () => redis.disconnect())
  cleanUp(t, () => clients.close())
  const store = new RedisStatsStore(clients, { prefix, readTimeoutMs: 10_000 })
  const keyOf = (id: number) => `${prefix}{${id}}`
  return async (commands) => {
    await redis.unlink(...ids.map(keyOf), `${prefix}mark`)
    const memory = new MemoryStatsStore()
    for (const [n, command] of [...commands, { kind: 'read' } as const].entries()) {
      const [inRedis, inMemory] = await both(command, store, memory, redis, keyOf)
      if (inRedis === inMemory) continue
      const way = commands.slice(0, n + 1).map((one) => `  ${JSON.stringify(one)}`)
      return [`In Redis: ${inRedis}`, `In memory: ${inMemory}`, 'After:', ...way].join('\n')
    }
    return null
  }
}

async function both(
  command: Command,
  store: RedisStatsStore,
  memory: MemoryStatsStore,
  redis: Redis,
  keyOf: (id: number) => string,
): Promise<[string, string]> {
  switch (command.kind) {
    case 'apply': {
      const { states, ...options } = command
      return [JSON.stringify(await store.apply(states, options)), JSON.stringify(await memory.apply(states, options))]
    }
    case 'remove':
      await Promise.all([store.remove(command.ids), memory.remove(command.ids)])
      return ['', '']
    case 'mark': {
      const mark = { watermark: command.watermark, source: 'this' }
      const [one, other] = [await store.mark(mark), await memory.mark(mark)]
      return [`${one.watermark} ${one.source}`, `${other.watermark} ${other.source}`]
    }
    case 'read':
      return [await readable(store), await readable(memory)]
    case 'damage':
      // What is no hash any more cannot be damaged as one.
      await damages[command.how]?.(redis, keyOf(command.id)).catch(() => {})
      await memory.remove([command.id])
      return ['', '']
    case 'forget scripts':
      await redis.script('FLUSH')
      return ['', '']
  }
}

async function readable(store: Pick<MemoryStatsStore, 'read'>): Promise<string> {
  const { states, watermark, source } = await store.read(ids)
  return JSON.stringify([ids.map((id) => states.get(id) ?? null), watermark, source])
}
