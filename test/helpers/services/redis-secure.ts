import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Certificates, KeyPair } from './certificates.ts'
import { freePorts } from './ports.ts'
import { askRedis, startRedisNode } from './redis.ts'
import type { Server } from './server.ts'

export interface SecureRedis extends Server {
  /** New connections get this certificate. */
  present: (pair: KeyPair) => Promise<void>
  /** Whether clients have to show a certificate, too. */
  demandClientCertificate: (demand: boolean) => Promise<void>
}

/** What the library asks Redis for, and not a command more. */
export const leastRights = [
  ...['~post-rate:*', 'resetchannels', '-@all', '+hget', '+hgetall', '+hmget', '+hset', '+hsetnx', '+hlen', '+exists'],
  ...['+del', '+unlink', '+persist', '+pttl', '+pexpire', '+scan', '+eval', '+evalsha', '+info'],
]

/**
 * Starts a Redis that listens with TLS alone and has no default user. The URL is that of the user `post_rate`, who may do
 * what the library needs and nothing else.
 */
export async function startSecureRedis(directory: string, certificates: Certificates): Promise<SecureRedis> {
  const [port] = (await freePorts(1)) as [number]
  const [password, keeper] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')]
  const url = `rediss://post_rate:${password}@127.0.0.1:${port}`
  // Whatever the certificate: who sets it up comes by a socket.
  const socket = join(directory, 'socket')
  const asKeeper = async (...command: [string, ...string[]]) => {
    const login = { username: 'keeper', password: keeper }
    await askRedis(socket, (redis) => redis.call(...command), login)
  }
  const { cert, key } = certificates.server
  const process = await startRedisNode(
    directory,
    [
      ...['--port', '0', '--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key],
      ...['--tls-ca-cert-file', certificates.ca, '--tls-auth-clients', 'no', '--unixsocket', socket],
      ...['--user', 'default', 'off', '--user', 'keeper', 'on', `>${keeper}`, '~*', '&*', '+@all'],
      ...['--user', 'post_rate', 'on', `>${password}`, ...leastRights],
    ],
    () => asKeeper('PING'),
  )
  return {
    ...{ url, processes: [process], directory, stopSignal: 'SIGTERM' },
    present: (pair) => asKeeper('CONFIG', 'SET', 'tls-cert-file', pair.cert, 'tls-key-file', pair.key),
    demandClientCertificate: (demand) => asKeeper('CONFIG', 'SET', 'tls-auth-clients', demand ? 'yes' : 'no'),
  }
}
