import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findCommand, runCommand } from './commands.ts'
import { freePorts } from './ports.ts'
import { startProcess, waitUntilReady } from './processes.ts'
import type { Server } from './server.ts'
import { Unavailable } from './unavailable.ts'

/** Starts a Redis that keeps nothing on disk. `args` are further options of `redis-server`. */
export async function startRedis(directory: string, args: readonly string[] = []): Promise<Server> {
  const [port] = (await freePorts(1)) as [number]
  return startNode(directory, port, args)
}

/** Starts a Redis Cluster of three masters; the URL is that of its first node. */
export async function startRedisCluster(directory: string, args: readonly string[] = []): Promise<Server> {
  const cli = findCommand('redis-cli')
  if (!cli) throw new Unavailable('no `redis-cli` (Debian package `redis-tools`)')
  const ports = await freePorts(6)
  const nodes = await Promise.all(
    [0, 1, 2].map((i) => {
      const cluster = [
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        String(ports[i + 3]),
        '--cluster-node-timeout',
        '2000',
      ]
      return startNode(join(directory, `node-${i}`), ports[i] as number, [...cluster, ...args])
    }),
  )
  const processes = nodes.flatMap((node) => node.processes)
  const addresses = nodes.map((node) => new URL(node.url).host)
  runCommand(cli, ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes'])
  await waitUntilReady(processes, join(directory, 'node-0/log'), async () => {
    for (const node of nodes) {
      const info = await ask(node.url, (redis) => redis.cluster('INFO'))
      if (!info.includes('cluster_state:ok')) throw new Error('The cluster has not agreed on its slots yet.')
    }
  })
  return { url: (nodes[0] as Server).url, processes, directory, stopSignal: 'SIGTERM' }
}

async function startNode(directory: string, port: number, args: readonly string[]): Promise<Server> {
  const command = findCommand('redis-server')
  if (!command) throw new Unavailable('no `redis-server` (Debian package `redis-server`)')
  mkdirSync(directory, { recursive: true })
  const logFile = join(directory, 'log')
  const base = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', directory]
  const process = await startProcess({ command, args: [...base, ...args], cwd: directory, logFile })
  const password = args.includes('--requirepass') ? `:${args[args.indexOf('--requirepass') + 1]}@` : ''
  const url = `redis://${password}127.0.0.1:${port}`
  await waitUntilReady([process], logFile, async () => {
    await ask(url, (redis) => redis.ping())
  })
  return { url, processes: [process], directory, stopSignal: 'SIGTERM' }
}

/** Asks one question on a connection of its own. */
async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000 })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}
