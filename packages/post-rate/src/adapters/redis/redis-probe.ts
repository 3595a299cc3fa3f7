import type { ServerIdentity, ServerProbe } from '../../ports/server-probe.ts'
import { withDeadline } from '../deadline.ts'
import { connected, isCluster, type RedisClients } from './redis-client.ts'
import { redisUnavailable } from './redis-error.ts'

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
      const info = String(
        (await withDeadline(node?.call('INFO', 'server') ?? Promise.resolve(''), 3_000, 'INFO')) ?? '',
      )
      const version = /redis_version:([^\r\n]+)/.exec(info)?.[1] ?? 'unknown'
      return { version, encrypted: target.encrypted, pooled: false }
    } catch (error) {
      throw redisUnavailable(target, error)
    }
  }
}
