import { isDeepStrictEqual } from 'node:util'
import { Redis } from 'ioredis'
import { createRedisClients } from '../../../packages/post-rate/src/adapters/redis/redis-client.ts'
import { RedisStatsStore } from '../../../packages/post-rate/src/adapters/redis/redis-stats-store.ts'
import type { PostStats } from '../../../packages/post-rate/src/domain/post-stats.ts'
import { stateOf, tombstoneOf } from '../../contract/states.ts'
import { type Explored, exploreAll } from '../explore.ts'
import { RedisRun } from './redis-run.ts'
import { TurnRedis } from './turn-redis.ts'

export const postId = 1
export const ceiling = 2 ** 40
/** Its version is not below the ceiling: no record gave it. */
export const forged = stateOf(postId, 2 ** 40 + 7)

/** Versions of one and of two digits: compared as text they would be in another order. */
export const versions = { old: 8, before: 9, now: 10, next: 11 } as const

/** What the record held at each version; the last one deleted the post. */
export function recorded(version: number): PostStats {
  return version === versions.next ? tombstoneOf(postId, version) : stateOf(postId, version)
}

/** The mark that is set once everything up to this version is in the store. */
export function markOf(version: number): { watermark: number; source: string } {
  return { watermark: version * 1_000, source: 'this' }
}

/** One reader's look at the post. */
interface Seen {
  version: number | null
  watermark: number | null
}

/** What one session of a run has to work with. */
export interface Session {
  store: RedisStatsStore
  redis: TurnRedis
  key: string
  /** Reads as readers do, and notes what was seen for the judge. */
  read(): Promise<PostStats | undefined>
}

export interface Scenario {
  name: string
  /** The version that the store holds at the beginning. */
  stored: number | null
  sessions: Record<string, (session: Session) => Promise<unknown>>
  /** Something in it takes the copy away, so that a reader may see an older one, or none, afterwards. */
  loses?: boolean
  /** The version that must be there in the end; left out where the order decides. */
  ends?: number
}

/** A scenario's sessions, each with a client of its own, on keys of a prefix that nobody else has. */
export class Copies {
  readonly #url: string
  readonly #prefix: string
  readonly #open: { redis: TurnRedis; store: RedisStatsStore }[] = []

  constructor(url: string, prefix: string) {
    this.#url = url
    this.#prefix = prefix
  }

  async explore(scenario: Scenario): Promise<Explored> {
    return exploreAll(() => this.#begin(scenario))
  }

  close(): void {
    for (const { redis } of this.#open) redis.client.disconnect()
  }

  async #begin({ stored, sessions, loses = false, ends }: Scenario): Promise<RedisRun> {
    const key = `${this.#prefix}{${postId}}`
    const { redis: plain, store: outside } = this.#client(0)
    await plain.client.unlink(key, `${this.#prefix}mark`)
    if (stored !== null) {
      await outside.apply([recorded(stored)], { trusted: true, ceiling })
      await outside.mark(markOf(stored))
    }
    const seen: Seen[][] = []
    const strange: string[] = []
    const look = (stats: PostStats | undefined) => {
      if (stats !== undefined && stats.version < ceiling && !isDeepStrictEqual(stats, recorded(stats.version)))
        strange.push(`the store shows what the record never held: ${JSON.stringify(stats)}`)
    }
    const plans = Object.entries(sessions).map(([name, work], n) => {
      const { redis, store } = this.#client(n + 1)
      const own: Seen[] = []
      seen.push(own)
      const read = async () => {
        const { states, watermark } = await store.read([postId])
        const stats = states.get(postId)
        look(stats)
        own.push({ version: stats?.version ?? null, watermark })
        return stats
      }
      return { name, redis, work: async () => void (await work({ store, redis, key, read })) }
    })
    return RedisRun.begin(plans, async () => {
      const stats = (await outside.read([postId])).states.get(postId)
      look(stats)
      const wrong = [...strange, ...seen.flatMap((own) => backwards(own, loses)), ...seen.flatMap(falsePromises)]
      if (ends !== undefined && stats?.version !== ends)
        wrong.push(`in the end version ${stats?.version} is stored and not ${ends}`)
      return wrong
    })
  }

  #client(n: number): { redis: TurnRedis; store: RedisStatsStore } {
    while (this.#open.length <= n) {
      const redis = new TurnRedis(new Redis(this.#url), this.#prefix)
      const clients = createRedisClients(redis.asClient)
      const store = new RedisStatsStore(clients, { prefix: this.#prefix, readTimeoutMs: 60_000 })
      this.#open.push({ redis, store })
    }
    return this.#open[n] as { redis: TurnRedis; store: RedisStatsStore }
  }
}

function backwards(seen: readonly Seen[], loses: boolean): string[] {
  const wrong: string[] = []
  let newest = { version: 0, watermark: 0 }
  for (const { version, watermark } of seen) {
    if (!loses && (version ?? 0) < newest.version) wrong.push(`a reader saw version ${newest.version}, then ${version}`)
    if ((watermark ?? 0) < newest.watermark)
      wrong.push(`a reader was promised up to ${newest.watermark}, then ${watermark}`)
    newest = { version: version ?? 0, watermark: watermark ?? 0 }
  }
  return wrong
}

/** A copy that is read with a watermark holds everything that was committed before it; where there is none, the record is read. */
function falsePromises(seen: readonly Seen[]): string[] {
  return seen.flatMap(({ version, watermark }) =>
    version !== null && watermark !== null && markOf(version).watermark < watermark
      ? [`a reader saw version ${version} as complete up to ${watermark}`]
      : [],
  )
}
