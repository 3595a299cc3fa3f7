import type { ServerIdentity, ServerProbe } from '../../ports/server-probe.ts'
import { withDeadline } from '../deadline.ts'
import { connected, isCluster, type RedisClients } from './redis-client.ts'
import { redisProblem, redisUnavailable } from './redis-error.ts'

export class RedisProbe implements ServerProbe {
  readonly #clients: RedisClients

  constructor(clients: RedisClients) {
    this.#clients = clients
  }

  async identify(): Promise<ServerIdentity> {
    const { writer, target } = this.#clients
    try {
      await withDeadline(connected(writer), 3_000, 'connecting')
      const node = isCluster(writer) ? writer.nodes('master')[0] : writer
      const info = String((await withDeadline(node?.call('INFO') ?? Promise.resolve(''), 3_000, 'INFO')) ?? '')
      const field = (name: string) => new RegExp(`^${name}:([^\\r\\n]+)`, 'm').exec(info)?.[1]
      const trouble = troubleOf(field)
      return {
        version: field('redis_version') ?? 'unknown',
        encrypted: target.encrypted,
        pooled: false,
        ...(trouble !== undefined && { trouble: `Cannot write to Redis at ${target.address}: ${trouble}.` }),
      }
    } catch (error) {
      throw redisUnavailable(target, error)
    }
  }
}

/** What INFO says of a server that takes no writes. */
function troubleOf(field: (name: string) => string | undefined): string | undefined {
  if (field('role') === 'slave') return redisProblem('READONLY ')
  if (field('loading') === '1') return redisProblem('LOADING ')
  const limit = Number(field('maxmemory') ?? 0)
  const full = limit > 0 && Number(field('used_memory')) >= limit
  return full && field('maxmemory_policy') === 'noeviction' ? redisProblem('OOM ') : undefined
}
