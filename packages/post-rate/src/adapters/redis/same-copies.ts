import type { ChainableCommander } from 'ioredis'
import type { PostStats } from '../../domain/post-stats.ts'
import { isCluster, type RedisClient } from './redis-client.ts'
import { type KeyCommand, type Reply, unwrap } from './redis-commands.ts'
import { encodeHash, hashFields } from './stats-hash.ts'

/** Some 6 µs each, in which Redis does nothing else. */
const keysAtOnce = 50

/**
 * Compares hashes with the values that the gate would write, joined: '1' for each that is equal in every field, in the
 * gate's order, '0' for any other key, so also for an equal one in another order. No value has a line break, so a joined
 * text has but one reading. Answering with one character instead of 48 texts takes a sixth of the reader's time.
 */
export const sameScript = `
local names = '${hashFields.join('\\n')}'
local same = {}
for n, key in ipairs(KEYS) do
  local found = redis.pcall('HKEYS', key)
  local equal = not found.err and table.concat(found, '\\n') == names
    and table.concat(redis.call('HVALS', key), '\\n') == ARGV[n]
  same[n] = equal and '1' or '0'
end
return table.concat(same)
`

type SameCommander = ChainableCommander & { postRateSame(keys: number, ...keysAndValues: string[]): void }

/** Commands that ask for as many states as may be asked at once: in a Cluster each key is in a slot of its own. */
export function sameQuestions(
  client: RedisClient,
  known: readonly PostStats[],
  keyOf: (id: number) => string,
): { states: PostStats[]; command: KeyCommand }[] {
  const alive = known.filter((stats) => !stats.deleted)
  const size = isCluster(client) ? 1 : keysAtOnce
  return Array.from({ length: Math.ceil(alive.length / size) }, (_, n) => {
    const states = alive.slice(n * size, (n + 1) * size)
    const keys = states.map(({ postId }) => keyOf(postId))
    const values = states.map((stats) => encodeHash(stats).join('\n'))
    const add = (pipeline: ChainableCommander) =>
      (pipeline as SameCommander).postRateSame(keys.length, ...keys, ...values)
    return { states, command: { key: keys[0] as string, add } }
  })
}

/** Those that the reply says are equal. */
export function sameOf(states: readonly PostStats[], reply: Reply | undefined): PostStats[] {
  const answer = unwrap(reply) as string
  return states.filter((_, n) => answer[n] === '1')
}
